import { describe, expect, test } from 'vitest'
import { judge, type Case } from '../../../harness/judge/judge.ts'
import type { Limit } from '../../../harness/judge/limits.ts'
import { watchWindows } from '../../../harness/judge/windows.ts'
import { type ArmMeasurement, emptyArm, type Measurements } from '../../../harness/measure/measurements.ts'
import { type Arm, yardstickArm } from '../../../harness/plan/arms.ts'
import { compilePlan } from '../../../harness/plan/plan.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'
import type { Profile } from '../../../harness/profile/profile.ts'
import { parseThresholds, type RawThreshold, type RawThresholds } from '../../../harness/profile/threshold-settings.ts'

const profile = parseProfile(
  {
    name: 'p',
    target: { builtin: 'http' },
    policies: { reset: { fault: { reset: { probability: '5%' } }, bounds: { errors: ['rate<10%'] } } },
    ceilings: { rssDeltaKb: null },
  },
  { mode: 'smoke', flags: {}, env: {} },
)
const plan = compilePlan(profile, { baseline: true, policies: true, stress: false })
const warmup = plan.warmup?.single?.arm as Arm
const arms = [warmup, ...(plan.lives[0]?.arms ?? [])]

/** An arm with so many operations of 1 ms, of which some failed; the relay reset as many. */
function measured(arm: Arm, count: number, failed: number, fired = failed): ArmMeasurement {
  const measurement = emptyArm(arm, ['hi'])
  measurement.slices = 1
  measurement.measuredNs = 1e9
  measurement.throughput = { ok: count - failed, iterations: count, ns: 1e9 }
  for (const counts of [measurement.all, measurement.measured]) {
    Object.assign(counts.operations, { count, ok: count - failed, failed })
    Object.assign(counts.attempts, { count, failed })
    if (failed > 0) counts.attemptErrors['reset'] = failed
    Object.assign(counts.requests[0] ?? {}, { responses: count - failed, bytesReceived: 100 * count })
  }
  for (let index = 0; index < count - failed; index++) measurement.latencies.ok.record(1000)
  if (arm.policy) {
    measurement.tallies = { reset: { eligible: count, fired, bytes: 0 } }
    measurement.rules = { 'reset/reset': { connections: 1, matched: count, tallies: measurement.tallies } }
  }
  measurement.server = { requests: count - fired, slack: 0 }
  return measurement
}

function caseOf(changes: Partial<Case> = {}, policy = { failed: 50, fired: 50 }, leaveOut?: string): Case {
  const all = arms.filter(({ id }) => id !== leaveOut)
  const measurements: Measurements = {
    arms: new Map(
      all.map((arm) => [
        arm.id,
        arm.policy ? measured(arm, 1000, policy.failed, policy.fired) : measured(arm, 1000, 0),
      ]),
    ),
    slices: [],
    processes: [],
    lives: 1,
    kills: 0,
    unplannedExit: null,
    failureBudget: null,
    memoryMissing: { count: 0, detail: null },
    target: { command: [], url: null, pid: 1, startTicks: 1, heapMissing: 'nobody asked' },
  }
  const windows = watchWindows([]).read()
  return {
    profile,
    arms,
    rounds: 1,
    measurements,
    windows,
    stepped: [],
    stressed: false,
    scenario: null,
    stopped: null,
    strict: false,
    ...changes,
  }
}

