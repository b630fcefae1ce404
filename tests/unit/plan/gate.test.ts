import { describe, expect, test } from 'vitest'
import { createRng } from '../../../harness/kernel/rng.ts'
import type { Arm } from '../../../harness/plan/arms.ts'
import { cycledSlices, gateOf } from '../../../harness/plan/gate.ts'
import { compilePlan, type Plan, type PlannedSlice } from '../../../harness/plan/plan.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'
import { plainKnobs } from '../../../harness/target/builtin/knobs.ts'

const retry = { client: { retry: { maxCalls: 2 } } }
const underFault = { client: { timeout: { attempt: '1s' } }, under: { fault: { latency: { delay: '5ms' } } } }
const fault = { fault: { reset: { probability: '5%' } } }

function profileOf(changes: object = {}, mode: 'smoke' | 'long' = 'long') {
  const document = { name: 'p', target: { builtin: 'http' }, policies: {}, ...changes }
  return parseProfile(document, { mode, flags: {}, env: {} })
}

function gateFor(changes: object = {}, calibrating = false, mode: 'smoke' | 'long' = 'long', yardstick = false) {
  const profile = profileOf(changes, mode)
  return gateOf(profile, profile.policies, { calibrating, yardstick })
}

const names = (arms: readonly Pick<Arm, 'id'>[]): string[] => arms.map(({ id }) => id)

describe('the gate of a profile', () => {
  test('is what its client policies cost without a fault, beside two measurements of the baseline', () => {
    const gate = gateFor({ policies: { reset: fault, retry, 'timeout-latency': underFault } })
    expect(gate?.groups.map(names)).toEqual([
      [
        'baseline/baseline-direct',
        'baseline/control-direct',
        'policy.retry/policy-direct',
        'policy.timeout-latency/client-direct',
      ],
    ])
    expect(gate?.looks).toEqual([8, 12, 16, 24])
  })

  test('is none where nothing is compared: of faults alone, and in a mode that has none', () => {
    expect(gateFor()).toBeNull()
    expect(gateFor({ policies: { reset: fault } })).toBeNull()
    expect(gateFor({ policies: { retry }, base: { builtin: 'http' } }, true, 'smoke')).toBeNull()
    expect(gateFor({ policies: { retry }, modes: { long: { gate: false } } })).toBeNull()
  })

  test('holds two processes of the target against two of its former build, in lives of their own', () => {
    const gate = gateFor({ base: { builtin: 'http' }, policies: { retry } })
    expect(gate?.groups.map((arms) => arms.map(({ kind, build }) => [kind, build]))).toEqual([
      [
        ['baseline', 'target'],
        ['again', 'again'],
        ['base', 'base'],
        ['twin', 'twin'],
      ],
      [
        ['baseline', 'target'],
        ['control', 'target'],
        ['policy', 'target'],
      ],
    ])
  })

  test('holds the target against itself in a calibration, and the baseline too where policies have costs', () => {
    const kindsOf = (policies: object) =>
      gateFor({ policies }, true)?.groups.map((arms) => arms.map(({ kind }) => kind))
    const builds = ['baseline', 'again', 'base', 'twin']
    expect(kindsOf({ reset: fault })).toEqual([builds])
    expect(kindsOf({ retry })).toEqual([builds, ['baseline', 'control', 'policy']])
    // One group of several tells of the noise.
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`retry-${index}`, retry]))
    expect(kindsOf(many)).toEqual([builds, ['baseline', 'control', 'policy', 'policy', 'policy']])
  })

  test('starts no second process of a target that runs already', () => {
    const gate = gateFor({ target: { url: 'http://127.0.0.1:1/' } }, true)
    expect(gate?.groups.map((arms) => arms.map(({ kind }) => kind))).toEqual([['baseline', 'control']])
  })

  test('has at most four policies in a life, and every one of them once', () => {
    const policies = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`retry-${index}`, retry]))
    const groups = gateFor({ policies })?.groups ?? []
    const costs = groups.map((arms) => arms.filter(({ policy }) => policy !== null))
    expect(costs.map(({ length }) => length)).toEqual([3, 3, 3])
    expect(new Set(costs.flatMap(names)).size).toBe(9)
    for (const arms of groups)
      expect(names(arms).slice(0, 2)).toEqual(['baseline/baseline-direct', 'baseline/control-direct'])
  })
})

