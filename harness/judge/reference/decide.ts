import { significant } from '../../kernel/units.ts'
import { studentCdf } from '../stats/distributions.ts'
import { medianOf } from '../stats/median.ts'
import { aloneOf } from './alone.ts'
import type { NotCompared, ReferenceAnswer, ReferenceCase } from './case.ts'
import { type ReferenceComparison, judged, type Tested } from './comparison.ts'
import {
  alikeOf,
  type Counterparts,
  formerFigures,
  missingIn,
  nameOf,
  whyNotCompared,
  whyUnlike,
} from './counterparts.ts'
import { candidatesOf, type Estimand, estimandKey, type EstimandName, mostInFamily } from './estimand.ts'
import { isCalibrated, leastHistory, type Spread, spreadOf } from './spread.ts'
import { whyOf } from './why.ts'

/**
 * Holds a run against former ones: each figure against the median of theirs, by Student's test, one-sided. Of the family
 * together a healthy run fails once in a hundred (Holm). A figure of the family that former runs have so that it could be
 * decided, and that is not, leaves the run without an answer. The values are rounded as a result has them, so that the
 * archived ones come to the same.
 */
export function decideReference(run: ReferenceCase): ReferenceAnswer {
  const { own, references } = run
  const former = formerFigures(references, run.history)
  const missing = missingIn(own, references)
  const candidates = candidatesOf([...own, ...missing])
  const family = candidates.slice(0, mostInFamily)
  const isLost = (one: Estimand, there: Counterparts): boolean =>
    run.advisory === null && run.sameHost && family.includes(one) && spreadOf(one, there, run.calibration) !== null
  const tested: Tested[] = []
  const notCompared: NotCompared[] = []
  const pass = (one: EstimandName, why: string, gated: boolean): void =>
    void notCompared.push({ what: nameOf(one), why, ...(gated && { gated }) })
  for (const estimand of own) {
    const there = former(estimand)
    const alike = alikeOf(estimand, there)
    const spread = rounded(spreadOf(estimand, alike, run.calibration))
    const lost = spread === null && isLost(estimand, there)
    const why = whyNotCompared(estimand, there, alike, run.sameHost)
    if (why !== null || lost) pass(estimand, why ?? whyUnlike(estimand, there, alike), lost)
    else tested.push(testOf(run, estimand, { ...alike, spread }, family.includes(estimand)))
  }
  const reasons = new Map(run.absent.map((one) => [estimandKey(one), one.why]))
  for (const estimand of missing)
    pass(
      estimand,
      reasons.get(estimandKey(estimand)) ?? 'measured in the reference only',
      isLost(estimand, former(estimand)),
    )
  const known = new Set(missing.map(estimandKey))
  for (const one of run.absent) if (!known.has(estimandKey(one))) pass(one, one.why, false)
  const comparisons = judged(tested)
  const verdict = verdictOf(comparisons, notCompared)
  const beyond = candidates.slice(mostInFamily).filter((one) => own.includes(one))
  return { verdict, why: whyOf(verdict, run, { tested, beyond, notCompared }), comparisons, notCompared }
}

function testOf(
  run: ReferenceCase,
  own: Estimand,
  { references, nights, spread }: Counterparts & { readonly spread: Spread | null },
  inFamily: boolean,
): Tested {
  const reference = significant(medianOf(references.map(({ value }) => value)))
  const estimate = significant(own.value - reference)
  const few = `${isCalibrated(own) ? 'uncalibrated, and ' : ''}${nights.length} of ${leastHistory} results that tell what is chance`
  return {
    own,
    references,
    reference,
    estimate,
    alone: aloneOf(own, references, spread),
    spread,
    p: spread === null ? null : chanceOf(estimate, spread),
    advisory: run.advisory ?? (run.sameHost ? (spread === null ? few : null) : 'measured on different hosts'),
    inFamily,
  }
}

function rounded(spread: Spread | null): Spread | null {
  return spread && { ...spread, error: significant(spread.error), freedom: significant(spread.freedom) }
}

/** Of results that are all the same any change is sure; the floor says whether it matters. */
function chanceOf(estimate: number, { error, freedom }: Spread): number {
  if (error === 0) return estimate > 0 ? 0 : 1
  return significant(studentCdf(-estimate / error, freedom))
}

function verdictOf(
  comparisons: readonly ReferenceComparison[],
  notCompared: readonly NotCompared[],
): ReferenceAnswer['verdict'] {
  const verdicts = comparisons.filter(({ gated }) => gated).map(({ verdict }) => verdict)
  if (verdicts.includes('fail')) return 'fail'
  if (verdicts.includes('inconclusive') || notCompared.some(({ gated }) => gated === true)) return 'inconclusive'
  return verdicts.length === 0 ? 'undecided' : 'pass'
}
