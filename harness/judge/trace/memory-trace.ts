import type { Problem } from '../../kernel/errors.ts'
import { type JsonSchema, objectSchema } from '../../kernel/json-schema.ts'
import { checkOf } from '../../kernel/schema-check.ts'
import { significant } from '../../kernel/units.ts'
import type { CalibratedSlopes } from '../memory/bound.ts'
import { usualBudgets, usualServiceHours } from '../memory/budget.ts'
import type { MemoryCase } from '../memory/course.ts'
import { decideMemory, type MemoryAnswer } from '../memory/decide.ts'
import { type MemoryKind, memoryKinds } from '../memory/series.ts'

/** The schema of traces of memory, files or threads. */
export const memoryTraceId = 'soakrig/memory-trace@1'

/** What a target held over a run, bare of all else. */
export interface MemoryTrace {
  readonly schema: typeof memoryTraceId
  readonly id: string
  readonly calibration?: CalibratedSlopes | null
  /** KiB or numbers, null where nothing could be read; requests: how many had been served by then, a running total. */
  readonly samples: readonly TracedSample[]
  /** In seconds, with the time that the target was given to settle. */
  readonly faults?: readonly (readonly [from: number, to: number])[]
  /** Absent: the memory that is resident. */
  readonly kind?: MemoryKind
  /** How long the run was; absent: as long as its samples. */
  readonly durationSeconds?: number
  /** What no sample may exceed, and what may be added in `serviceHours` (24): KiB of memory, else `ceiling` and `budget`. */
  readonly ceilingKb?: number | null
  readonly budgetKb?: number
  readonly ceiling?: number | null
  readonly budget?: number
  readonly serviceHours?: number
}

type TracedSample = readonly [seconds: number, amount: number | null, requests: number | null]

const number: JsonSchema = { type: 'number' }
const atLeast0: JsonSchema = { type: 'number', minimum: 0 }
const over0: JsonSchema = { type: 'number', exclusiveMinimum: 0 }
const unknown = (schema: JsonSchema): JsonSchema => ({ ...schema, type: [schema['type'], 'null'] })
const tuple = (...items: readonly JsonSchema[]): JsonSchema => ({
  type: 'array',
  items,
  minItems: items.length,
  additionalItems: false,
})

/** JSON Schema of `soakrig/memory-trace@1`. */
export const memoryTraceSchema: JsonSchema = objectSchema(
  {
    schema: { const: memoryTraceId },
    id: { type: 'string' },
    calibration: {
      ...objectSchema(
        { name: { type: 'string' }, bounds: { type: 'array', items: tuple(over0, over0), minItems: 1 } },
        { required: ['name', 'bounds'] },
      ),
      type: ['object', 'null'],
    },
    samples: { type: 'array', items: tuple(number, unknown(atLeast0), unknown(atLeast0)), minItems: 1 },
    faults: { type: 'array', items: tuple(number, number) },
    kind: { enum: memoryKinds },
    durationSeconds: over0,
    ceilingKb: unknown(atLeast0),
    budgetKb: atLeast0,
    ceiling: unknown(atLeast0),
    budget: atLeast0,
    serviceHours: over0,
  },
  { required: ['schema', 'id', 'samples'] },
)

const schemaProblems = checkOf(() => memoryTraceSchema)

/** Everything that keeps a document from being a trace of memory, files or threads that can be decided. */
export function memoryTraceProblems(document: unknown): readonly Problem[] {
  const problems = schemaProblems(document)
  if (problems.length > 0) return problems
  const trace = document as MemoryTrace
  const foreign = isMemory(trace) ? (['ceiling', 'budget'] as const) : (['ceilingKb', 'budgetKb'] as const)
  return [
    ...descents(trace.samples, '/samples'),
    ...descents(trace.calibration?.bounds ?? [], '/calibration/bounds'),
    ...(trace.faults ?? []).flatMap(([from, to], index) =>
      to < from ? [{ where: `/faults/${index}`, message: `found an end at ${to}, allowed: at least ${from}` }] : [],
    ),
    ...foreign.flatMap((key) =>
      trace[key] === undefined
        ? []
        : [{ where: `/${key}`, message: `found a limit of another unit, allowed: ${limitsOf(trace).join(', ')}` }],
    ),
  ]
}

/** The first of the rows whose first number is not above that of the row before it. */
function descents(rows: readonly (readonly [number, ...unknown[]])[], where: string): readonly Problem[] {
  const at = rows.findIndex(([value], index) => index > 0 && value <= (rows[index - 1]?.[0] ?? 0))
  if (at === -1) return []
  return [{ where: `${where}/${at}/0`, message: `found ${rows[at]?.[0]}, allowed: over ${rows[at - 1]?.[0]}` }]
}

function isMemory({ kind = 'rss' }: MemoryTrace): boolean {
  return kind === 'rss' || kind === 'heap'
}

function limitsOf(trace: MemoryTrace): readonly string[] {
  return isMemory(trace) ? ['ceilingKb', 'budgetKb'] : ['ceiling', 'budget']
}

/** What a trace of memory, files or threads comes to; slopes of memory are KiB per minute, of the others numbers per minute. */
export interface MemoryTraceAnswer extends Omit<MemoryAnswer, 'trend' | 'points' | 'bound' | 'projected' | 'peak'> {
  readonly id: string
  readonly slopeKbPerMin?: number | null
  readonly slopePerMin?: number | null
  /** Of the slope, at 95 %. */
  readonly interval: readonly [number, number] | null
  readonly boundKbPerMin?: number | null
  readonly boundPerMin?: number | null
  readonly bytesPerRequest?: number | null
  readonly projectedKb?: number | null
  readonly projected?: number | null
  readonly peakKb?: number | null
  readonly peak?: number | null
  /** The slopes of either half of what there was without faults after the first third of the run. */
  readonly thirds: readonly number[] | null
}

/** Decides a trace that has no problems. */
export function decideMemoryTrace(trace: MemoryTrace): MemoryTraceAnswer {
  const { trend, points: _, bound, projected, peak, verdict, ...answer } = decideMemory(caseOf(trace))
  const { cutSeconds, doubts, ...others } = answer
  const head = { id: trace.id, verdict }
  const body = { interval: trend && ([trend.lower, trend.upper] as const), cutSeconds, doubts, ...others }
  const thirds = trend && trend.parts
  if (!isMemory(trace))
    return { ...head, slopePerMin: trend && trend.slope, ...body, thirds, boundPerMin: bound, projected, peak }
  const bytesPerRequest = trend && trend.perRequest && significant(trend.perRequest * 1024)
  const memory = { boundKbPerMin: bound, bytesPerRequest, projectedKb: projected, peakKb: peak }
  return { ...head, slopeKbPerMin: trend && trend.slope, ...body, thirds, ...memory }
}

function caseOf(trace: MemoryTrace): MemoryCase {
  const { kind = 'rss', calibration, serviceHours = usualServiceHours, durationSeconds = null } = trace
  return {
    kind,
    samples: trace.samples.map(([seconds, amount, requests]) => ({ seconds, amount, requests })),
    faults: (trace.faults ?? []).map(([from, to]) => ({ from, to })),
    calibration: calibration ?? null,
    ceiling: trace.ceilingKb ?? trace.ceiling ?? null,
    budget: trace.budgetKb ?? trace.budget ?? usualBudgets[kind],
    serviceHours,
    runSeconds: durationSeconds,
  }
}
