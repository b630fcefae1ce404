import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MessageReply } from '../../../../harness/load/messages/reply.ts'
import type { PreparedMessage } from '../../../../harness/load/messages/request.ts'

const plain: PreparedMessage = {
  idempotent: false,
  bytes: Buffer.alloc(0),
  text: true,
  replies: 1,
  expectBody: null,
  keepsBody: false,
  checks: null,
}

/** A reply that has taken these pieces. */
function replyOf(pieces: readonly string[], request: Partial<PreparedMessage> = {}): MessageReply {
  const reply = new MessageReply()
  reply.begin({ ...plain, keepsBody: true, expectBody: Buffer.from('of another attempt') })
  reply.piece(Buffer.from('left over'), 0, 9)
  reply.begin({ ...plain, ...request })
  for (const piece of pieces) reply.piece(Buffer.from(`..${piece}..`), 2, 2 + piece.length)
  return reply
}

describe('a reply of messages', () => {
  test('matches exactly what is expected, however it comes', () => {
    const pieces = fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 3 }), { maxLength: 4 })
    const expected = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 4 })
    fc.assert(
      fc.property(pieces, expected, (parts, text) => {
        const { bodyMatches, bodyBytes } = replyOf(parts, { expectBody: Buffer.from(text) })
        expect(bodyMatches).toBe(parts.join('') === text)
        expect(bodyBytes).toBe(parts.join('').length)
      }),
    )
  })

  test('is kept whole, and only where somebody looks at it', () => {
    expect(Buffer.from(replyOf(['one', '', 'two'], { keepsBody: true }).body()).toString()).toBe('onetwo')
    expect(replyOf(['one']).body().length).toBe(0)
    expect(replyOf(['one']).bodyMatches).toBe(true)
  })
})