describe('a verdict', () => {
  test('is a pass where every effect showed and every limit held', () => {
    expect(judge(caseOf())).toMatchObject({ verdict: 'pass', exitCode: 0, reasons: [] })
  })

  test('is void where the fault did not fire, though every bound held (P1)', () => {
    const { verdict, exitCode, reasons } = judge(caseOf({}, { failed: 0, fired: 0 }))
    expect([verdict, exitCode]).toEqual(['void', 114])
    expect(reasons[0]).toMatch(/fired\.reset/u)
  })

  test('is a failure where a bound broke', () => {
    const { verdict, exitCode, reasons } = judge(caseOf({}, { failed: 150, fired: 50 }))
    expect([verdict, exitCode]).toEqual(['fail', 99])
    expect(reasons[0]).toMatch(/bound of policy\.reset/u)
  })

  test.each([
    ['something else than was expected is a failure', 40, {}, 'fail', 99],
    ['what cannot be told is inconclusive', 15, {}, 'inconclusive', 0],
    ['what cannot be told is void where that is not allowed', 15, { strict: true }, 'void', 114],
    ['what was ended early is neither', 15, { stopped: 'bounds' }, 'pass', 0],
  ] as const)('of a scenario: %s', (_, seconds, changes, verdict, exitCode) => {
    const scenario = { expect: 'recovered', bands: {}, trigger: null, backoffNs: null, cure: null } as const
    const point = { offered: 100, attempts: 100, served: null, wasted: null, queueAgeNs: null }
    const points = Array.from({ length: seconds }, (_second, at) => ({ ...point, good: at < 5 ? 100 : 0 }))
    const run = caseOf({
      profile: { ...profile, scenario },
      scenario: {
        series: { stepNs: 1e9, points, binNs: 100e6, bins: [] },
        trigger: { fromNs: 5e9, toNs: 6e9, timeoutNs: 1e9, retries: 1, backoffNs: null },
      },
      ...changes,
    })
    expect(judge(run)).toMatchObject({ verdict, exitCode })
  })

  test('is void where a planned arm was not measured in a run that came to its end', () => {
    const { exitCode, doubts } = judge(caseOf({}, undefined, 'policy.reset/policy-relay'))
    expect(exitCode).toBe(114)
    expect(doubts.map(({ kind }) => kind)).toContain('no-operations')
  })

  test('is void where the relay does not tell of the rule, whatever was counted', () => {
    const run = caseOf()
    const arm = run.measurements.arms.get('policy.reset/policy-relay') as ArmMeasurement
    arm.rules = {}
    const { verdict, reasons } = judge(run)
    expect(verdict).toBe('void')
    expect(reasons[0]).toMatch(/inForce\.reset/u)
  })

  test('says of a policy of your own that throws why it did', () => {
    const run = caseOf()
    const arm = run.measurements.arms.get('policy.reset/policy-relay') as ArmMeasurement
    arm.all.errors['script'] = 3
    const told = { atNs: 0, policy: 'use', name: null, event: 'failed', from: null, reason: 'no such tenant' }
    arm.policyEvents = { kept: [told], dropped: 0 }
    const { exitCode, reasons } = judge(run)
    expect([exitCode, reasons[0]]).toEqual([107, 'a policy of your own threw in 3 operations: no such tenant'])
  })

  test('says what the target counted where that is not what was sent', () => {
    const run = caseOf()
    const arm = run.measurements.arms.get('baseline/baseline-direct') as ArmMeasurement
    arm.server = { requests: 1007, slack: 0 }
    expect(judge(run).reasons).toEqual([
      'counts-differ: baseline/baseline-direct: the target counted 1007 requests against 1000 that should have reached it (slack 0)',
    ])
  })

  test('holds the count of another target against what went there, also where its client never asked it', () => {
    const run = caseOf()
    const arm = run.measurements.arms.get('policy.reset/policy-relay') as ArmMeasurement
    arm.otherServers = { replica: { requests: 2, slack: 0 }, spare: { requests: 0, slack: 0 } }
    const { arms: judged, reasons } = judge(run)
    expect(judged.find(({ measurement }) => measurement === arm)?.others).toMatchObject({
      replica: { status: 'mismatch', expected: 0, difference: 2 },
      spare: { status: 'exact' },
    })
    expect(reasons[0]).toContain('the target replica counted 2 requests against 0')
  })

  test.each([
    ['the kernel, before the relay read them', 'udp.kernelDrops'],
    ['the relay, in which too much waited', 'udp.queueDrops'],
  ])('says that datagrams were dropped by %s', (_, counter) => {
    const run = caseOf()
    const arm = run.measurements.arms.get('policy.reset/policy-relay') as ArmMeasurement
    arm.faultCounters = { [counter]: 3 }
    expect(judge(run).doubts).toContainEqual(
      expect.objectContaining({ kind: 'kernel-drops', detail: expect.stringContaining('dropped 3 datagrams') }),
    )
  })

  test('notes that a retry repeated nothing where that was for want of idempotent requests only', () => {
    const run = caseOf()
    const arm = run.measurements.arms.get('policy.reset/policy-relay') as ArmMeasurement
    arm.policyCounters = { retries: 0, notIdempotent: 50 }
    const told = expect.objectContaining({ effect: 'note', detail: expect.stringContaining('nothing was retried: 50') })
    expect(judge(run)).toMatchObject({ verdict: 'pass', doubts: expect.arrayContaining([told]) })
    arm.policyCounters = { retries: 1, notIdempotent: 50 }
    expect(judge(run).doubts.map(({ kind }) => kind)).not.toContain('nothing-retried')
  })

  test('notes that a latency limit was held against failures only', () => {
    const bounds = profile.policies.map((policy) => ({
      ...policy,
      bounds: parseThresholds({ latency: ['p(99)<9ms'] }),
    }))
    const kinds = (failed: number) => {
      const run = caseOf({ profile: { ...profile, policies: bounds } }, { failed, fired: failed })
      const arm = run.measurements.arms.get('policy.reset/policy-relay') as ArmMeasurement
      for (let index = 0; index < failed; index++) arm.latencies.failed.record(1)
      const { arms: judged, doubts } = judge(run)
      expect(judged.find(({ measurement }) => measurement === arm)?.bounds).toMatchObject([{ ok: true }])
      return doubts.map(({ kind }) => kind)
    }
    expect(kinds(50)).not.toContain('no-success')
    expect(kinds(1000)).toContain('no-success')
  })

  test('says of a process of ours that was saturated in which way it was', () => {
    const run = caseOf()
    const busy = { role: 'worker', cpuPercent: 90, rssKb: 1, eventLoopDelayP99Ms: 2, dropped: 0 } as const
    const processes = [{ ...busy, saturatedShare: 0.3, busyShare: 0, lateShare: 0.3 }]
    const { doubts } = judge({ ...run, measurements: { ...run.measurements, processes } })
    expect(doubts.find(({ kind }) => kind === 'generator-saturated')?.detail).toBe(
      'its event loop was late (p99 over 1 ms and a tenth of the latency) in 30 % of its slices',
    )
  })

  test('says that a feed had no row left, which ended the load before its time', () => {
    const run = caseOf()
    const arm = run.measurements.arms.get('baseline/baseline-direct') as ArmMeasurement
    expect(judge(run).doubts.map(({ kind }) => kind)).not.toContain('feed-exhausted')
    arm.feedExhausted = true
    expect(judge(run).doubts).toContainEqual(expect.objectContaining({ kind: 'feed-exhausted', effect: 'note' }))
  })

  test('is 105 after a signal, whatever is missing', () => {
    const run = caseOf({ stopped: 'signal' }, undefined, 'policy.reset/policy-relay')
    expect(judge(run)).toMatchObject({ verdict: 'inconclusive', exitCode: 105 })
  })

  test('is 113 where the target died, before anything that it broke', () => {
    const run = caseOf({ stopped: 'target' }, { failed: 150, fired: 50 })
    const died = { ...run.measurements, unplannedExit: { code: 1, signal: null, tail: ['boom'] } }
    const { exitCode, reasons } = judge({ ...run, measurements: died })
    expect(exitCode).toBe(113)
    expect(reasons[0]).toMatch(/^the target ended by itself with exit code 1; its last line: boom/u)
    expect(reasons).toHaveLength(2)
    const other = { ...died, unplannedExit: { ...died.unplannedExit, name: 'replica' } }
    expect(judge({ ...run, measurements: other }).reasons[0]).toMatch(
      /^the target replica ended by itself with exit c/u,
    )
  })
})

