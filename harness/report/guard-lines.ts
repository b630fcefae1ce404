import type { Result, ResultGuard } from '../archive/result.ts'
import { duration, percent } from './format.ts'

/** The guards of a run that say something: a failure budget, and whatever has ended the run. */
export function guardLines({ guards }: Result): string[] {
  return guards.filter(({ kind, state }) => kind === 'failure-budget' || state === 'tripped').map(guardLine)
}

function guardLine({ kind, state, atMs, ...guard }: ResultGuard): string {
  const when = atMs === null ? '' : ` at ${duration(atMs)}`
  return `${kind} ${state}${when}: ${guard.unit === 'ms' ? timeOf(guard) : shareOf(guard)}`
}

function timeOf({ worst, settings }: Pick<ResultGuard, 'worst' | 'settings'>): string {
  return `the run took ${duration(worst ?? 0)}, allowed: ${duration(Number(settings['limitMs']))}`
}

function shareOf({ worst, samples, settings }: Pick<ResultGuard, 'worst' | 'samples' | 'settings'>): string {
  const { of = 'operations', threshold = 0, windowMs = 0, minSamples = 0 } = settings
  const within = `in ${duration(Number(windowMs))}`
  if (worst === null || samples === null) return `never ${minSamples} ${of} ${within}`
  return `at most ${percent(worst)} of ${samples} ${of} failed ${within}, allowed: ${percent(Number(threshold))}`
}
