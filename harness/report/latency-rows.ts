import type { ResultArm } from '../archive/result.ts'
import { shortNumber } from './format.ts'

type Figure = Exclude<keyof ResultArm['latencyMs'], 'count'>

const names: Readonly<Record<Figure, string>> = {
  min: 'min',
  mean: 'mean',
  p50: 'p50',
  p90: 'p90',
  p95: 'p95',
  p99: 'p99',
  p999: 'p99.9',
  max: 'max',
}

/** The heads of columns of these figures. */
export function latencyHead(figures: readonly Figure[]): string[] {
  return figures.map((figure) => names[figure])
}

/**
 * What a caller waited for, a row each: the label, then the figures in ms. Without a schedule there is no intended start,
 * and service time is all there is to tell.
 */
export function latencyRows(arm: ResultArm, figures: readonly Figure[]): string[][] {
  return [
    ...row('from intended start (corrected)', arm.correctedLatencyMs, figures),
    ...row('from send (service time)', arm.latencyMs, figures),
    ...row('send lateness', arm.sendLatenessMs, figures),
  ]
}

/** What a caller's wait is made of, as far as there was any of it. */
export function partRows(arm: ResultArm, figures: readonly Figure[]): string[][] {
  return [
    ...row('waiting for a connection', arm.queueMs, figures),
    ...row('to connect', arm.connectMs, figures),
    ...row('to the first byte', arm.firstByteMs, figures),
  ]
}

function row(label: string, summary: ResultArm['latencyMs'] | null, figures: readonly Figure[]): string[][] {
  if (summary === null || summary.count === 0) return []
  return [[label, ...figures.map((figure) => shortNumber(summary[figure]))]]
}
