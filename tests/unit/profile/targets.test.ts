import { describe, expect, test } from 'vitest'
import { isSoakrigError, type Problem } from '../../../harness/kernel/errors.ts'
import { extended } from '../../../harness/profile/extends.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'
import type { Profile } from '../../../harness/profile/profile.ts'
import { otherTargetsOf } from '../../../harness/resilience/settings.ts'

const builtin = { builtin: 'http' }
const workload = { requests: [{ path: '/' }] }
const two = { primary: builtin, replica: { command: ['serve', '{port}'] } }

const parse = (document: object): Profile =>
  parseProfile({ workload, ...document }, { mode: 'smoke', flags: {}, env: {} })

function problemsOf(document: object): readonly Problem[] {
  try {
    parse(document)
    return []
  } catch (error) {
    if (!isSoakrigError(error)) throw error
    return error.problems
  }
}

const asking = (fallback: object) => ({ a: { client: { fallback } } })

describe('several targets', () => {
  test('are the one that is tested, and others in their order (S16)', () => {
    const profile = parse({
      targets: { ...two, last: builtin },
      policies: asking({ alternatives: ['last', 'replica'] }),
    })
    expect(profile.target.kind).toBe('builtin')
    expect(profile.others.map(({ name, settings }) => [name, settings.kind])).toEqual([
      ['replica', 'command'],
      ['last', 'builtin'],
    ])
    expect(otherTargetsOf(profile.policies[0]!.client)).toEqual(['last', 'replica'])
    expect(profile.effective).toMatchObject({ targets: { primary: builtin } })
    expect(profile.effective).not.toHaveProperty('target')
  })

  test('are none where there is one target', () => {
    expect(parse({ target: builtin }).others).toEqual([])
  })

  test.each<[string, object, object]>([
    ['of both keys', { target: builtin, targets: two }, { where: '/targets' }],
    ['of neither', {}, { where: '/target' }],
    ['of none', { targets: {} }, { where: '/targets' }],
    ['of a name that is a number', { targets: { 1: builtin } }, { where: '/targets/1' }],
    ['of an unknown key', { targets: { a: { builtin: 'http', nob: 1 } } }, { where: '/targets/a/nob' }],
    ['of what a target cannot be', { targets: { a: { url: 'http://x/path' } } }, { where: '/targets/a/url' }],
    [
      'of one that does not speak the protocol',
      { targets: { a: builtin, b: { builtin: 'tcp' } } },
      { where: '/workload/protocol' },
    ],
    [
      'of a name that no other target has',
      { targets: two, policies: asking({ alternatives: ['replika'] }) },
      {
        where: '/policies/a/client/fallback/alternatives/0',
        message: 'found "replika", allowed: "replica"; did you mean "replica"?',
      },
    ],
    [
      'of the first target as an alternative of itself',
      { targets: two, policies: asking({ alternatives: [{ target: 'primary' }] }) },
      { where: '/policies/a/client/fallback/alternatives/0' },
    ],
    [
      'of alternatives without targets',
      { target: builtin, policies: { a: { client: [{ fallback: { alternatives: ['replica'] } }] } } },
      { where: '/policies/a/client/0/fallback/alternatives/0' },
    ],
    [
      'of an alternative in the stress stage that no target is',
      { targets: two, stress: { smoke: { client: { fallback: { alternatives: ['primary'] } } } } },
      { where: '/stress/smoke/client/fallback/alternatives/0' },
    ],
    [
      'of a socket that all of them would be asked on',
      { targets: two, workload: { ...workload, socketPath: 'a.sock' } },
      { where: '/workload/socketPath' },
    ],
    [
      'of a kill of the url that is first',
      { targets: { a: { url: 'http://127.0.0.1:1' }, b: builtin }, policies: { a: { fault: { kill: {} } } } },
      { where: '/policies/a/fault/kill' },
    ],
  ])('are told %s', (_what, document, problem) => {
    expect(problemsOf(document)).toContainEqual(expect.objectContaining(problem))
  })

  test('replace the target of a profile that is extended, and the other way round', () => {
    expect(extended({ target: builtin }, { targets: two })).toEqual({ targets: two })
    expect(extended({ targets: two }, { target: builtin })).toEqual({ target: builtin })
    expect(extended({ targets: two }, { targets: { replica: builtin } })).toEqual({
      targets: { primary: builtin, replica: builtin },
    })
  })
})
