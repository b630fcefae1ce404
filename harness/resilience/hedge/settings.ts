import type { Problem } from '../../kernel/errors.ts'
import { type JsonSchema, objectSchema, quantitySchema } from '../../kernel/json-schema.ts'
import { durationNs, parseQuantity } from '../../kernel/units.ts'
import { budgetProblems, budgetSchema, type BudgetSettings, parseBudget } from '../budget/budget.ts'

/** When, and how many. */
export interface HedgeSettings {
  /** How long an attempt is waited for before the next one starts beside it; 0: they start together. */
  readonly delay: HedgeDelay
  /** Attempts besides the first. */
  readonly maxHedges: number
  /** Null for as many as that allows. */
  readonly budget: BudgetSettings | null
}

export type HedgeDelay =
  | { readonly kind: 'fixed'; readonly delayNs: number }
  /** A percentile of how long the client's own first attempts took of late; never less than `leastNs`. */
  | { readonly kind: 'percentile'; readonly percent: number; readonly leastNs: number }

interface RawHedge {
  readonly delay: string
  readonly minDelay?: string
  readonly maxHedges?: number
  readonly budget?: unknown
}

const percentilePattern = /^p(\d{1,2}(?:\.\d{1,3})?)$/u

const { pattern: durationPattern } = quantitySchema('duration', '')

export const hedgeSchema: JsonSchema = objectSchema(
  {
    delay: {
      title: 'a duration, or a percentile below p100',
      type: 'string',
      pattern: `${String(durationPattern)}|${percentilePattern.source}`,
      description:
        'how long to wait for an answer before the next attempt: "40ms", or "p95" of how long the first attempts of the client took of late; 0ms starts all at once',
    },
    minDelay: quantitySchema(
      'duration',
      'the least delay that a percentile may give, and the delay until 100 answers are known; default 10ms',
    ),
    maxHedges: { type: 'integer', minimum: 1, maximum: 10, description: 'attempts besides the first, default 1' },
    budget: budgetSchema,
  },
  {
    required: ['delay'],
    description:
      'Starts further attempts of idempotent requests beside one that is slow; the first success is the answer.',
  },
)

/** What the schema cannot say of settings that it let pass. */
export function hedgeProblems(raw: unknown, where: string): readonly Problem[] {
  const { delay, minDelay, budget } = raw as RawHedge
  const percent = percentOf(delay)
  return [
    ...delayProblems(delay, percent, `${where}/delay`),
    ...(minDelay !== undefined && percent === null
      ? [{ where: `${where}/minDelay`, message: `found it beside the delay ${delay}, allowed: beside a percentile` }]
      : []),
    ...budgetProblems(budget, `${where}/budget`),
  ]
}

function delayProblems(delay: string, percent: number | null, where: string): readonly Problem[] {
  if (percent === 0) return [{ where, message: `found ${delay}, allowed: a percentile above 0` }]
  const duration = percent === null ? parseQuantity('duration', delay) : { value: 0 }
  return 'problem' in duration ? [{ where, message: duration.problem }] : []
}

/** Reads settings without problems. */
export function parseHedge(raw: unknown): HedgeSettings {
  const { delay, minDelay = '10ms', maxHedges = 1, budget } = raw as RawHedge
  const percent = percentOf(delay)
  return {
    delay:
      percent === null
        ? { kind: 'fixed', delayNs: durationNs(delay) }
        : { kind: 'percentile', percent, leastNs: durationNs(minDelay) },
    maxHedges,
    budget: budget === undefined ? null : parseBudget(budget),
  }
}

function percentOf(delay: string): number | null {
  const percent = percentilePattern.exec(delay)?.[1]
  return percent === undefined ? null : Number(percent)
}
