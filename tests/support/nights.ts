import { stampOf } from '../../harness/archive/names.ts'
import type { Result } from '../../harness/archive/result.ts'
import { type Night, nightOf } from '../../harness/compare/history/night.ts'
import { createRng } from '../../harness/kernel/rng.ts'
import { exampleResult, type Mutable } from '../fixtures/results/example.ts'

/** Change that a test makes to the result of one night. */
export type NightChange = (result: Mutable<Result>, night: number) => void

/** When a night's run started. */
export function nightDate(night: number): Date {
  return new Date(Date.UTC(2026, 0, 1 + night, 3))
}

/** The name of a night's result file. */
export function nightName(night: number): string {
  return `${stampOf(nightDate(night))}-smoke-n${String(night).padStart(4, '0')}.json`
}

/**
 * Results of night after night from the example: every comparison and every figure of the run that is not nothing has noise
 * of its own (1 %), all by the seed; then the change.
 */
export function nightlyResults(count: number, seed: string, change: NightChange = () => {}): Mutable<Result>[] {
  return Array.from({ length: count }, (_, night) => {
    const result = exampleResult()
    const rng = createRng(seed).fork(night)
    // The sum of twelve uniform numbers is nearly normal.
    const noise = (): number =>
      0.01 * Array.from({ length: 12 }, () => rng.next() - 0.5).reduce((sum, one) => sum + one, 0)
    const date = nightDate(night).toISOString()
    Object.assign(result.run, { id: `n${night}`, startedAt: date, finishedAt: date })
    for (const comparison of result.comparisons) comparison.logRatio = (comparison.logRatio ?? 0) + noise()
    const { metrics } = result
    const { latencyMs } = metrics
    metrics.requestsPerSecond = 20_000 * (1 + noise())
    metrics.cpuUsPerRequest = 50 * (1 + noise())
    metrics.rssDeltaKb = Math.round(500 * (1 + noise()))
    for (const percentile of ['p50', 'p90', 'p99'] as const)
      latencyMs[percentile] = latencyMs[percentile]! * (1 + noise())
    change(result, night)
    return result
  })
}

/** The same as a history takes them. */
export function nightly(count: number, seed: string, change?: NightChange): Night[] {
  return nightlyResults(count, seed, change).map((result, night) => {
    const made = nightOf(result, nightName(night))
    if ('why' in made) throw new Error(made.why)
    return made
  })
}
