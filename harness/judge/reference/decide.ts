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
import { isCalibrated, isLacking, leastHistory, type Spread, spreadOf } from './spread.ts'
import { type Undecided, whyOf } from './why.ts'

/**
 * Holds a run against former ones: each figure against the median of theirs, by Student's test, one-sided. Of the family
 * together a healthy run fails once in a hundred (Holm). A figure of the family that former runs have so that it could be
 * decided, and that is not, leaves the run without an answer; but for what its plan left out, since chance draws that, and
 * every night would be without one: of that it is told that nothing is decided. The values are rounded as a result has them,
 * so that the archived ones come to the same.
 */
export function decideReference(run: ReferenceCase): ReferenceAnswer {
  const { own, references } = run
  const former = formerFigures(references, run.history)
  const missing = missingIn(own, references)
  const candidates = candidatesOf([...own, ...missing])
  const family = candidates.slice(0, mostInFamily)
  const outcomes = [
    ...own.map((one) => outcomeOf(run, one, former(one), family.includes(one))),
    ...missing.map((one) => lossOf(run, one, former(one), family.includes(one))),
  ]
  const tested = outcomes.flatMap((one) => one.tested ?? [])
  const undecided = outcomes.flatMap((one) => one.undecided ?? [])
  const known = new Set(missing.map(estimandKey))
  const absent = run.absent.filter((one) => !known.has(estimandKey(one)))
  const notCompared = [
    ...outcomes.flatMap((one) => one.notCompared ?? []),
    ...absent.map((one) => notComparedOf(one, one.why, false)),
  ]
  const comparisons = judged(tested)
  const verdict = verdictOf(comparisons, notCompared)
  const beyond = candidates.slice(mostInFamily).filter((one) => own.includes(one))
  return { verdict, why: whyOf(verdict, run, { tested, beyond, undecided, notCompared }), comparisons, notCompared }
}

/** What becomes of a figure: it is compared, or it is not, and then that may be worth a word in the answer. */
interface Outcome {
  readonly tested?: Tested
  readonly notCompared?: NotCompared
  readonly undecided?: Undecided
}

function outcomeOf(run: ReferenceCase, own: Estimand, there: Counterparts, inFamily: boolean): Outcome {
  const alike = alikeOf(own, there)
  const spread = rounded(spreadOf(own, alike, run.calibration))
  const lost = spread === null && isLost(run, own, there, inFamily)
  const apart = whyNotCompared(own, there, alike, run.sameHost)
  if (apart === null && !lost) return { tested: testOf(run, own, { ...alike, spread }, inFamily) }
  const why = apart ?? whyUnlike(own, there, alike)
  const lacking = mayFail(run, inFamily) && isLacking(there)
  return { notCompared: notComparedOf(own, why, lost), ...(lacking && { undecided: { figure: own, why } }) }
}

/** What becomes of a figure that a run lacks and former ones have. */
function lossOf(run: ReferenceCase, one: Estimand, there: Counterparts, inFamily: boolean): Outcome {
  const left = run.leftOut.find(({ phase }) => one.scope.startsWith(`${phase}/`))
  const absent = run.absent.find((other) => estimandKey(other) === estimandKey(one))
  const why = (left ?? absent)?.why ?? 'measured in the reference only'
  const lost = isLost(run, one, there, inFamily)
  return {
    notCompared: notComparedOf(one, why, lost && left === undefined),
    ...(lost && left && { undecided: { figure: one, why } }),
  }
}

function mayFail({ advisory, sameHost }: ReferenceCase, inFamily: boolean): boolean {
  return inFamily && advisory === null && sameHost
}

/** Whether a figure might have failed a run, as far as former ones tell it. */
function isLost(run: ReferenceCase, one: Estimand, there: Counterparts, inFamily: boolean): boolean {
  return mayFail(run, inFamily) && spreadOf(one, there, run.calibration) !== null
}

function notComparedOf(one: EstimandName, why: string, gated: boolean): NotCompared {
  return { what: nameOf(one), why, ...(gated && { gated }) }
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
