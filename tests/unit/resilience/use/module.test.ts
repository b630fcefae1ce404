import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkPolicyModules, openUserPolicies, policyFiles } from '../../../../harness/resilience/use/module.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'soakrig-policies-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function moduleOf(name: string, text: string): Promise<string> {
  const file = join(folder, `${name}.mjs`)
  await writeFile(file, text)
  return file
}

const clientOf = (file: string) => [{ keyword: 'use', settings: { file } }]
const operation = () => Promise.resolve()
const { signal } = new AbortController()
const call = { request: 'hi', idempotent: true }

async function runOf(file: string) {
  await checkPolicyModules([file])
  const opened = await openUserPolicies(clientOf(file))
  return opened.get(file)!.run(operation, signal, call)
}

describe('the module of a policy', () => {
  it.each([
    [
      'a function',
      'export default async (operation, signal, call) => `${typeof operation} ${signal.aborted} ${call.request}`',
    ],
    [
      'a function named policy',
      'export const policy = async (operation, signal, call) => `${typeof operation} ${signal.aborted} ${call.request}`',
    ],
  ])('may export %s', async (name, text) => {
    expect(await runOf(await moduleOf(name, text))).toBe('function false hi')
  })

  it.each([
    [
      'execute',
      'export default { execute: async (operation, signal) => (await operation({ signal }), "executed") }',
      'executed',
    ],
    ['fire', 'export default { fire: async (operation) => (await operation(), "fired") }', 'fired'],
    [
      'made',
      'export const createPolicy = (action) => ({ fire: async (...given) => (await action(...given), "made") })',
      'made',
    ],
    ['late', 'export const createPolicy = async () => async () => "late"', 'late'],
  ])('may export a policy: %s', async (name, text, result) => {
    expect(await runOf(await moduleOf(name, text))).toBe(result)
  })

  it.each([
    ['state', 'let count = 0\nexport default async () => ++count'],
    ['maker', 'export const createPolicy = () => { let count = 0; return async () => ++count }'],
  ])('has a state of its own for each client: %s', async (name, text) => {
    const file = await moduleOf(name, text)
    const open = async () => (await openUserPolicies(clientOf(file))).get(file)!
    const [one, other] = [await open(), await open()]
    const counts = [await one.run(operation, signal, call), await one.run(operation, signal, call)]
    expect([...counts, await other.run(operation, signal, call)]).toEqual([1, 2, 1])
  })

  it.each([
    ['nothing', 'export const unrelated = 1'],
    ['a number', 'export default 7'],
    ['no-policy', 'export default { close() {} }'],
    ['mistake', 'throw new Error("while it was loaded")'],
  ])('that exports %s cannot be used', async (name, text) => {
    await expect(checkPolicyModules([await moduleOf(name, text)])).rejects.toMatchObject({
      code: 'policy-not-usable',
      exit: 'userScript',
      exitCode: 107,
    })
  })

  it('is found in clients, each once', () => {
    const client = [
      ...clientOf('/a.ts'),
      { keyword: 'retry', settings: {} },
      ...clientOf('/b.ts'),
      ...clientOf('/a.ts'),
    ]
    expect(policyFiles(client)).toEqual(['/a.ts', '/b.ts'])
  })
})
