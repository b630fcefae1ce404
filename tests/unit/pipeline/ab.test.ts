import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isSoakrigError } from '../../../harness/kernel/errors.ts'
import { refuseWithoutComparison, withCheckouts } from '../../../harness/pipeline/ab.ts'
import { parseProfile, type ProfileOverrides } from '../../../harness/profile/parse.ts'

const parse = (document: object, overrides: Partial<ProfileOverrides> = {}) =>
  parseProfile(document, { flags: {}, env: {}, ...overrides })

function refusalOf(work: () => unknown): { readonly code: string; readonly message: string } {
  try {
    work()
  } catch (error) {
    if (isSoakrigError(error) && error.exitCode === 104) return error
    throw error
  }
  throw new Error('it was not refused')
}

const builtin = { builtin: 'http' }
const root = process.cwd()
const checkouts = { root, base: '/tmp/base', head: '/tmp/head' }

test('without a former build, or a mode that compares, nothing is compared', () => {
  expect(refusalOf(() => refuseWithoutComparison(parse({ target: builtin }))).code).toBe('no-base')
  const both = { target: builtin, base: builtin }
  expect(refusalOf(() => refuseWithoutComparison(parse(both, { mode: 'smoke' }))).code).toBe('no-gate')
  expect(() => refuseWithoutComparison(parse(both))).not.toThrow()
  const rounds = { mode: 'smoke', flags: { gateRounds: '12' } } as const
  expect(() => refuseWithoutComparison(parse(both, rounds))).not.toThrow()
})

test('a former build is no use beside something that runs already', () => {
  const attached = { target: { url: 'http://127.0.0.1:1' } }
  expect(refusalOf(() => parse(attached, { builds: { base: 'server {port}' } }))).toMatchObject({
    code: 'bad-profile',
    problems: [{ where: '/target', message: expect.stringContaining('found a url') as unknown }],
  })
})

test('builds of commits are the target in the same folder of a checkout, and the profile stays what it is', () => {
  const target = { command: ['node', 'server.js', '{port}'], cwd: 'tests', prepare: [['node', '--version']] }
  const profile = parse({ target })
  const built = withCheckouts(profile, checkouts)
  expect(built.target).toEqual({ ...profile.target, cwd: join('/tmp/head', 'tests') })
  expect(built.base).toEqual({ ...profile.target, cwd: join('/tmp/base', 'tests') })
  expect(built.effective).toBe(profile.effective)
  expect(withCheckouts(profile, { root, base: '/tmp/base' }).target).toBe(profile.target)
  expect(withCheckouts(profile, { root, head: '/tmp/head' }).base).toBeNull()
})

test.each([
  ['a built-in server', { target: builtin }, /the target is a builtin/u],
  ['a url', { target: { url: 'http://127.0.0.1:1' } }, /the target is a url/u],
  ['a folder elsewhere', { target: { command: ['a'], cwd: '/' } }, /its folder \/ is outside/u],
  ['the folder above', { target: { command: ['a'], cwd: '..' } }, /its folder \.\. is outside/u],
  ['a folder of the run', { target: { command: ['a'], cwd: '{dir}' } }, /its folder \{dir\} is outside/u],
  ['a file of the working tree', { target: { command: ['node', join(root, 'server.js')] } }, /is in the working tree/u],
  ['one to prepare', { target: { command: ['a'], prepare: [['cp', join(root, 'a'), '{dir}']] } }, /working tree/u],
])('%s is no build of a commit', (_, document, message) => {
  const refusal = refusalOf(() => withCheckouts(parse(document), checkouts))
  expect(refusal.code).toBe('no-checkout')
  expect(refusal.message).toMatch(message)
})

test('a folder that only begins like the way up is inside', () => {
  expect(withCheckouts(parse({ target: { command: ['a'], cwd: '..a' } }), checkouts).target).toMatchObject({
    cwd: '/tmp/head/..a',
  })
})
