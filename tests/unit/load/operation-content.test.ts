import { describe, expect, it } from 'vitest'
import { OperationContent } from '../../../harness/load/operation-content.ts'
import type { Reply } from '../../../harness/workload/reply.ts'
import { requestOf } from '../../support/slice-task.ts'

const reply: Reply = {
  status: 200,
  sizeBytes: 9,
  header: (name) => (name === 'a' ? '1' : null),
  headerNames: () => ['a'],
  body: () => new TextEncoder().encode('hi'),
}

function contentOf({ looks = true, wrong = null as string | null } = {}) {
  return new OperationContent({ looksAtReplies: () => looks, examine: () => wrong }, () => reply)
}

describe('the key of what is asked for', () => {
  const keyOf = (request: Parameters<typeof requestOf>[0]): string | null => {
    const content = contentOf()
    content.begin(requestOf(request))
    return content.cacheKey()
  }

  it('is the name of a request that never changes, and tells rendered messages apart (P74)', () => {
    expect(keyOf({ name: 'hi' })).toBe('hi')
    const rendered = (path: string, body = '') =>
      keyOf({ templated: true, message: { path, body: { kind: 'text', text: body } } })
    expect(rendered('/1')).toBe(rendered('/1'))
    expect(rendered('/1')).not.toBe(rendered('/2'))
    expect(rendered('/1', 'a'.repeat(1000))).not.toBe(rendered('/1', `${'a'.repeat(999)}b`))
    expect(rendered('/1', 'a'.repeat(1000))!.length).toBeLessThan(100)
    expect(keyOf({ keepReply: true, message: { path: '/1' } })).not.toBe(keyOf({ keepReply: true }))
  })

  it.each([
    ['GET', 'hi'],
    ['POST', 'hi'],
    ['PUT', null],
    ['DELETE', null],
    ['PATCH', null],
  ])('of a %s is %j: no answer says that a write was done which was not (P74)', (method, key) => {
    expect(keyOf({ name: 'hi', message: { method } })).toBe(key)
  })
})

describe('an answer that is kept', () => {
  it('is a copy that does not change with what it was made of (P74)', () => {
    const bytes = new TextEncoder().encode('hi')
    const content = new OperationContent({ looksAtReplies: () => true, examine: () => null }, () => ({
      ...reply,
      body: () => bytes,
    }))
    content.begin(requestOf())
    const kept = content.keepAnswer()!
    bytes.fill(0)
    expect(new TextDecoder().decode(kept.body())).toBe('hi')
    expect([kept.status, kept.header('a'), kept.headerNames()]).toEqual([200, '1', ['a']])
    expect(content.answerWith(kept)).toBe(true)
    expect(content.standIn).toBe(kept)
  })

  it('is nothing where nobody looks at answers', () => {
    const content = contentOf({ looks: false })
    content.begin(requestOf())
    expect(content.keepAnswer()).toBeNull()
    expect([content.answerWith(null), content.standIn]).toEqual([true, null])
  })

  it('is of no use where somebody finds it wrong, or where nothing was kept', () => {
    const content = contentOf({ wrong: 'no id' })
    content.begin(requestOf())
    expect(content.answerWith(reply)).toBe(false)
    expect(contentOf().answerWith(null)).toBe(false)
    expect(content.standIn).toBeNull()
  })

  it('is forgotten with the next operation', () => {
    const content = contentOf()
    content.begin(requestOf())
    content.attempts = 3
    content.answerWith({ status: 203, headers: {}, body: '' })
    expect(content.standIn).toMatchObject({ status: 203, sizeBytes: 0 })
    content.begin(requestOf())
    expect([content.attempts, content.standIn]).toEqual([0, null])
  })
})