describe('thresholds of a run', () => {
  const withThresholds = (thresholds: RawThresholds): Profile => ({
    ...profile,
    thresholds: parseThresholds(thresholds),
  })

  test('that end it say so first, with 99', () => {
    const breach: Limit = {
      kind: 'threshold',
      scope: 'stress.long, until it was ended',
      expr: 'errors: rate<1%',
      actual: 0.5,
      limit: 0.01,
      ok: false,
    }
    const findings = { windowed: [], breach, resources: new Map() }
    const { verdict, exitCode, reasons, thresholds } = judge(caseOf({ stopped: 'threshold', findings }))
    expect([verdict, exitCode]).toEqual(['fail', 99])
    expect(reasons[0]).toMatch(/^a threshold that says so/u)
    expect(reasons[1]).toBe('threshold of stress.long, until it was ended broken: errors: rate<1%, found 0.5')
    expect(thresholds).toContainEqual(breach)
  })

  test('that lack a reference leave a pass, with a note; of a run that was ended early not even that', () => {
    const run = { profile: withThresholds({ throughput: ['rate>=reference*0.9'] }) }
    const { verdict, thresholds, doubts } = judge(caseOf(run))
    expect([verdict, thresholds.map(({ ok }) => ok)]).toEqual(['pass', [false]])
    expect(doubts.map(({ kind }) => kind)).toContain('limit-left-out')
    const early = judge(caseOf({ ...run, stopped: 'signal' }))
    expect(early.doubts.map(({ kind }) => kind)).not.toContain('limit-left-out')
  })

  test('on memory make a run void in which that could not be read, as its ceiling does', () => {
    const kinds = (thresholds: RawThresholds) =>
      judge(caseOf({ profile: withThresholds(thresholds), stressed: true })).doubts.map(({ kind }) => kind)
    expect(kinds({ rss: ['max<1gib'] })).toContain('memory-unreadable')
    expect(kinds({ fds: ['max<9'] })).not.toContain('memory-unreadable')
  })

  test('and bounds are relative to the baseline of the path, and those with a window are not about slices', () => {
    const bounds = (latency: readonly RawThreshold[]) => {
      const policies = profile.policies.map((policy) => ({ ...policy, bounds: parseThresholds({ latency }) }))
      const { arms: judged } = judge(caseOf({ profile: { ...profile, policies } }))
      return judged.flatMap((arm) => arm.bounds)
    }
    expect(bounds(['p(99)<=baseline*2', { threshold: 'p(99)<1s', window: '1s' }])).toMatchObject([
      { limit: 2, ok: true },
    ])
    expect(bounds(['p(99)<baseline*0.5'])).toMatchObject([{ limit: 0.5, ok: false }])
  })
})

