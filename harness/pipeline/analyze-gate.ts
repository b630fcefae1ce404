import { contentHash } from '../archive/calibration-file.ts'
import type { ResultGate } from '../archive/gate.ts'
import type { Result, ResultSlice } from '../archive/result.ts'
import { rounded } from '../archive/text.ts'
import { driftDoubts } from '../judge/calibration/drift.ts'
import { decideGate, gateDoubts } from '../judge/gate-answer.ts'
import type { PairedAnswer } from '../judge/paired/decide.ts'
import { jsonDifferences } from '../kernel/json-differences.ts'
import { nsPerMs } from '../kernel/units.ts'
import type { ResultDifference } from '../judge/trace/analyze.ts'
import type { Doubt } from '../measure/doubts.ts'
import type { SliceSummary } from '../measure/measurements.ts'
import { resultComparison, resultGate } from './gate.ts'

/** What the gate of an archived result comes to by its slices. */
export interface GateAgain {
  readonly answer: PairedAnswer
  /** Empty for a run that was ended early. */
  readonly doubts: readonly Doubt[]
  readonly differences: readonly ResultDifference[]
}

/** Decides the gate of an archived result once more; null where it has none. */
export function decideGateAgain({ run, gate, slices, comparisons, phases }: Result): GateAgain | null {
  if (gate === undefined) return null
  const { looks, pairings, controls, yardstick, calibration, unclearNights: nights = [] } = gate
  const held = { plan: { looks, pairings, controls, yardstick }, calibration, nights }
  const kinds = new Map(phases.map(({ id, kind }) => [id, kind]))
  const summaries = slices.map((slice) => summaryOf(slice, kinds.get(slice.phase) ?? 'policy'))
  const answer = decideGate(held, summaries)
  const whole = run.abortedBy === null
  const again = { gate: resultGate(held, answer), comparisons: answer.comparisons.map(resultComparison) }
  return {
    answer,
    doubts: whole ? [...gateDoubts(held, answer, run.mode === 'long'), ...driftDoubts(held, summaries)] : [],
    differences: [
      ...differencesOf(gate, again.gate, '/gate'),
      ...comparisonDifferences(comparisons, again.comparisons),
      ...rulerDifferences(gate),
    ],
  }
}

/** A slice of a result as it was when it was measured: what was rounded stays so. */
function summaryOf(slice: ResultSlice, phaseKind: SliceSummary['identity']['phaseKind']): SliceSummary {
  const { round, order, group = null, phase, arm: kind, policy, path, use, startMs, durationMs, ok, failed } = slice
  return {
    round,
    order,
    group,
    identity: { id: `${phase}/${kind}-${path}`, phase, phaseKind, kind, path, policy },
    use,
    startNs: startMs * nsPerMs,
    durationNs: durationMs * nsPerMs,
    ok,
    failed,
    p50Ms: slice.p50,
    p95Ms: slice.p95,
    p99Ms: slice.p99,
    slow: slice.slow,
    targetCpuMs: slice.cpuMs,
    rssKb: slice.rssKb ?? null,
    heapKb: slice.heapKb ?? null,
  }
}

/** What a result says, against the same as it would be written again: a pointer for each value that is another. */
export function differencesOf(recorded: unknown, found: unknown, where: string): readonly ResultDifference[] {
  return jsonDifferences(recorded, JSON.parse(JSON.stringify(rounded(found))), where).map(({ left, right, ...at }) => ({
    ...at,
    recorded: left,
    found: right,
  }))
}

function comparisonDifferences(
  recorded: Result['comparisons'],
  found: Result['comparisons'],
): readonly ResultDifference[] {
  // Others than the gate's say of none of theirs whether it may fail the run.
  const own = [...recorded.entries()].filter(([, { gated }]) => gated !== undefined)
  const most = Math.max(own.length, found.length)
  return Array.from({ length: most }, (_, index) => {
    const [at, one] = own[index] ?? [recorded.length, null]
    return differencesOf(one, found[index] ?? null, `/comparisons/${at}`)
  }).flat()
}

/** A calibration is named by what is in it. */
function rulerDifferences({ calibration }: ResultGate): readonly ResultDifference[] {
  return (['process', 'build'] as const).flatMap((kinship) => {
    const known = calibration[kinship]
    if (known === null) return []
    const { name, ...content } = known
    return differencesOf(name, contentHash(content), `/gate/calibration/${kinship}/name`)
  })
}
