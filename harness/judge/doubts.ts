import { mayHang } from '../faults/expect.ts'
import { type Doubt, doubt } from '../measure/doubts.ts'
import type { Effect } from '../measure/effect.ts'
import type { ArmMeasurement, Measurements } from '../measure/measurements.ts'
import { emptyTally, type Tally } from '../measure/tally.ts'
import type { Arm } from '../plan/arms.ts'
import type { ArmVerdict } from './arm-verdict.ts'
import { generatorDoubts } from './generator-doubts.ts'
import type { Limit } from './limits.ts'
import type { Reconciliation } from './reconcile.ts'
import type { WindowSummary } from './windows.ts'

/** One operation in so many may be cut off before it is worth a word. */
const cutOffShare = 0.01
/** Share of its slices in which a process of ours may be saturated before that is a doubt. */
export const saturatedSlices = 0.05

/** What there is to distrust in the arms that were measured. */
export function armDoubts(arms: readonly ArmVerdict[]): readonly Doubt[] {
  return arms.flatMap(({ arm, measurement, effects, reconciliation, others }) => [
    ...operationDoubts(arm, measurement),
    ...generatorDoubts(arm, measurement),
    ...retryDoubts(arm, measurement),
    ...effects.filter(({ ok }) => !ok).map((effect) => effectDoubt(arm.id, effect)),
    ...countDoubts(`${arm.id}: the target`, reconciliation),
    ...Object.entries(others).flatMap(([name, ofOther]) => countDoubts(`${arm.id}: the target ${name}`, ofOther)),
  ])
}

/** What is wrong with the yardstick is no doubt of the target: only what is held to other runs by it is touched. */
export function yardstickDoubts(arms: readonly ArmVerdict[]): readonly Doubt[] {
  return armDoubts(arms)
    .filter(({ taints }) => taints.length > 0)
    .map(({ kind, detail }) => doubt('yardstick-unsound', `${kind}: ${detail}`, ['yardstick']))
}

/** A latency limit holds over all operations; where none succeeded, it says how fast they failed. */
export function latencyDoubts(limits: readonly Limit[], arms: readonly ArmVerdict[]): readonly Doubt[] {
  const scopes = limits
    .filter(({ expr, actual }) => expr.startsWith('latency: ') && actual !== null)
    .map(({ scope }) => scope)
  return arms
    .filter(({ arm, measurement }) => scopes.includes(arm.id) && measurement.measured.operations.ok === 0)
    .map(({ arm }) => {
      const detail = `${arm.id}: no operation succeeded; the latency that its limits hold is of failures and refusals only`
      return doubt('no-success', detail, ['latency'])
    })
}

function retryDoubts(arm: Arm, { policyCounters }: ArmMeasurement): readonly Doubt[] {
  const { retries, notIdempotent = 0 } = policyCounters
  if (retries !== 0 || notIdempotent === 0) return []
  const detail = `${arm.id}: nothing was retried: ${notIdempotent} operations failed that might have been, and their requests are not idempotent ("nonIdempotent" of the retry repeats such too)`
  return [doubt('nothing-retried', detail, [])]
}

/** That client and target disagree about their counts, or that the target would not tell its own. */
export function countDoubts(
  who: string,
  { status, difference, expected, slack, detail }: Reconciliation,
): readonly Doubt[] {
  if (status === 'unreadable') return [doubt('stats-unreadable', `${who}: ${detail}`, ['attempts'])]
  if (status !== 'mismatch') return []
  const counted = (expected ?? 0) + (difference ?? 0)
  const text = `${who} counted ${counted} requests against ${expected} that should have reached it (slack ${slack})`
  return [doubt('counts-differ', text, ['operations', 'attempts', 'errorRate'])]
}