describe('the order of slices', () => {
  const arms = gateFor({ policies: { retry, 'timeout-latency': underFault } })?.groups[0] ?? []
  const builds = gateFor({ base: { builtin: 'http' } })?.groups[0] ?? []
  const order = (of: readonly Arm[], cycles: number, seed: number | string = 1) =>
    names(cycledSlices(of, cycles, profileOf().load, createRng(seed)).map(({ arm }) => arm))

  test('has every arm once in each cycle', () => {
    const slices = order(arms, 5)
    expect(slices).toHaveLength(5 * arms.length)
    for (let cycle = 0; cycle < 5; cycle++)
      expect(slices.slice(4 * cycle, 4 * cycle + 4).toSorted()).toEqual(names(arms).toSorted())
  })

  test('is another in each cycle, and the same for the same seed', () => {
    expect(order(arms, 20)).toEqual(order(arms, 20))
    expect(order(arms, 20)).not.toEqual(order(arms, 20, 2))
    const cycles = Array.from({ length: 20 }, (_, cycle) =>
      order(arms, 20)
        .slice(4 * cycle, 4 * cycle + 4)
        .join(' '),
    )
    // Of 24 orders, 20 throws show about 14.
    expect(new Set(cycles).size).toBeGreaterThan(9)
  })

  test('puts no arm first, or behind another, more often than chance does', () => {
    const rounds = Array.from({ length: 600 }, (_, seed) => order(arms, 1, seed))
    const control = 'baseline/control-direct'
    for (const id of names(arms)) {
      // Of 600 one in four is expected, with a standard deviation of 10.6.
      const first = rounds.filter(([one]) => one === id).length
      expect(Math.abs(first - 150)).toBeLessThan(4 * 10.6)
    }
    for (const id of names(arms).filter((one) => one !== control)) {
      const before = rounds.filter((one) => one.indexOf(id) < one.indexOf(control)).length
      expect(Math.abs(before - 300)).toBeLessThan(4 * 12.3)
    }
  })

  test('lets the two processes of each build take turns, there and back, the target against the former build in every cycle', () => {
    const slices = order(builds, 4)
    expect(slices).toHaveLength(8)
    const target = ['baseline/baseline-direct', 'baseline/again-direct']
    const former = ['baseline/base-direct', 'baseline/twin-direct']
    const cycles = [0, 1, 2, 3].map((cycle) => slices.slice(2 * cycle, 2 * cycle + 2))
    for (const build of [target, former]) {
      const turns = cycles.map((own) => build.indexOf(own.find((id) => build.includes(id)) ?? ''))
      expect([
        [0, 1, 1, 0],
        [1, 0, 0, 1],
      ]).toContainEqual(turns)
    }
  })

  test('lets chance say which process of a build leads, of each build by itself', () => {
    const leads = Array.from({ length: 400 }, (_, seed) => order(builds, 1, seed).toSorted().join(' '))
    const counts = [...Map.groupBy(leads, (lead) => lead).values()].map(({ length }) => length)
    // Four pairs of 100 each are expected, with a standard deviation of 8.7.
    expect(counts).toHaveLength(4)
    for (const count of counts) expect(Math.abs(count - 100)).toBeLessThan(4 * 8.7)
  })
})

