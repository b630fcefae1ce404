import type { Problem } from '../kernel/errors.ts'
import { isRecord, step } from '../kernel/json.ts'
import { type JsonSchema, objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs, parseQuantity } from '../kernel/units.ts'
import { parseExpression, type Threshold } from './threshold.ts'
import { grammars, isResource, loadMetrics, type Metric, resourceMetrics } from './threshold-metrics.ts'

/** A threshold as a profile holds it; the long form is k6's, with a window besides. */
export type RawThreshold = string | LongForm

interface LongForm {
  readonly threshold: string
  readonly abortOnFail?: boolean
  readonly delayAbortEval?: string
  readonly window?: string
}

/** Thresholds as a profile holds them, by metric. */
export type RawThresholds = Readonly<Partial<Record<Metric, readonly RawThreshold[]>>>

const metrics: readonly Metric[] = [...loadMetrics, ...resourceMetrics]
/** A policy's bounds are about its own slices and windows; what the target uses belongs to the run. */
const scopes = { thresholds: metrics, bounds: loadMetrics } as const

const longFormSchema: JsonSchema = objectSchema(
  {
    threshold: { type: 'string', description: 'The expression' },
    abortOnFail: { type: 'boolean', description: 'End the run as soon as the stress stage breaks it' },
    delayAbortEval: quantitySchema('duration', 'How long a segment of stress must have lasted before that'),
    window: quantitySchema('duration', 'Every window of the stress stage of this length must hold it'),
  },
  { required: ['threshold'], description: 'An expression, and when it is held' },
)

/** Schema of one threshold, which stands among the definitions of a profile's schema. */
export const thresholdSchema: JsonSchema = {
  if: { type: 'object' },
  then: longFormSchema,
  else: { type: 'string', description: 'An expression, or an object with it' },
}

function listOf(description: string): JsonSchema {
  return { type: 'array', items: { $ref: '#/definitions/threshold' }, description }
}

/** Schema of thresholds by metric, or of a policy's bounds; the grammar of the expressions is checked by `thresholdProblems`. */
export function thresholdsSchema(scope: keyof typeof scopes, description: string): JsonSchema {
  const known = scopes[scope].map((metric) => [
    metric,
    listOf(`Limits on ${metric}, such as ${grammars[metric].examples.join(' or ')}`),
  ])
  const heap =
    scope === 'bounds'
      ? {}
      : { heap: listOf('Not allowed: a heap is read a few times in a run, and has a verdict of its own') }
  return objectSchema({ ...Object.fromEntries(known), ...heap }, { description })
}

/** What is wrong with the expressions; whatever is no list of thresholds is left to the schema. */
export function thresholdProblems(raw: unknown, pointer: string): Problem[] {
  if (!isRecord(raw)) return []
  return [
    ...metrics.flatMap((metric) =>
      listIn(raw, metric).flatMap((one, index) => problemsOf(metric, one, pointer + step(metric) + step(index))),
    ),
    ...listIn(raw, 'heap').map((_, index) => ({
      where: `${pointer}/heap${step(index)}`,
      message:
        'found a limit on heap, allowed: none, since a heap is read a few times in a run, and has a verdict of its own; rss is all its memory',
    })),
  ]
}

function listIn(raw: Readonly<Record<string, unknown>>, metric: string): readonly unknown[] {
  const list = raw[metric]
  return Array.isArray(list) ? list : []
}

function problemsOf(metric: Metric, raw: unknown, where: string): Problem[] {
  if (typeof raw === 'string') return expressionProblems(metric, raw, where)
  if (!isRecord(raw) || typeof raw['threshold'] !== 'string') return []
  const parsed = parseExpression(metric, raw['threshold'])
  if ('problem' in parsed) return [{ where: `${where}/threshold`, message: parsed.problem }]
  const { aggregate, op } = parsed.expression
  const problem = (key: string, allowed: string): Problem[] =>
    raw[key] === undefined || raw[key] === false
      ? []
      : [{ where: where + step(key), message: `found ${JSON.stringify(raw[key])}, allowed: ${allowed}` }]
  return [
    ...(isZero(raw['window']) ? problem('window', 'more than 0') : []),
    ...(isResource(metric) ? problem('window', `none on ${metric}, but on ${loadMetrics.join(', ')}`) : []),
    ...(op === '!=' ? problem('window', 'none with !=, which has no worst window') : []),
    ...(aggregate === 'slope' ? problem('abortOnFail', 'none with slope, which is known at the end') : []),
    ...(raw['abortOnFail'] === true ? [] : problem('delayAbortEval', 'none without "abortOnFail": true')),
  ]
}

function expressionProblems(metric: Metric, expr: string, where: string): Problem[] {
  const parsed = parseExpression(metric, expr)
  return 'problem' in parsed ? [{ where, message: parsed.problem }] : []
}

function isZero(window: unknown): boolean {
  const parsed = parseQuantity('duration', window)
  return 'value' in parsed && parsed.value === 0
}

/** Reads one threshold, as a text or in its long form. */
export function parseThreshold(
  metric: Metric,
  raw: RawThreshold,
): { readonly threshold: Threshold } | { readonly problem: string } {
  const settings: LongForm = typeof raw === 'string' ? { threshold: raw } : raw
  const { threshold: expr, abortOnFail, delayAbortEval, window } = settings
  const parsed = parseExpression(metric, expr)
  if ('problem' in parsed) return parsed
  const abortAfterNs = abortOnFail === true ? durationNs(delayAbortEval ?? '0s') : null
  return {
    threshold: { ...parsed.expression, windowNs: window === undefined ? null : durationNs(window), abortAfterNs },
  }
}

/** A threshold and where it is written. */
export interface PlacedThreshold {
  readonly where: string
  readonly threshold: Threshold
}

/** Reads thresholds that have no problems: by metric, each in the order in which it is written. */
export function placedThresholds(raw: RawThresholds, pointer: string): PlacedThreshold[] {
  return metrics.flatMap((metric) =>
    (raw[metric] ?? []).flatMap((one, index) => {
      const parsed = parseThreshold(metric, one)
      return 'threshold' in parsed ? [{ where: pointer + step(metric) + step(index), ...parsed }] : []
    }),
  )
}

/** The same without their places. */
export function parseThresholds(raw: RawThresholds): Threshold[] {
  return placedThresholds(raw, '').map(({ threshold }) => threshold)
}
