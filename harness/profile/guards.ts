import type { Problem } from '../kernel/errors.ts'
import { isRecord } from '../kernel/json.ts'
import { type JsonSchema, objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs, nsPerSecond, parseQuantity, shareOf } from '../kernel/units.ts'

/** Whose failures a budget counts. */
export type BudgetOf = 'operations' | 'attempts'

/** The share of failures at which a run is not worth going on with. */
export interface FailureBudgetGuard {
  readonly threshold: number
  readonly windowNs: number
  readonly minSamples: number
  readonly of: BudgetOf
}

/** What ends a run early; null where nothing was asked for. */
export interface Guards {
  readonly failureBudget: FailureBudgetGuard | null
  /** Longest that the run may take; null for three times its plan. */
  readonly watchdogNs: number | null
}

/** Guards as a profile holds them, after the schema's defaults. */
export interface RawGuards {
  readonly failureBudget?: {
    readonly threshold: string | number
    readonly window: string
    readonly minSamples: number
    readonly of: BudgetOf
  }
  readonly watchdog?: string
}

/** Less than this is no window: workers tell what they count every tenth of it. */
const shortestWindowNs = nsPerSecond

/** Schema of a profile's `guards`. */
export const guardsSchema: JsonSchema = objectSchema(
  {
    failureBudget: objectSchema(
      {
        threshold: {
          ...quantitySchema('share', 'Share of failures that ends the run when it is exceeded'),
          default: 0.05,
        },
        window: { ...quantitySchema('duration', 'How far back failures count, at least 1s'), default: '30s' },
        minSamples: {
          type: 'integer',
          minimum: 1,
          default: 50,
          description: 'With fewer in the window nothing is said',
        },
        of: {
          enum: ['operations', 'attempts'],
          default: 'operations',
          description: 'What is counted: what the caller asked for, or each attempt at it',
        },
      },
      {
        description:
          'Ends the run as soon as clean load fails too often: baselines, their warm-up, stress and ad hoc load, ' +
          'never policies, nor stress while a step has a fault in force',
      },
    ),
    watchdog: quantitySchema('duration', 'Longest that the run may take; absent: three times its plan, and a minute'),
  },
  { description: 'What ends a run before its time' },
)

/** What the schema cannot say of guards. */
export function guardProblems(raw: unknown, sound: (pointer: string) => boolean): Problem[] {
  const budget = isRecord(raw) ? raw['failureBudget'] : undefined
  const tooShort = (pointer: string, value: unknown, leastNs: number, allowed: string): Problem[] => {
    const parsed = sound(pointer) ? parseQuantity('duration', value) : { problem: '' }
    return 'value' in parsed && parsed.value < leastNs
      ? [{ where: pointer, message: `found ${JSON.stringify(value)}, allowed: ${allowed}` }]
      : []
  }
  return [
    ...tooShort(
      '/guards/failureBudget/window',
      isRecord(budget) ? budget['window'] : '',
      shortestWindowNs,
      '1s or more',
    ),
    ...tooShort('/guards/watchdog', isRecord(raw) ? raw['watchdog'] : '', 1, 'more than nothing'),
  ]
}

/** Reads guards that have no problems. */
export function parseGuards(raw: RawGuards | undefined): Guards {
  const { failureBudget: budget, watchdog } = raw ?? {}
  return {
    failureBudget: budget
      ? {
          threshold: shareOf(budget.threshold),
          windowNs: durationNs(budget.window),
          minSamples: budget.minSamples,
          of: budget.of,
        }
      : null,
    watchdogNs: watchdog === undefined ? null : durationNs(watchdog),
  }
}