describe('the lives of a gate', () => {
  const stages = { baseline: true, policies: true, gate: 'comparisons', stress: false } as const
  const lives = (plan: Plan) => plan.lives.filter(({ group }) => group !== null)

  test('are as many as its last look takes rounds, all groups in each, with an order of its own', () => {
    const modes = { long: { gate: { rounds: [7, 9], slices: 3 }, budget: '9h' } }
    const plan = compilePlan(profileOf({ base: { builtin: 'http' }, policies: { retry }, modes }), stages)
    const ofGate = lives(plan)
    expect(ofGate.map(({ round, group }) => [round, group])).toEqual(
      Array.from({ length: 9 }, (_, round) => [
        [round, 0],
        [round, 1],
      ]).flat(),
    )
    const orders = ofGate
      .filter(({ group }) => group === 1)
      .map(({ slices }) => slices.map(({ arm }) => arm.id).join(' '))
    expect(orders[0]?.split(' ')).toHaveLength(12)
    expect(new Set(orders).size).toBeGreaterThan(5)
  })

  test('ask all arms for shares of what one of them reaches: the baseline, or the former build; the yardstick has its own', () => {
    const load = { throughput: { model: 'closed', workers: 2 }, latency: { model: 'open', rate: '60%' } }
    const changes = { base: { builtin: 'http' }, policies: { retry }, load, modes: { long: { budget: '9h' } } }
    const [ofBuilds, ofPolicies] = lives(compilePlan(profileOf(changes), stages)).map(({ slices }) => slices)
    const [pace, ...others] = new Set(ofBuilds?.map(({ paceOf }) => paceOf))
    expect(others).toEqual([])
    expect(['baseline/base-direct', 'baseline/twin-direct']).toContain(pace)
    // It is reached before anything is asked for a share of it.
    for (const slices of [ofBuilds ?? [], ofPolicies ?? []]) {
      const first = slices.findIndex(({ use }) => use === 'latency')
      const reached = names(slices.slice(0, first).map(({ arm }) => arm))
      for (const { paceOf } of slices) expect(reached).toContain(paceOf)
    }
    const paces = new Map(ofPolicies?.map(({ arm, paceOf }) => [arm.kind, paceOf]))
    const baseline = 'baseline/baseline-direct'
    expect(Object.fromEntries(paces)).toEqual({
      baseline,
      control: baseline,
      policy: baseline,
      yardstick: 'baseline/yardstick-direct',
    })
  })

  test('measure what a policy costs, which no other life measures once more', () => {
    const policies = { retry, 'timeout-latency': underFault }
    const plan = compilePlan(profileOf({ policies, modes: { long: { budget: '9h' } } }), stages)
    const others = plan.lives.filter(({ group }) => group === null).flatMap(({ arms }) => names(arms))
    expect(others).not.toContain('policy.retry/policy-direct')
    expect(others).not.toContain('policy.timeout-latency/client-direct')
    expect(others).toContain('policy.timeout-latency/policy-relay')
  })

  test('measure throughput and latency apart where the load does', () => {
    const load = { throughput: { model: 'closed', workers: 2 }, latency: { model: 'open', rate: '60%' } }
    const plan = compilePlan(profileOf({ policies: { retry }, load, modes: { long: { budget: '9h' } } }), stages)
    const [{ slices } = { slices: [] }] = lives(plan)
    expect(slices).toHaveLength(4 * 4 * 2)
    const orders = new Set<string>()
    for (let cycle = 0; cycle < 4; cycle++) {
      const [before, after] = [0, 4].map((from) => slices.slice(8 * cycle + from, 8 * cycle + from + 4)) as [
        PlannedSlice[],
        PlannedSlice[],
      ]
      expect(new Set(before.map(({ use }) => use))).toEqual(new Set(['throughput']))
      expect(new Set(after.map(({ use }) => use))).toEqual(new Set(['latency']))
      const [first, second] = [before, after].map((part) => names(part.map(({ arm }) => arm))) as [string[], string[]]
      expect(second.toSorted()).toEqual(first.toSorted())
      orders.add(first.join(' ')).add(second.join(' '))
    }
    expect(orders.size).toBeGreaterThan(4)
  })
})

