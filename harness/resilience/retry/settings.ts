import { durationNs, shareOf } from '../../kernel/units.ts'
import { type BudgetSettings, parseBudget } from '../budget/budget.ts'
import { failureClassOf, transientStatuses } from '../classify.ts'
import { type ErrorClass, errorClasses, failure } from '../outcome.ts'
import { presets } from './schema.ts'
import type { SelectingSettings, StrategyName, StrategySettings } from './strategies.ts'

/** How often a failed attempt of one operation is repeated: by calls, or by the class of its failure. */
export type RetryLimits =
  | { readonly kind: 'calls'; readonly maxCalls: number }
  | { readonly kind: 'classes'; readonly transient: number; readonly flaky: number; readonly permanent: number }

/** When and how often a failed attempt is repeated. */
export interface RetryRules {
  readonly delays: StrategySettings | SelectingSettings
  readonly limits: RetryLimits
  /** What is tried again where calls are the limit. */
  readonly retryOn: { readonly statuses: readonly number[]; readonly classes: readonly ErrorClass[] }
  readonly retryAfter: 'capped' | 'always' | 'ignore'
  /** From the begin of the operation; null for none. */
  readonly deadlineNs: number | null
  readonly nonIdempotent: boolean
}

/** The retry of a client. */
export interface RetrySettings extends RetryRules {
  readonly budget: BudgetSettings | null
  /** By name of a request: what stands in place of the client's rules; null for no repetition. */
  readonly requests: Readonly<Record<string, RetryRules | null>>
}

/** The delays of a strategy in the form of a profile. */
export interface RawDelays {
  readonly strategy?: string
  readonly baseDelay?: string
  readonly maxDelay?: string
  readonly factor?: number
  readonly jitter?: string | number
}

/** A retry in the form of a profile. */
export interface RawRetry extends RawDelays {
  readonly preset?: keyof typeof presets
  readonly maxCalls?: number
  readonly budgets?: Partial<Readonly<Record<'transient' | 'flaky' | 'permanent', number>>>
  readonly strategies?: readonly RawDelays[]
  readonly explore?: number
  readonly exploreShare?: string | number
  readonly retryOn?: readonly (number | ErrorClass)[]
  readonly retryAfter?: RetryRules['retryAfter']
  readonly deadline?: string
  readonly nonIdempotent?: boolean
  readonly budget?: unknown
}

/** Failures without a status that are repeated where a profile names none: among them all that faults on the way cause. */
export const transientClasses: readonly ErrorClass[] = errorClasses.filter(
  (error) => error !== 'status' && failureClassOf(failure(error)) === 'transient',
)

/** What selecting chooses among by default: those of SysManage's retry manager. */
const usualStrategies: readonly RawDelays[] = [
  { strategy: 'exponential' },
  { strategy: 'linear' },
  { strategy: 'adaptive' },
]

/** Reads a retry without problems. */
export function parseRetry(raw: unknown): RetrySettings {
  const { budget } = raw as RawRetry
  return {
    ...parseRules(raw),
    budget: budget === undefined ? null : parseBudget(budget),
    requests: {},
  }
}

/** Reads the rules of a retry without problems, those of one request among them. */
export function parseRules(raw: unknown): RetryRules {
  const given = withPreset(raw as RawRetry)
  const { retryAfter = 'capped', deadline, nonIdempotent = false, retryOn } = given
  return {
    delays: parseDelays(given),
    limits: parseLimits(given),
    retryOn: parseRetryOn(retryOn),
    retryAfter,
    deadlineNs: deadline === undefined ? null : durationNs(deadline),
    nonIdempotent,
  }
}

/** A retry with what its preset says of the keys that it has not. */
export function withPreset(given: RawRetry): RawRetry {
  return given.preset === undefined ? given : { ...presets[given.preset], ...given }
}

function parseDelays(given: RawRetry): RetryRules['delays'] {
  if (given.strategy !== 'selecting') return parseStrategy(given)
  const { strategies: listed = usualStrategies, explore = 10, exploreShare = 0.05 } = given
  const options = listed.map((one) => parseStrategy(optionOf(given, one)))
  const maxDelayNs = Math.max(...options.map((option) => option.maxDelayNs))
  return { strategy: 'selecting', options, maxDelayNs, explore, exploreShare: shareOf(exploreShare) }
}

/** One of the strategies to choose among, with the keys around it that it has not. */
export function optionOf({ baseDelay, maxDelay, factor, jitter }: RawRetry, option: RawDelays): RawDelays {
  const around = Object.entries({ baseDelay, maxDelay, factor, jitter }).filter(([, value]) => value !== undefined)
  return { ...Object.fromEntries(around), ...option }
}

/** The delays of one strategy, with the defaults. */
export function parseStrategy({
  strategy = 'exponential',
  baseDelay = '50ms',
  maxDelay = '30s',
  factor = 2,
  jitter = strategy === 'adaptive' ? 0.05 : 0,
}: RawDelays): StrategySettings {
  return {
    strategy: strategy as StrategyName,
    baseDelayNs: durationNs(baseDelay),
    maxDelayNs: durationNs(maxDelay),
    factor,
    jitter: shareOf(jitter),
  }
}

function parseLimits({ strategy, maxCalls = 3, budgets }: RawRetry): RetryLimits {
  if (strategy === 'none') return { kind: 'calls', maxCalls: 1 }
  if (budgets === undefined) return { kind: 'calls', maxCalls }
  const { transient = 5, flaky = 2, permanent = 0 } = budgets
  return { kind: 'classes', transient, flaky, permanent }
}

/** Statuses stand for the usual ones; where classes are named only those are meant. */
function parseRetryOn(retryOn: RawRetry['retryOn']): RetryRules['retryOn'] {
  if (retryOn === undefined) return { statuses: transientStatuses, classes: transientClasses }
  const classes = retryOn.filter((one) => typeof one === 'string')
  return {
    statuses: retryOn.filter((one) => typeof one === 'number'),
    classes: classes.length > 0 ? classes : transientClasses,
  }
}
