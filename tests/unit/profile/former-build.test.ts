import { describe, expect, test } from 'vitest'
import { isSoakrigError, type Problem } from '../../../harness/kernel/errors.ts'
import { withBuilds } from '../../../harness/profile/former-build.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'

const command = { command: ['node', 'server.mjs', '{port}'], cwd: 'app', env: { A: 'b' } }

function baseOf(changes: object, builds = {}) {
  return parseProfile({ name: 'p', target: { builtin: 'http' }, ...changes }, { flags: {}, env: {}, builds })
}

function problemsOf(changes: object): readonly Problem[] {
  try {
    baseOf(changes)
    return []
  } catch (error) {
    if (!isSoakrigError(error)) throw error
    return error.problems
  }
}

describe('the former build of a profile', () => {
  test('is none where the profile names none', () => {
    expect(baseOf({}).base).toBeNull()
  })

  test('is a target like any other', () => {
    expect(baseOf({ base: { builtin: 'http', knobs: { cpuTime: '1ms' } } }).base).toMatchObject({ kind: 'builtin' })
    expect(baseOf({ target: command, base: command }).base).toMatchObject({ kind: 'command', command: command.command })
    expect(problemsOf({ base: { builtin: 'ftp' } })).toEqual([
      { where: '/base/builtin', message: expect.stringMatching(/^found "ftp", allowed: /u) as unknown },
    ])
    expect(problemsOf({ base: {} }).map(({ where }) => where)).toEqual(['/base'])
  })

  test('is no command that is empty', () => {
    const found = (builds: object): readonly Problem[] => {
      try {
        baseOf({}, builds)
        return []
      } catch (error) {
        return (error as { readonly problems: readonly Problem[] }).problems
      }
    }
    expect(found({ base: '', head: ' ' })).toEqual([
      { where: '--base', message: 'found "", allowed: a command' },
      { where: '--head', message: 'found " ", allowed: a command' },
    ])
    expect(found({ base: 'x {port}' })).toEqual([])
  })

  test('is told what is wrong with it by its own place, and every problem at once', () => {
    const places = problemsOf({ base: { builtin: 'http', knobs: { nothing: 1 } }, target: { builtin: 'none' } })
    expect(places.map(({ where }) => where)).toEqual(expect.arrayContaining(['/target/builtin']))
    expect(places.some(({ where }) => where.startsWith('/base/knobs'))).toBe(true)
  })

  test.each([
    ['/base', { base: { url: 'http://127.0.0.1:1/' } }],
    ['/target', { base: { builtin: 'http' }, target: { url: 'http://127.0.0.1:1/' } }],
  ])('is refused where %s runs already: rounds take fresh processes', (where, changes) => {
    expect(problemsOf(changes)).toEqual([
      {
        where,
        message: expect.stringMatching(/^found a url beside a former build, allowed: builtin or command/u) as unknown,
      },
    ])
  })

  test('alone is no reason against a target that runs already', () => {
    expect(problemsOf({ target: { url: 'http://127.0.0.1:1/' } })).toEqual([])
  })

  test('speaks the protocol of the workload', () => {
    const workload = { protocol: 'tcp', requests: [{ send: 'x', expect: 'x' }] }
    const places = problemsOf({ target: { builtin: 'tcp' }, base: { builtin: 'http' }, workload }).map(
      ({ where }) => where,
    )
    expect(places).toContain('/base')
    expect(places).not.toContain('/target')
  })
})

describe('builds of the command line', () => {
  test('are commands of a shell, like the target of the profile where that is a command', () => {
    expect(withBuilds({ target: command, x: 1 }, { base: 'a | b', head: 'c' })).toEqual({
      target: { ...command, command: ['sh', '-c', 'c'] },
      base: { ...command, command: ['sh', '-c', 'a | b'] },
      x: 1,
    })
  })

  test('are bare commands beside a target of another kind, whose knobs are not theirs', () => {
    const target = { builtin: 'http', knobs: { cpuTime: '1ms' } }
    expect(withBuilds({ target }, { base: 'a' })).toEqual({ target, base: { command: ['sh', '-c', 'a'] } })
    expect(withBuilds({ target }, { head: 'c' })).toEqual({ target: { command: ['sh', '-c', 'c'] } })
    expect(withBuilds({}, { base: 'a' })).toEqual({ base: { command: ['sh', '-c', 'a'] } })
  })

  test('change nothing where none is named, and replace what the profile says where they are', () => {
    const document = { target: command, base: { builtin: 'http' } }
    expect(withBuilds(document, {})).toEqual(document)
    expect(withBuilds(document, { base: 'a' })).toMatchObject({ base: { command: ['sh', '-c', 'a'] }, target: command })
  })

  test('come into the profile', () => {
    const { base, target } = baseOf({}, { base: 'old {port}', head: 'new {port}' })
    expect(base).toMatchObject({ kind: 'command', command: ['sh', '-c', 'old {port}'] })
    expect(target).toMatchObject({ kind: 'command', command: ['sh', '-c', 'new {port}'] })
  })
})
