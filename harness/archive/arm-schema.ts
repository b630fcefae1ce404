import type { JsonSchema } from '../kernel/json-schema.ts'
import { armKinds } from '../measure/arm.ts'
import type { Effect } from '../measure/effect.ts'
import type { LatencySummary } from '../measure/histogram.ts'
import type { RuleTally } from '../measure/rule-tally.ts'
import type { Tally } from '../measure/tally.ts'
import type {
  ResultArm,
  ResultIterations,
  ResultOperations,
  ResultOtherTarget,
  ResultReconciliation,
  ResultResources,
} from './arm.ts'
import type { ResultLimit } from './limit.ts'
import {
  count,
  flag,
  integerOrNull,
  listOf,
  mapOf,
  number,
  numberOrNull,
  oneOf,
  orNull,
  shape,
  text,
  textOrNull,
} from './schema-parts.ts'

export const armKind: JsonSchema = oneOf(...armKinds)
export const path: JsonSchema = oneOf('direct', 'relay')

const percentiles: Readonly<Record<Exclude<keyof LatencySummary, 'count'>, JsonSchema>> = {
  min: numberOrNull,
  mean: numberOrNull,
  p50: numberOrNull,
  p90: numberOrNull,
  p95: numberOrNull,
  p99: numberOrNull,
  p999: numberOrNull,
  max: numberOrNull,
}

/** Latencies in ms without their count. */
export const latencies: JsonSchema = shape<Omit<LatencySummary, 'count'>>(percentiles)

/** Latencies in ms with their count. */
export const summary = shape<LatencySummary>({ count, ...percentiles })

/** One limit that was held against what was measured. */
export const limit: JsonSchema = shape<ResultLimit>(
  {
    kind: text,
    scope: text,
    expr: text,
    actual: numberOrNull,
    limit: numberOrNull,
    ok: flag,
    unit: text,
    window: shape<{ fromMs: number; toMs: number }>({ fromMs: number, toMs: number }),
    why: text,
  },
  ['unit', 'window', 'why'],
)

const effect = shape<Effect>(
  { metric: text, unit: text, lo: number, hi: number, observed: numberOrNull, ok: flag, inconclusive: text },
  ['inconclusive'],
)

const iterations = orNull(
  shape<ResultIterations>({ count, ok: count, failed: count, interrupted: count, dropped: count }),
)
const operationCounts = { count, ok: count, failed: count, degraded: count, cutOff: count }
const operations = shape<ResultOperations>(operationCounts)
const attempts = shape<ResultArm['attempts']>({ count, failed: count, cancelled: count })

const resources = shape<ResultResources>({
  target: shape<ResultResources['target']>({
    cpuMs: numberOrNull,
    memoryKb: numberOrNull,
    fds: numberOrNull,
    threads: numberOrNull,
  }),
  generators: shape<ResultResources['generators']>({ cpuMs: number }),
  relay: shape<ResultResources['relay']>({ cpuMs: numberOrNull }),
})

const reconciliation = shape<ResultReconciliation>({
  status: oneOf('exact', 'within', 'mismatch', 'unreadable', 'none'),
  expected: numberOrNull,
  difference: numberOrNull,
  slack: number,
  detail: textOrNull,
})

const tallies = mapOf(shape<Tally>({ eligible: number, fired: number, bytes: number }))

/** One arm of a phase. */
export const armSchema: JsonSchema = shape<ResultArm>({
  arm: armKind,
  path,
  workers: count,
  measuredMs: number,
  schedule: orNull(shape<NonNullable<ResultArm['schedule']>>({ fromPerSecond: number, toPerSecond: number })),
  iterations,
  operations: shape<ResultArm['operations']>({ ...operationCounts, perSecond: numberOrNull }),
  attempts,
  all: shape<ResultArm['all']>({ iterations, operations, attempts }),
  errors: mapOf(count),
  failureTypes: mapOf(count),
  attemptErrors: mapOf(count),
  errorTexts: mapOf(count),
  latencyMs: summary,
  correctedLatencyMs: orNull(summary),
  sendLatenessMs: orNull(summary),
  okLatencyMs: summary,
  attemptLatencyMs: summary,
  queueMs: summary,
  connectMs: summary,
  firstByteMs: summary,
  histogram: text,
  requests: listOf(shape<ResultArm['requests'][number]>({ name: text, ok: count, failed: count, latencyMs: summary })),
  protocolCounters: mapOf(number),
  wire: shape<ResultArm['wire']>({ bytesSent: number, bytesReceived: number, connects: count, staleReconnects: count }),
  resources,
  fired: tallies,
  rules: mapOf(shape<RuleTally>({ connections: number, matched: number, tallies })),
  faultCounters: mapOf(number),
  askedDelayMs: orNull(summary),
  injectedDelayMs: orNull(summary),
  injectedDelayErrorMs: orNull(summary),
  server: shape<ResultArm['server']>({ requests: integerOrNull }),
  reconciliation,
  others: mapOf(
    shape<ResultOtherTarget>({
      attempts,
      errors: mapOf(count),
      server: shape<ResultArm['server']>({ requests: integerOrNull }),
      reconciliation,
    }),
  ),
  effects: listOf(effect),
  bounds: listOf(limit),
  policyCounters: mapOf(number),
  policyPeaks: mapOf(number),
  policyEvents: shape<ResultArm['policyEvents']>({
    kept: listOf(
      shape<ResultArm['policyEvents']['kept'][number]>({
        atMs: number,
        policy: text,
        name: textOrNull,
        event: text,
        from: textOrNull,
        reason: textOrNull,
      }),
    ),
    dropped: count,
  }),
  overheadNsPerOperation: numberOrNull,
  overheadWhyNone: textOrNull,
})
