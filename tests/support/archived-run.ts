import type { Result } from '../../harness/archive/result.ts'
import { resultText } from '../../harness/archive/text.ts'
import type { GateCalibration } from '../../harness/judge/calibration/ruler.ts'
import { planGate } from '../../harness/judge/gate.ts'
import { type Case, judge } from '../../harness/judge/judge.ts'
import { watchWindows } from '../../harness/judge/windows.ts'
import type { UnclearNight } from '../../harness/judge/nights.ts'
import { createRng } from '../../harness/kernel/rng.ts'
import {
  type ArmMeasurement,
  emptyArm,
  type Measurements,
  type SliceSummary,
} from '../../harness/measure/measurements.ts'
import type { RunOptions } from '../../harness/pipeline/options.ts'
import { composeResult, type RunEnd } from '../../harness/pipeline/result.ts'
import type { Arm } from '../../harness/plan/arms.ts'
import { compilePlan } from '../../harness/plan/plan.ts'
import { parseProfile } from '../../harness/profile/parse.ts'
import { slicesOf } from './gate-slices.ts'

const profile = parseProfile(
  {
    name: 'p',
    target: { builtin: 'http' },
    base: { builtin: 'http' },
    policies: {
      reset: {
        fault: { reset: { probability: '5%' } },
        bounds: { errors: ['rate<10%'], latency: ['p(99.5)<1s', 'avg<1s'] },
      },
      retry: { client: { retry: {} } },
    },
    thresholds: { latency: ['p(99)<1s', 'max<2s'], throughput: ['rate>10'], errors: ['count<10'] },
    ceilings: { errorRate: '1%', rssDeltaKb: null },
    modes: { long: { rounds: 1, gate: { rounds: [8, 12], slices: 2 }, budget: '9h' } },
  },
  { mode: 'long', flags: {}, env: {} },
)
const plan = compilePlan(profile, { baseline: true, policies: true, gate: 'comparisons', stress: false })
if (plan.gate === null) throw new Error('no gate')
const gatePlan = planGate(plan.gate)
/** All that the run of `archivedRun` measures. */
export const archivedArms = [
  ...(plan.canary ? [plan.canary.arm] : []),
  ...(plan.warmup?.single ? [plan.warmup.single.arm] : []),
  ...new Map(plan.lives.flatMap((life) => life.arms).map((arm) => [arm.id, arm])).values(),
]

/** What a test changes of a run in which all is well. */
export interface ArchivedChanges {
  /** How fast an arm of the gate is, against the others. */
  readonly faster?: Readonly<Record<string, number>>
  readonly rounds?: number
  readonly failed?: number
  readonly fired?: number
  readonly calibration?: GateCalibration
  readonly nights?: readonly UnclearNight[]
  readonly run?: Partial<Case>
  readonly measured?: Partial<Measurements>
  readonly scripted?: number
  readonly spread?: number
  /** Whether the target does not tell how many requests it served. */
  readonly unread?: boolean
}

/** The arm's operations took 1.234567 ms and a bit each, so that no figure of it is round. */
function measuredArm(
  arm: Arm,
  { failed = 50, fired = failed, scripted = 0, unread = false }: ArchivedChanges,
): ArmMeasurement {
  const count = 1000
  const own = arm.policy === 'reset' ? failed : arm.phaseKind === 'canary' ? count : 0
  const measurement = emptyArm(arm, ['hi'])
  measurement.slices = 1
  measurement.measuredNs = 1_234_567_891
  measurement.throughput = { ok: count - own, iterations: count, ns: 1_234_567_891 }
  countInto(measurement, count, own)
  if (scripted > 0 && arm.policy === 'retry') measurement.all.errors['script'] = scripted
  for (let index = 0; index < 120; index++) measurement.latencies.ok.record(1234 + 30 * index)
  if (own > 0) {
    const acted = arm.phaseKind === 'canary' ? count : fired
    measurement.tallies = { reset: { eligible: count, fired: acted, bytes: 0 } }
    measurement.rules = { 'reset/reset': { connections: 1, matched: count, tallies: measurement.tallies } }
    measurement.server = { requests: count - acted, slack: 0 }
  } else measurement.server = unread ? { problem: 'no answer' } : { requests: count, slack: 0 }
  return measurement
}

function countInto({ all, measured }: ArmMeasurement, count: number, failed: number): void {
  for (const counts of [all, measured]) {
    Object.assign(counts.operations, { count, ok: count - failed, failed })
    Object.assign(counts.attempts, { count, failed })
    if (failed > 0) counts.attemptErrors['reset'] = failed
    Object.assign(counts.requests[0] ?? {}, { responses: count - failed, bytesReceived: 100 * count })
  }
}

function gateSlices({ faster = {}, rounds = 12, spread = 0.01 }: ArchivedChanges): readonly SliceSummary[] {
  const rng = createRng(1)
  const odd = (value: number): number => value * Math.exp(spread * (rng.next() - 0.5))
  const gate = plan.gate as NonNullable<typeof plan.gate>
  return slicesOf(gate, rounds, ({ id }, _, group) => Math.round(odd(20_000 * (faster[`${id}#${group}`] ?? 1)))).map(
    (slice) => ({
      ...slice,
      durationNs: Math.round(odd(1.75e9)),
      p50Ms: odd(slice.p50Ms ?? 1),
      p95Ms: odd(slice.p95Ms ?? 1),
      p99Ms: odd(slice.p99Ms ?? 1),
      targetCpuMs: odd(500),
    }),
  )
}

/** The document of a run, as it is archived. */
export function archivedRun(changes: ArchivedChanges = {}): Result {
  const measurements: Measurements = {
    arms: new Map(archivedArms.map((arm) => [arm.id, measuredArm(arm, changes)])),
    slices: gateSlices(changes),
    processes: [],
    lives: 1,
    kills: 0,
    unplannedExit: null,
    failureBudget: null,
    memoryMissing: { count: 0, detail: null },
    target: { command: [], url: null, pid: 1, startTicks: 1, heapMissing: 'nobody asked' },
    ...changes.measured,
  }
  const windows = watchWindows([]).read()
  const { calibration = { process: null, build: null }, nights = [] } = changes
  const gate = { plan: gatePlan, calibration, nights }
  const run: Case = {
    profile,
    arms: archivedArms,
    rounds: 1,
    measurements,
    windows,
    stepped: [],
    stressed: false,
    scenario: null,
    stopped: null,
    strict: false,
    gate,
    ...changes.run,
  }
  const options = {
    plan,
    kind: 'soak',
    argv: [],
    tags: {},
    git: null,
    version: '0',
    sabotage: null,
    strict: run.strict,
  }
  const date = new Date(0)
  const end: RunEnd = {
    id: 'r',
    startedAt: date,
    finishedAt: date,
    startNs: 0,
    endNs: 1e9,
    abortedBy: run.stopped,
    notMeasured: [],
    windows: null,
    deadLetters: null,
    overheads: new Map(),
    gate: { ...gate, key: { profile: 'p', mode: 'long', hostFingerprint: 'h', controlFingerprint: 'f' }, notes: [] },
  }
  const result = composeResult(options as unknown as RunOptions, end, measurements, windows, judge(run))
  return JSON.parse(resultText(result)) as Result
}