test('a failure budget that is spent fails the run with 99, in words that say by how much (L7)', () => {
  const guarded = parseProfile(
    { target: { builtin: 'http' }, guards: { failureBudget: { threshold: '5%', window: '10s' } } },
    { mode: 'smoke', flags: {}, env: {} },
  )
  const run = caseOf()
  const breach = { samples: 60, failures: 5, rate: 5 / 60, atNs: 1 }
  const measurements = { ...run.measurements, failureBudget: { worst: breach, breach } }
  const verdict = judge({
    ...run,
    profile: { ...profile, guards: guarded.guards },
    measurements,
    stopped: 'failure-budget',
  })
  expect(verdict).toMatchObject({ verdict: 'fail', exitCode: 99 })
  expect(verdict.reasons[0]).toBe('failure budget spent: 8.33 % of 60 operations failed within 10 s, allowed: 5 %')
})

describe('what is wrong with the yardstick', () => {
  const yardstick = yardstickArm(profile.mode)
  const judged = (change: (measurement: ArmMeasurement) => void) => {
    const run = caseOf()
    const measurement = measured(yardstick, 1000, 0)
    change(measurement)
    const all = new Map([...run.measurements.arms, [yardstick.id, measurement]])
    return judge({ ...run, arms: [...run.arms, yardstick], measurements: { ...run.measurements, arms: all } })
  }

  test.each([
    ['its count', (one: ArmMeasurement) => Object.assign(one, { server: { requests: 1, slack: 0 } })],
    ['that it did nothing', (one: ArmMeasurement) => Object.assign(one.measured.operations, { ok: 0, count: 0 })],
    ['what fails of it', (one: ArmMeasurement) => Object.assign(one.all.operations, { failed: 900, ok: 100 })],
  ])('is no fault of the target: %s', (_, change) => {
    const plain = judge(caseOf())
    const { verdict, exitCode, ceilings, doubts } = judged(change)
    expect({ verdict, exitCode, ceilings }).toEqual({
      verdict: plain.verdict,
      exitCode: plain.exitCode,
      ceilings: plain.ceilings,
    })
    expect(doubts.filter(({ kind }) => kind !== 'yardstick-unsound')).toEqual(plain.doubts)
  })

  test('is told, and taints what is held to other runs by it', () => {
    const found = judged((one) => Object.assign(one, { server: { requests: 1, slack: 0 } })).doubts
    expect(found.filter(({ kind }) => kind === 'yardstick-unsound')).toEqual([
      {
        kind: 'yardstick-unsound',
        detail: expect.stringMatching(/^counts-differ: baseline\/yardstick-direct: /u) as unknown,
        taints: ['yardstick'],
        effect: 'note',
      },
    ])
    expect(judged(() => {}).doubts.filter(({ kind }) => kind === 'yardstick-unsound')).toEqual([])
  })
})
