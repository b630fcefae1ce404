import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { wrap } from '../../../harness/resilience/promise/wrap.ts'
import {
  getPolicy,
  listPolicies,
  loadPolicies,
  registerPolicy,
  unregisterPolicy,
} from '../../../harness/resilience/registry.ts'

const retry = { retry: { maxCalls: 5 } }

afterEach(() => {
  for (const name of listPolicies()) unregisterPolicy(name)
})

async function inFile<Done>(text: string, work: (file: string) => Promise<Done>): Promise<Done> {
  const directory = await mkdtemp(join(tmpdir(), 'soakrig-policies-'))
  const file = join(directory, 'policies.jsonc')
  await writeFile(file, text)
  try {
    return await work(file)
  } finally {
    await rm(directory, { recursive: true })
  }
}

describe('a registered policy', () => {
  test('is listed and got by its name, and used by it', async () => {
    registerPolicy('web', retry)
    registerPolicy('database', [{ timeout: { operation: '1s' } }])
    expect(listPolicies()).toEqual(['database', 'web'])
    expect(getPolicy('web')).toEqual(retry)
    expect(await wrap(async () => 'done', 'web')()).toBe('done')
  })

  test('is a copy, on the way in and on the way out', () => {
    const mine = { retry: { maxCalls: 5 } }
    registerPolicy('web', mine)
    mine.retry.maxCalls = 7
    const got = getPolicy('web') as typeof mine
    got.retry.maxCalls = 9
    expect(getPolicy('web')).toEqual(retry)
  })

  test('may be registered again, but not with other settings (L11)', () => {
    registerPolicy('web', retry)
    registerPolicy('web', { retry: { maxCalls: 5 } })
    expect(() => registerPolicy('web', { retry: { maxCalls: 6 } })).toThrow(
      expect.objectContaining({ code: 'policy-conflict', exitCode: 104 }),
    )
    unregisterPolicy('web')
    registerPolicy('web', { retry: { maxCalls: 6 } })
  })

  test('has a name (L11)', async () => {
    for (const name of ['', undefined])
      expect(() => registerPolicy(name as string, retry)).toThrow(expect.objectContaining({ code: 'bad-policy' }))
    expect(listPolicies()).toEqual([])
  })

  test('that nobody registered is an error, wherever it is named (L11)', () => {
    registerPolicy('database', retry)
    const unknown = expect.objectContaining({
      code: 'unknown-policy',
      message: 'no policy "databse", registered: database; did you mean "database"?',
    }) as Error
    expect(() => getPolicy('databse')).toThrow(unknown)
    expect(() => unregisterPolicy('databse')).toThrow(unknown)
    expect(() => wrap(async () => 1, 'databse')).toThrow(unknown)
  })

  test('has no state of its own: each function that is wrapped with it has one', async () => {
    registerPolicy('fragile', { circuitBreaker: { failureThreshold: 1 } })
    const broken = wrap(() => Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNRESET' })), 'fragile')
    const fine = wrap(async () => 'fine', 'fragile')
    await expect(broken()).rejects.toThrow('gone')
    await expect(broken()).rejects.toMatchObject({ code: 'circuit-open' })
    expect(await fine()).toBe('fine')
  })
})

describe('a file of policies', () => {
  test('is JSON with comments, of which all are registered (L11)', async () => {
    const text = `{
      // what we ship
      "web": { "retry": { "maxCalls": 5 } },
      "slow": [{ "timeout": { "attempt": "2s" } }],
    }`
    expect(await inFile(text, loadPolicies)).toEqual(['web', 'slow'])
    expect([listPolicies(), getPolicy('web')]).toEqual([['slow', 'web'], retry])
  })

  test('with problems registers none, and names each with its pointer (L11)', async () => {
    const text = '{ "web": { "retry": { "maxCalls": 0 } }, "fine": { "retry": {} }, "slow": { "tiemout": {} } }'
    await expect(inFile(text, loadPolicies)).rejects.toMatchObject({
      code: 'bad-policy',
      exitCode: 104,
      problems: [{ where: '/web/retry/maxCalls' }, { where: '/slow/tiemout' }],
    })
    expect(listPolicies()).toEqual([])
  })

  test.each([
    ['{ "web": ', 'bad-policy'],
    ['[]', 'bad-policy'],
    ['{ "web": { "retry": {} }, "web": { "retry": {} } }', 'bad-policy'],
  ])('that is no mapping of names, such as %s, is refused', async (text, code) => {
    await expect(inFile(text, loadPolicies)).rejects.toMatchObject({ code })
  })

  test('that is not there is refused', async () => {
    await expect(loadPolicies('/nowhere/policies.json')).rejects.toMatchObject({ code: 'policy-file', exitCode: 104 })
  })
})
