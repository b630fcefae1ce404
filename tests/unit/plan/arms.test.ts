import { describe, expect, test } from 'vitest'
import { plainRule, parseRule, type RawRule } from '../../../harness/faults/rules.ts'
import { createArm, layerOf, policyArms } from '../../../harness/plan/arms.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'
import { parseFaults } from '../../../harness/faults/faults.ts'

const dependencies = { db: { upstream: '127.0.0.1:5432', env: 'DATABASE_PORT' } }

function profileOf(policy: object) {
  const document = { target: { builtin: 'http' }, dependencies, policies: { a: policy } }
  return parseProfile(document, { mode: 'smoke', flags: {}, env: {} })
}

function armsOf(policy: object): readonly string[] {
  const { mode, policies } = profileOf(policy)
  return policies.flatMap((one) => policyArms(mode, one)).map(({ id }) => id.replace('policy.a/', ''))
}

const client = { retry: {} }
const latency = { latency: { delay: '10ms' } }

describe('the arms of a policy', () => {
  test.each([
    ['a fault of the path', { fault: latency }, ['policy-relay']],
    ['a listener that refuses', { fault: { refused: true } }, ['policy-relay']],
    ['a fault where connections are dialled', { fault: { unreachable: { probability: 1 } } }, ['policy-direct']],
    ['a fault where names are looked up', { fault: { dns: { nxdomain: '10%' } } }, ['policy-direct']],
    ['a fault on the target', { fault: { pause: { every: '1s', for: '50ms' } } }, ['policy-direct']],
    ['faults of both kinds', { fault: { ...latency, unreachable: { probability: 1 } } }, ['policy-relay']],
    ['a fault at a dependency', { fault: latency, at: 'db' }, ['policy-direct']],
    ['a client policy', { client }, ['policy-direct']],
    [
      'a client policy under a fault',
      { client, under: { fault: latency } },
      ['client-direct', 'fault-relay', 'policy-relay'],
    ],
    [
      'a client policy under a fault at a dependency',
      { client, under: { fault: latency, at: 'db' } },
      ['client-direct', 'fault-direct', 'policy-direct'],
    ],
  ])('take the path on which it acts: %s', (_, policy, ids) => {
    expect(armsOf(policy)).toEqual(ids)
  })

  test('have its rules and its place, but for the client alone', () => {
    const { mode, policies } = profileOf({ client, under: { fault: latency, at: 'db' } })
    const arms = policies.flatMap((one) => policyArms(mode, one))
    expect(arms.map(({ at, rules }) => [at, rules.length])).toEqual([
      [null, 0],
      ['db', 1],
      ['db', 1],
    ])
    expect(policies.map(layerOf)).toEqual([{ name: 'a', rules: policies[0]?.rules }])
  })
})

describe('an arm', () => {
  const { mode } = profileOf({ fault: latency })
  const slow = { latency: { delay: '500ms' } }
  const armOf = (raw: Omit<RawRule, 'fault'>) =>
    createArm(mode, 'policy', {
      kind: 'policy',
      path: 'relay',
      policy: 'a',
      rules: [parseRule('a', { fault: slow, ...raw })],
    })

  test('has longer slices where its rule delays every exchange', () => {
    expect(armOf({})).toMatchObject({ discardNs: 1e9, sliceNs: 11e9, drainNs: 2e9 })
  })

  test.each([
    { probability: '10%' },
    { connections: '10%' },
    { match: { request: '/slow' } },
    { schedule: { flapping: { on: '1s', off: '1s' } } },
  ])('keeps its slices where it hits some of them only, but waits for what it delayed: %j', (raw) => {
    expect(armOf(raw)).toMatchObject({ discardNs: mode.discardNs, sliceNs: mode.sliceNs, drainNs: 2e9 })
  })

  test('is as long as its mode says without a delay', () => {
    const rules = [plainRule('a', parseFaults({ reset: { probability: 1 } }))]
    expect(createArm(mode, 'policy', { kind: 'policy', path: 'relay', policy: 'a', rules })).toMatchObject({
      discardNs: mode.discardNs,
      sliceNs: mode.sliceNs,
      drainNs: mode.drainNs,
    })
  })
})
