import { describe, expect, test } from 'vitest'
import { compileLoadPlan, compilePlan } from '../../../harness/plan/plan.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'

const latency = (delay: string) => ({ fault: { latency: { delay } } })
const everything = { baseline: true, policies: true, stress: true }

function profileOf(policies: object, smoke: object = {}, seed = 1) {
  const document = { name: 'p', seed, target: { builtin: 'http' }, policies, modes: { smoke } }
  return parseProfile(document, { mode: 'smoke', flags: {}, env: {} })
}

describe('a plan', () => {
  test('expands a client policy under a fault into three arms, on the paths that they belong to', () => {
    const under = { client: { retry: {} }, under: { fault: { reset: { probability: '5%' } } } }
    const [life] = compilePlan(profileOf({ retry: under }), everything).lives
    expect(life?.arms.map(({ id }) => id)).toEqual([
      'baseline/baseline-direct',
      'baseline/baseline-relay',
      'baseline/control-direct',
      'policy.retry/client-direct',
      'policy.retry/fault-relay',
      'policy.retry/policy-relay',
    ])
  })

  test('lays each slice in a block with a baseline slice of its path, with one slice between them at most', () => {
    const policies = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, latency('10ms')]))
    for (let seed = 1; seed <= 20; seed++) {
      const [life] = compilePlan(profileOf(policies, { budget: '10m' }, seed), everything).lives
      const slices = life?.slices ?? []
      for (const [index, { arm }] of slices.entries()) {
        const near = slices.slice(Math.max(0, index - 2), index + 3)
        expect(near.some((other) => other.arm.kind === 'baseline' && other.arm.path === arm.path)).toBe(true)
      }
    }
  })

  test('lets chance choose which place the baseline has among the slices that share it', () => {
    const profile = profileOf({ a: latency('10ms'), b: latency('10ms') }, { slices: 12, budget: '1h' })
    const [life] = compilePlan(profile, { ...everything, stress: false }).lives
    const relayed = (life?.slices ?? []).filter(({ arm }) => arm.path === 'relay').map(({ arm }) => arm.kind)
    expect(relayed).toHaveLength(36)
    const places = Array.from({ length: 12 }, (_, block) => relayed.slice(3 * block, 3 * block + 3).indexOf('baseline'))
    expect([...Map.groupBy(places, (place) => place).keys()].toSorted((x, y) => x - y)).toEqual([0, 1, 2])
    // The control shares the direct baseline's slices evenly: none lies alone while another has two.
    const direct = (life?.slices ?? []).filter(({ arm }) => arm.path === 'direct').map(({ arm }) => arm.kind)
    const pairs = Array.from({ length: 12 }, (_, block) => direct.slice(2 * block, 2 * block + 2).toSorted())
    expect(new Set(pairs.map(String))).toEqual(new Set(['baseline,control']))
  })

  test('is the same for the same seed, and another for another', () => {
    const order = (seed: number) =>
      compilePlan(profileOf({ a: latency('10ms'), b: latency('20ms') }, {}, seed), everything).lives[0]?.slices.map(
        ({ arm }) => arm.id,
      )
    expect(order(7)).toEqual(order(7))
    expect(order(7)).not.toEqual(order(8))
  })

  test('measures every arm as often as its mode says', () => {
    const [life] = compilePlan(profileOf({ a: latency('10ms') }, { slices: 3, budget: '10m' }), everything).lives
    const counts = new Map<string, number>()
    for (const { arm } of life?.slices ?? []) counts.set(arm.id, (counts.get(arm.id) ?? 0) + 1)
    expect(Math.min(...counts.values())).toBe(3)
    expect(counts.get('policy.a/policy-relay')).toBe(3)
  })

  test('lengthens slice, discard and drain with the delay of the arm', () => {
    const [life] = compilePlan(profileOf({ slow: latency('500ms') }, { budget: '10m' }), everything).lives
    const slow = life?.arms.find(({ policy }) => policy === 'slow')
    expect(slow).toMatchObject({ discardNs: 1e9, sliceNs: 11e9, drainNs: 2e9 })
  })

  test('names what does not fit into the budget, and rotates it by the seed', () => {
    const policies = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`p${index}`, latency('10ms')]))
    const left = (seed: number) =>
      compilePlan(profileOf(policies, { budget: '20s' }, seed), everything).notMeasured.map(({ what }) => what)
    expect(left(1).length).toBeGreaterThan(0)
    expect(left(1)).not.toEqual(left(2))
    const plan = compilePlan(profileOf(policies, { budget: '20s' }), everything)
    expect(plan.expectedNs).toBeLessThanOrEqual(20e9)
    expect(plan.notMeasured[0]?.why).toMatch(/budget of 20 s/u)
  })

  test('takes fresh targets of at most four policies in a run of several rounds', () => {
    const policies = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, latency('10ms')]))
    const { lives } = compilePlan(profileOf(policies, { rounds: 2, budget: '1h' }), everything)
    expect(lives.map(({ round }) => round)).toEqual([0, 0, 1, 1])
    for (const { arms } of lives)
      expect(new Set(arms.flatMap(({ policy }) => policy ?? [])).size).toBeLessThanOrEqual(4)
  })

  test('of stress alone has no slices of baselines, and of baselines alone no stress', () => {
    expect(compilePlan(profileOf({}), { baseline: false, policies: false, stress: true })).toMatchObject({
      lives: [],
      canary: null,
    })
    expect(compilePlan(profileOf({}), { baseline: true, policies: false, stress: false }).stress).toEqual([])
  })

  test('waits for the answer that the canary of datagrams never gets', () => {
    const expected = (timeout: string) => {
      const workload = { protocol: 'udp', timeout, requests: [{ size: '64b' }] }
      const document = { name: 'p', target: { builtin: 'udp' }, workload, policies: {}, modes: { smoke: {} } }
      const profile = parseProfile(document, { mode: 'smoke', flags: {}, env: {} })
      return compilePlan(profile, { baseline: true, policies: false, stress: false }).expectedNs
    }
    expect(expected('3s') - expected('1s')).toBe(2e9)
  })

  test('of ad hoc load is one stretch on the direct path, without a warm-up', () => {
    const plan = compileLoadPlan(profileOf({}, { duration: '3s' }))
    expect(plan).toMatchObject({ lives: [], warmup: null, canary: null })
    expect(plan.stress.map(({ arm, durationNs }) => [arm.phaseKind, arm.path, durationNs])).toEqual([
      ['load', 'direct', 3e9],
    ])
  })
})