/** The doubt that an effect of some place did not show, or may not have. */
export function effectDoubt(where: string, { metric, unit, lo, hi, observed, inconclusive }: Effect): Doubt {
  return doubt(
    inconclusive ? 'effect-unclear' : 'effect-missing',
    `${where}: ${metric} ${observed ?? 'not observed'} is not in [${lo}, ${hi}] ${unit}${inconclusive ? ` (${inconclusive})` : ''}`,
    [where],
  )
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`
}

function operationDoubts(arm: Arm, { all, measured, upstreamFailures }: ArmMeasurement): Doubt[] {
  const { cutOff, count } = all.operations
  // Under a fault that lets them hang, those of the discard may leave no time for others to begin.
  const ended = mayHang(arm.rules) ? all.operations : measured.operations
  return [
    ...(ended.ok + ended.failed === 0
      ? [doubt('no-operations', `${arm.id}: no operation ended in the measured time`, ['everything'])]
      : []),
    ...(cutOff > cutOffShare * count
      ? [doubt('cut-off', `${arm.id}: ${cutOff} of ${count} operations still ran when the drain ended`, ['latency'])]
      : []),
    ...(upstreamFailures > 0
      ? [
          doubt('upstream-failures', `${arm.id}: the relay could not reach the target ${upstreamFailures} times`, [
            'errorRate',
          ]),
        ]
      : []),
  ]
}

/** What is asked of the canary. */
interface CanaryCounts {
  readonly tallies: Readonly<Record<string, Pick<Tally, 'eligible' | 'fired'>>>
  readonly all: {
    readonly operations: Pick<ArmMeasurement['all']['operations'], 'ok' | 'failed'>
    readonly wire: Pick<ArmMeasurement['all']['wire'], 'bytesReceived'>
  }
}

/**
 * The canary's fault hits every exchange: all attempts must have been hit by it, and none have got an answer. What wants no
 * answer may succeed all the same.
 */
export function canaryDoubts(canary: CanaryCounts | undefined): readonly Doubt[] {
  if (!canary) return []
  const [{ eligible, fired } = emptyTally()] = Object.values(canary.tallies)
  const { operations, wire } = canary.all
  if (fired > 0 && fired === eligible && wire.bytesReceived === 0) return []
  const detail = `a fault on every exchange fired ${fired} times of ${eligible}; ${operations.ok} operations succeeded, ${operations.failed} failed`
  return [doubt('fault-path-dead', detail, ['everything under a fault'])]
}

/** What there is to distrust in the run as a whole. */
export function runDoubts(
  measurements: Measurements,
  windows: WindowSummary,
  {
    memoryCeiling,
    stressed,
    rounds,
  }: { readonly memoryCeiling: boolean; readonly stressed: boolean; readonly rounds: number },
): readonly Doubt[] {
  const { processes, memoryMissing, arms } = measurements
  const hasStats = [...arms.values()].some(({ server }) => server !== null)
  // A sample may miss a process that just ended; a window without any is a gap.
  const gap = windows.withoutMemory > 0 && memoryMissing.count > 0
  const unread = memoryCeiling && stressed && (windows.firstMemoryKb === null || gap)
  return [
    ...(unread
      ? [
          doubt(
            'memory-unreadable',
            `the target's memory could not be read: ${memoryMissing.detail ?? 'no sample was taken'}`,
            ['rssDeltaKb'],
          ),
        ]
      : []),
    ...(hasStats || arms.size === 0
      ? []
      : [doubt('no-stats', 'the target has no count of its own to hold ours against', ['attempts'])]),
    ...processes
      .filter(({ saturatedShare }) => saturatedShare > saturatedSlices)
      .map(({ role, busyShare, lateShare }) =>
        doubt(
          role === 'relay' ? 'relay-saturated' : 'generator-saturated',
          [
            ...(busyShare > 0 ? [`it used over 85 % of a core in ${percent(busyShare)} of its slices`] : []),
            ...(lateShare > 0
              ? [
                  `its event loop was late (p99 over 1 ms and a tenth of the latency) in ${percent(lateShare)} of its slices`,
                ]
              : []),
          ].join(', and '),
          ['throughput', 'latency comparisons'],
        ),
      ),
    ...(rounds === 1
      ? [doubt('one-round', 'one round shows differences, but cannot decide about them', ['comparisons'])]
      : []),
  ]
}