describe('the yardstick', () => {
  const stages = { baseline: true, policies: true, gate: 'comparisons', stress: false } as const
  const groups = (changes: object) =>
    gateFor(changes, false, 'long', true)?.groups.map((arms) => arms.map(({ kind }) => kind))

  test('is in the first group of policies, and without any in a group of its own', () => {
    const policies = Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`retry-${index}`, retry]))
    const costs = ['baseline', 'control', 'policy', 'policy']
    expect(groups({ policies })).toEqual([[...costs, 'policy', 'yardstick'], costs])
    const alone = ['baseline', 'control', 'yardstick']
    expect(groups({ policies: { reset: fault } })).toEqual([alone])
    expect(groups({ base: { builtin: 'http' } })).toEqual([['baseline', 'again', 'base', 'twin'], alone])
    expect(groups({ target: { url: 'http://127.0.0.1:1/' } })).toEqual([alone])
  })

  test('is another program with a process of its own, whatever protocol the target speaks', () => {
    const workload = { protocol: 'tcp', requests: [{ send: 'hi' }] }
    const gate = gateFor({ target: { builtin: 'tcp' }, workload }, false, 'long', true)
    expect(gate?.groups[0]?.map(({ build }) => build)).toEqual(['target', 'target', 'yardstick'])
    expect(gate?.yardstick).toMatchObject({ name: 'yardstick@1', workload: { protocol: 'http' } })
    expect(gate?.yardstick?.target).toMatchObject({ kind: 'builtin', name: 'http', knobs: plainKnobs })
  })

  test('has rounds up to the first look where nothing else is compared, since nothing is decided', () => {
    const looks = (changes: object) => gateFor(changes, false, 'long', true)?.looks
    expect(looks({})).toEqual([8])
    expect(looks({ policies: { retry } })).toEqual([8, 12, 16, 24])
    expect(looks({ base: { builtin: 'http' } })).toEqual([8, 12, 16, 24])
  })

  test('leaves room for the load generator: it is asked for no more than three tenths of what it reaches', () => {
    const load = { throughput: { model: 'closed', workers: 2 }, latency: { model: 'open', rate: '60%' } }
    const shares = (rate: string | number) => {
      const changes = { load: { ...load, latency: { model: 'open', rate } }, modes: { long: { budget: '9h' } } }
      const slices = compilePlan(profileOf(changes), stages).lives.at(-1)?.slices ?? []
      const models = slices.filter(({ use }) => use === 'latency').map(({ arm, model }) => [arm.kind, model] as const)
      return Object.fromEntries(models.map(([kind, model]) => [kind, model.model === 'open' && model.rate]))
    }
    expect(shares('60%')).toMatchObject({ baseline: { share: 0.6 }, yardstick: { share: 0.3 } })
    expect(shares('20%')).toMatchObject({ baseline: { share: 0.2 }, yardstick: { share: 0.2 } })
    expect(shares(50)['yardstick']).toEqual(shares(50)['baseline'])
  })

  test('is there in a soak alone, and not where the mode does not want it', () => {
    const gate = (changes: object, how: object = {}) => compilePlan(profileOf(changes), { ...stages, ...how }).gate
    expect(gate({})?.yardstick).not.toBeNull()
    expect(gate({ modes: { long: { gate: { yardstick: false } } } })).toBeNull()
    expect(gate({}, { gate: 'calibration' })?.yardstick).toBeNull()
    expect(gate({ base: { builtin: 'http' } }, { baseline: false })?.yardstick).toBeNull()
  })

  test('takes the time of its slices and of a process more, and is the first that a budget leaves out', () => {
    const timed = { slice: '2s', warmup: '5s', gate: { rounds: [12], slices: 4 } }
    const planOf = (long: object) =>
      compilePlan(profileOf({ policies: { retry }, modes: { long: { ...timed, ...long } } }), stages)
    const [whole, without] = [planOf({}), planOf({ gate: { ...timed.gate, yardstick: false } })]
    const seconds = (whole.expectedNs - without.expectedNs) / 1e9
    expect(seconds).toBeGreaterThan(12 * (4 * 2 + 5))
    expect(seconds).toBeLessThan(12 * (4 * 2 + 5) * 1.2)
    // One slice per arm outside of the gate would not be enough to make room for it.
    const { gate, notMeasured } = planOf({ budget: `${Math.ceil(without.expectedNs / 1e9)}s` })
    expect(gate?.groups.flat().map(({ kind }) => kind)).toEqual(['baseline', 'control', 'policy'])
    expect(notMeasured.map(({ what }) => what)).toEqual(['yardstick'])
    expect(whole.notMeasured).toEqual([])
    expect(without.notMeasured).toEqual([])
  })
})
