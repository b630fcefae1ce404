import { describe, expect, test } from 'vitest'
import { createRng } from '../../../harness/kernel/rng.ts'
import type { Arm } from '../../../harness/plan/arms.ts'
import { cycledSlices, gateOf } from '../../../harness/plan/gate.ts'
import { compilePlan, type Plan } from '../../../harness/plan/plan.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'

const retry = { client: { retry: { maxCalls: 2 } } }
const underFault = { client: { timeout: { attempt: '1s' } }, under: { fault: { latency: { delay: '5ms' } } } }
const fault = { fault: { reset: { probability: '5%' } } }

function profileOf(changes: object = {}, mode: 'smoke' | 'long' = 'long') {
  const document = { name: 'p', target: { builtin: 'http' }, policies: {}, ...changes }
  return parseProfile(document, { mode, flags: {}, env: {} })
}

function gateFor(changes: object = {}, calibrating = false, mode: 'smoke' | 'long' = 'long') {
  const profile = profileOf(changes, mode)
  return gateOf(profile, profile.policies, calibrating)
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
    expect(gate?.looks).toEqual([8, 16, 24])
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
    names(cycledSlices(of, cycles, createRng(seed)))

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

  test('lets the two processes of each build take turns, the target against the former build in every cycle', () => {
    const slices = order(builds, 4)
    expect(slices).toHaveLength(8)
    const cycles = [0, 1, 2, 3].map((cycle) => slices.slice(2 * cycle, 2 * cycle + 2).toSorted())
    const [first, second] = [
      ['baseline/base-direct', 'baseline/baseline-direct'],
      ['baseline/again-direct', 'baseline/twin-direct'],
    ]
    expect(cycles).toEqual([first, second, first, second])
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
    expect(orders[0]?.split(' ')).toHaveLength(9)
    expect(new Set(orders).size).toBeGreaterThan(5)
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
    expect(slices).toHaveLength(3 * 4 * 2)
    for (let index = 0; index < slices.length; index += 2) {
      expect(slices[index]?.arm).toBe(slices[index + 1]?.arm)
      expect([slices[index]?.use, slices[index + 1]?.use]).toEqual(['throughput', 'latency'])
    }
  })
})
