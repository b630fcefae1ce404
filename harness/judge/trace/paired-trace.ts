import type { Problem } from '../../kernel/errors.ts'
import { type JsonSchema, objectSchema } from '../../kernel/json-schema.ts'
import { checkOf } from '../../kernel/schema-check.ts'
import { type Doubt, doubt } from '../../measure/doubts.ts'
import type { PlannedComparison } from '../paired/compare-arms.ts'
import { decide, type PairedAnswer } from '../paired/decide.ts'
import { type MetricName, metricNames, metricsOf } from '../paired/metrics.ts'
import { type CalibratedNoise, rulerOf } from '../paired/ruler.ts'
import type { PairedSlice, Pairing, Round } from '../paired/slice.ts'

/** The schema of traces of rounds. */
export const pairedTraceId = 'soakrig/trace@1'

/** The rounds of a run, bare of all else. */
export interface PairedTrace {
  readonly schema: typeof pairedTraceId
  readonly id: string
  readonly calibration: CalibratedNoise | null
  /** Pairs of a policy and a metric by which the run may fail; absent: throughput, p50 and p99 of the first four by name. */
  readonly gate?: readonly (readonly [policy: string, metric: MetricName])[]
  /** After how many rounds the run might have ended; absent: it had as many as the trace has. */
  readonly looks?: readonly number[]
  readonly rounds: readonly { readonly slices: readonly TracedSlice[] }[]
}

/** A slice as a trace has it. */
export interface TracedSlice {
  readonly arm: string
  /** Its place in the round's order; those of a round are sorted by it. */
  readonly order: number
  readonly startMs: number
  readonly durationMs: number
  readonly ok: number
  readonly failed: number
  readonly latencyMs?: PairedSlice['latencyMs']
  readonly slow?: number | null
  readonly cpuMs?: number | null
  readonly rssKb?: number | null
  readonly heapKb?: number | null
}

const baseline = 'baseline'
const control = 'control'
const ofPolicy = 'policy:'

const atLeast0: JsonSchema = { type: 'number', minimum: 0 }
const count: JsonSchema = { type: 'integer', minimum: 0 }

const slice = objectSchema(
  {
    arm: { type: 'string', pattern: `^(${baseline}|${control}|${ofPolicy}.+)$` },
    order: count,
    startMs: { type: 'number' },
    durationMs: { type: 'number', exclusiveMinimum: 0 },
    ok: count,
    failed: count,
    latencyMs: {
      ...objectSchema({ p50: atLeast0, p95: atLeast0, p99: atLeast0 }, { required: ['p50', 'p95', 'p99'] }),
      type: ['object', 'null'],
    },
    slow: { type: ['integer', 'null'], minimum: 0 },
    cpuMs: { type: ['number', 'null'], minimum: 0 },
    rssKb: { type: ['number', 'null'], exclusiveMinimum: 0 },
    heapKb: { type: ['number', 'null'], exclusiveMinimum: 0 },
  },
  { required: ['arm', 'order', 'startMs', 'durationMs', 'ok', 'failed'] },
)

const noise = objectSchema({ noise: atLeast0, floor: atLeast0 }, { required: ['noise', 'floor'] })

/** More than any run has; the exact distribution of p takes time with the third power of the rounds. */
const mostRounds = 500
const mostSlices = 1000

/** JSON Schema of `soakrig/trace@1`. */
export const pairedTraceSchema: JsonSchema = objectSchema(
  {
    schema: { const: pairedTraceId },
    id: { type: 'string' },
    calibration: {
      ...objectSchema(
        {
          name: { type: 'string' },
          metrics: objectSchema(Object.fromEntries(metricNames.map((name) => [name, noise]))),
        },
        { required: ['name', 'metrics'] },
      ),
      type: ['object', 'null'],
    },
    gate: {
      type: 'array',
      items: {
        type: 'array',
        items: [{ type: 'string' }, { enum: metricNames }],
        minItems: 2,
        additionalItems: false,
      },
    },
    looks: { type: 'array', items: { type: 'integer', minimum: 1 }, minItems: 1 },
    rounds: {
      type: 'array',
      minItems: 1,
      maxItems: mostRounds,
      items: objectSchema(
        { slices: { type: 'array', items: slice, minItems: 1, maxItems: mostSlices } },
        { required: ['slices'] },
      ),
    },
  },
  { required: ['schema', 'id', 'rounds'] },
)

