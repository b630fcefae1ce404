import type { Result } from '../archive/result.ts'
import type { ResultAdjusted, ResultStrengthStep, ResultStrengthTrial, ResultTolerance } from '../archive/tune.ts'
import { strengthText } from '../measure/strength-unit.ts'
import { shortNumber } from './format.ts'
import type { Section, SectionTable } from './section.ts'

type Strength = ResultTolerance | ResultAdjusted

/** How strong a policy may be, in a few words. */
export function toleranceText(one: ResultTolerance): string {
  const { policy, parameter, kind, unit, holds, breaks } = one
  const [held, broken] = [holds, breaks].map((value) => (value === null ? '' : strengthText(unit, value)))
  const found = {
    found: `holds at ${held}, breaks at ${broken}`,
    holds: `holds up to ${held}, the most that was tried`,
    breaks: `breaks at ${broken} already, the least that was tried`,
    unclear: 'unclear',
  }[kind]
  return `${policy}: ${parameter} ${found}`
}

/** What all policies may be, in a few words. */
export function tolerancesText(tolerance: readonly ResultTolerance[]): string {
  const [first, ...others] = tolerance
  if (first && others.length === 0) return `tolerance of ${toleranceText(first)}`
  return `tolerance of ${tolerance.length} policies measured`
}

/** How strong each policy may be before the target leaves its bounds, and the strengths that were tried. */
export function toleranceSections({ tolerance = [] }: Result): readonly Section[] {
  if (tolerance.length === 0) return []
  return [
    {
      title: 'tolerance (decides nothing)',
      lines: tolerance.flatMap(({ policy, doubts }) => doubts.map((text) => `${policy}: ${text}`)),
      table: {
        head: ['policy', 'strength', 'profile', 'holds', 'breaks', 'first to break', 'bounds'],
        rows: tolerance.map((one) => [
          one.policy,
          one.parameter,
          ...[one.from, one.holds, one.breaks].map((value) => (value === null ? '—' : strengthText(one.unit, value))),
          one.boundsBroken.join(', '),
          one.bounds.join(', '),
        ]),
        numeric: [2, 3, 4],
      },
    },
    { title: 'strengths that were tried', lines: [], table: stepsOf(tolerance) },
  ]
}

/** Policies that were made weaker, or could not be. */
export function adjustedSections({ adjusted = [] }: Result): readonly Section[] {
  if (adjusted.length === 0) return []
  return [{ title: 'adjusted policies', lines: adjusted.flatMap(adjustedLines), table: stepsOf(adjusted) }]
}

function adjustedLines({ policy, parameter, unit, from, to, whyNone, measured, written }: ResultAdjusted): string[] {
  if (to === null) return [`${policy}: not adjusted, ${whyNone ?? 'for no reason that is known'}`]
  const texts = Object.entries(written).map(([pointer, value]) => `${pointer}: ${JSON.stringify(value)}`)
  return [
    `${policy}: ${parameter} ${strengthText(unit, from)} -> ${strengthText(unit, to)}`,
    ...measured
      .filter(({ held }) => !held)
      .map(
        ({ value }) =>
          `at ${strengthText(unit, value)} it held in trials, and not where it was measured as policies are`,
      ),
    `to keep it, write into the profile ${texts.join(', ')}`,
  ]
}

/** The adjusted policies in a few words, to stand after the verdict; empty where there are none. */
export function adjustedText({ adjusted = [] }: Pick<Result, 'adjusted'>): string {
  const made = adjusted.filter(({ to }) => to !== null)
  if (made.length === 0) return ''
  const texts = made.map(
    ({ parameter, unit, from, to }) => `${parameter} ${strengthText(unit, from)} -> ${strengthText(unit, to ?? from)}`,
  )
  return ` with ${made.length} ${made.length === 1 ? 'policy' : 'policies'} adjusted: ${texts.join(', ')}`
}

function stepsOf(strengths: readonly Strength[]): SectionTable {
  return {
    head: ['policy', 'strength', '', 'held', 'p50 ms', 'p99 ms', 'failed', 'of', 'baseline p50 ms'],
    rows: strengths.flatMap((one) =>
      one.steps
        .toSorted((a, b) => (one.harder === 'more' ? a.value - b.value : b.value - a.value))
        .flatMap((step) => step.trials.map((trial, index) => rowOf(one, step, trial, index === 0))),
    ),
    numeric: [1, 3, 4, 5, 6, 7, 8],
  }
}

function rowOf(one: Strength, step: ResultStrengthStep, trial: ResultStrengthTrial, first: boolean): string[] {
  const { ok, failed, p50, p99, baselineP50 } = trial
  return [
    first ? one.policy : '',
    first ? strengthText(one.unit, step.value) : '',
    first ? (step.verdict ?? 'undecided') : '',
    first ? `${step.held} of ${step.of}` : '',
    shortNumber(p50),
    shortNumber(p99),
    shortNumber(failed),
    shortNumber(ok + failed),
    shortNumber(baselineP50),
  ]
}
