import { newestPassing } from '../archive/list.ts'
import type { ArchivedResult } from '../archive/read.ts'
import type { Result, ResultComparison } from '../archive/result.ts'
import { compareResults } from '../compare/compare.ts'
import type { ComparisonRow } from '../compare/comparison.ts'
import { isSoakrigError, messageOf } from '../kernel/errors.ts'
import { significant } from '../kernel/units.ts'
import type { RunOptions } from './options.ts'

/** The arms whose differences to a reference are worth a line: the run as a whole, and the target undisturbed. */
const scopes = ['run', 'baseline/baseline-direct']

/** The archived result that a run is compared with, or why there is none. */
export type Reference = { readonly found: ArchivedResult } | { readonly whyNone: string }

/** Looks for the newest passing result that is comparable with a run. */
export async function findReference(
  { plan: { profile }, kind, resultsDir }: Pick<RunOptions, 'plan' | 'kind' | 'resultsDir'>,
  { hostFingerprint, profileFingerprint }: Result['env'],
): Promise<Reference> {
  const wish = { resultsDir, profile: profile.name, mode: profile.mode.name, kind, hostFingerprint, profileFingerprint }
  return newestPassing(wish).catch((error: unknown) => ({ whyNone: messageOf(error) }))
}

/** Adds to a result its differences to its reference, or why there is none. They are shown with their spread. */
export function withReference(result: Result, reference: Reference): Result {
  const nothing = { id: null, file: null, sha256: null }
  if ('whyNone' in reference) return { ...result, reference: { ...nothing, whyNone: reference.whyNone } }
  const { found } = reference
  const { id } = found.result.run
  const differences = rowsOf(found, result)
    .filter(({ scope, ratio }) => scopes.includes(scope) && ratio !== null)
    .map((row) => differenceOf(row, id, result.plan.rounds))
  return {
    ...result,
    comparisons: [...result.comparisons, ...differences],
    reference: { id, file: found.file, sha256: found.sha256, whyNone: null },
  }
}

/** No rows where the two have nothing in common, such as a run that was ended at its start. */
function rowsOf(found: ArchivedResult, result: Result): readonly ComparisonRow[] {
  try {
    return compareResults(found, { result, sha256: '' }).rows
  } catch (error) {
    if (isSoakrigError(error)) return []
    throw error
  }
}

function differenceOf(row: ComparisonRow, id: string, rounds: number): ResultComparison {
  const { scope, metric, unit, better, base, next, ratio, spread } = row
  const spreads = [spread.base, spread.next].filter((value) => value !== null)
  return {
    policy: scope,
    against: `reference ${id}`,
    metric,
    unit,
    rounds,
    base,
    value: next,
    logRatio: ratio === null || ratio <= 0 ? null : significant((better === 'less' ? 1 : -1) * Math.log(ratio)),
    spread: spreads.length === 0 ? null : significant(Math.max(...spreads)),
    ...undecided,
  }
}

/** What every comparison says of itself until there is a calibrated ruler to hold it to. */
export const undecided = {
  interval: null,
  p: null,
  margin: null,
  floor: null,
  mde: null,
  verdict: 'inconclusive',
  ruler: 'none: differences decide nothing before they are calibrated',
} as const