const schemaProblems = checkOf(() => pairedTraceSchema)

/** Everything that keeps a document from being a trace of rounds that can be decided. */
export function pairedTraceProblems(document: unknown): readonly Problem[] {
  const problems = schemaProblems(document)
  if (problems.length > 0) return problems
  const trace = document as PairedTrace
  const arms = armsOf(trace)
  const known = arms.filter((arm) => arm.startsWith(ofPolicy)).map(nameOf)
  const looks = trace.looks ?? []
  return [
    ...(arms.includes(baseline) ? [] : [{ where: '/rounds', message: `found no slice of ${baseline}, required` }]),
    ...(trace.gate ?? []).flatMap(([policy], index) =>
      known.includes(policy)
        ? []
        : [
            {
              where: `/gate/${index}/0`,
              message: `found ${policy}, allowed: ${known.join(', ') || 'no policy is there'}`,
            },
          ],
    ),
    ...(looks.some((rounds, index) => index > 0 && rounds <= (looks[index - 1] ?? 0))
      ? [{ where: '/looks', message: `found ${looks.join(', ')}, allowed: ascending numbers of rounds` }]
      : []),
  ]
}

/** What a trace of rounds comes to. */
export interface TraceAnswer extends PairedAnswer {
  readonly id: string
}

/** Decides a trace that has no problems. */
export function decideTrace(trace: PairedTrace): TraceAnswer {
  const arms = armsOf(trace)
  const ruler = rulerOf(trace.calibration ?? null)
  const rounds = trace.rounds.map(roundOf)
  const answer = decide({
    rounds,
    planned: plannedOf(trace, arms, rounds),
    controls: arms.includes(control)
      ? [{ policy: control, against: baseline, arms: [control], baseArms: [baseline] }]
      : [],
    ruler,
    looks: trace.looks ?? [trace.rounds.length],
  })
  return { id: trace.id, ...answer, doubts: [...answer.doubts, ...calibrationDoubts(trace)] }
}

function calibrationDoubts({ calibration }: PairedTrace): readonly Doubt[] {
  if (calibration) return []
  return [
    doubt(
      'uncalibrated',
      'no calibration: the standard floors and margins hold, and what two runs of one build differ by may fail this one',
      ['comparisons'],
    ),
  ]
}

/** By name, since neither chance nor the writer of a file should say what is gated. */
function armsOf({ rounds }: PairedTrace): readonly string[] {
  return [...new Set(rounds.flatMap(({ slices }) => slices.map(({ arm }) => arm)))].toSorted()
}

function nameOf(arm: string): string {
  return arm.slice(ofPolicy.length)
}

function roundOf({ slices }: PairedTrace['rounds'][number]): Round {
  const ordered = slices.toSorted((a, b) => a.order - b.order || a.startMs - b.startMs)
  return {
    slices: ordered.map(({ order: _, startMs: __, latencyMs = null, slow = null, cpuMs = null, ...traced }) => ({
      ...traced,
      latencyMs,
      slow,
      cpuMs,
      throughput: true,
    })),
  }
}

/** Gated where a trace does not say what is: so many policies by these metrics. */
const gatedPolicies = 4
const gatedMetrics: readonly MetricName[] = ['throughput', 'p50', 'p99']

/** Every metric of every policy; the second baseline counts as more of the first. */
function plannedOf(
  { gate }: PairedTrace,
  arms: readonly string[],
  rounds: readonly Round[],
): readonly PlannedComparison[] {
  const policies = arms.filter((arm) => arm.startsWith(ofPolicy))
  const baseArms = arms.filter((arm) => arm === baseline || arm === control)
  const gates = (policy: string, index: number, metric: MetricName): boolean =>
    gate === undefined
      ? index < gatedPolicies && gatedMetrics.includes(metric)
      : gate.some(([name, of]) => name === policy && of === metric)
  return policies.flatMap((arm, index) => {
    const pairing: Pairing = { policy: nameOf(arm), against: baseline, arms: [arm], baseArms }
    const told = metricsOf(rounds, pairing)
    return metricNames.flatMap((metric) => {
      const gated = gates(pairing.policy, index, metric)
      return gated || told.includes(metric) ? [{ pairing, metric, gated }] : []
    })
  })
}
