import type { Problem } from '../../kernel/errors.ts'
import { found, isRecord, step } from '../../kernel/json.ts'
import { quoted } from '../../kernel/suggest.ts'
import { durationNs } from '../../kernel/units.ts'
import { budgetProblems } from '../budget/budget.ts'
import { optionOf, parseStrategy, type RawDelays, type RawRetry, withPreset } from './settings.ts'

const ofDelays = ['baseDelay', 'maxDelay', 'factor', 'jitter', 'strategies', 'explore', 'exploreShare']
/** What is about repetitions, of which there may be none. */
const ofRepetitions = ['maxCalls', 'budgets', 'retryOn', 'retryAfter', 'deadline', 'nonIdempotent', 'budget']

/** The keys of delays that each strategy looks at. */
const used: Readonly<Record<string, readonly string[]>> = {
  none: [],
  fixed: ['baseDelay', 'maxDelay', 'jitter'],
  linear: ['baseDelay', 'maxDelay', 'jitter'],
  exponential: ['baseDelay', 'maxDelay', 'factor', 'jitter'],
  adaptive: ['baseDelay', 'maxDelay', 'factor', 'jitter'],
  fullJitter: ['baseDelay', 'maxDelay', 'factor'],
  equalJitter: ['baseDelay', 'maxDelay', 'factor'],
  decorrelatedJitter: ['baseDelay', 'maxDelay'],
  selecting: ofDelays,
}

/** What the schema cannot say of a retry that it let pass, that of a client or of a request. */
export function retryProblems(raw: unknown, where: string): readonly Problem[] {
  if (!isRecord(raw)) return []
  const given = raw as RawRetry
  const { budget, budgets, deadline } = given
  return [
    ...delayProblems(withPreset(given), given, where),
    ...(budgets === undefined
      ? []
      : besideBudgets(given).map((key) => ({
          where: `${where}/${key}`,
          message: `found ${key} beside budgets, allowed: one of them`,
        }))),
    ...(deadline !== undefined && durationNs(deadline) === 0
      ? [{ where: `${where}/deadline`, message: 'found no time at all, allowed: more than 0' }]
      : []),
    ...(budget === undefined ? [] : budgetProblems(budget, `${where}/budget`)),
  ]
}

function besideBudgets(given: RawRetry): readonly ('maxCalls' | 'retryOn')[] {
  return (['maxCalls', 'retryOn'] as const).filter((key) => given[key] !== undefined)
}

function delayProblems(given: RawRetry, written: RawRetry, where: string): Problem[] {
  const { strategy = 'exponential', strategies } = given
  const unused = unusedKeys(written, strategy, where)
  if (strategy !== 'selecting') return [...unused, ...boundProblems(given, strategy, where)]
  const options = strategies ?? []
  return [
    ...unused,
    ...boundProblems(given, strategy, where),
    ...options.flatMap((option, index) => {
      const at = `${where}/strategies/${index}`
      const { strategy: own = 'exponential' } = option
      return [...unusedKeys(option, own, at), ...boundProblems(optionOf(given, option), own, at)]
    }),
  ]
}

function unusedKeys(written: RawDelays, strategy: string, where: string): Problem[] {
  const allowed = used[strategy] ?? []
  const unused = (key: string): boolean =>
    ofDelays.includes(key) ? !allowed.includes(key) : strategy === 'none' && ofRepetitions.includes(key)
  return Object.keys(written)
    .filter(unused)
    .map((key) => ({
      where: where + step(key),
      message: `found ${key}, which ${strategy} has no use for, allowed: ${allowed.length === 0 ? 'none' : quoted(allowed)}`,
    }))
}

function boundProblems(given: RawDelays, strategy: string, where: string): Problem[] {
  if (strategy === 'none') return []
  const { baseDelayNs, maxDelayNs } = parseStrategy(given)
  if (baseDelayNs === 0 && strategy !== 'fixed')
    return [
      { where: `${where}/baseDelay`, message: 'found no time at all, allowed: more than 0, or the strategy fixed' },
    ]
  if (maxDelayNs >= baseDelayNs) return []
  const { baseDelay = '50ms', maxDelay = '30s' } = given
  return [
    {
      where: `${where}/${given.maxDelay === undefined ? 'baseDelay' : 'maxDelay'}`,
      message: `found a longest delay of ${found(maxDelay)} under a first one of ${found(baseDelay)}, allowed: one that is no shorter`,
    },
  ]
}
