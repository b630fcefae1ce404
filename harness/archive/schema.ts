import type { JsonSchema } from '../kernel/json-schema.ts'
import { phaseKinds } from '../measure/arm.ts'
import { armKind, armSchema, latencies, limit, path, summary } from './arm-schema.ts'
import { capacitySchema } from './capacity.ts'
import { comparisonSchema } from './comparison.ts'
import { gateSchema } from './gate.ts'
import { memorySchema } from './memory.ts'
import { referenceSchema } from './reference.ts'
import {
  type Result,
  type ResultDoubt,
  type ResultEnvironment,
  type ResultGenerator,
  type ResultGuard,
  type ResultLines,
  type ResultMetrics,
  type ResultPhase,
  type ResultPlan,
  type ResultRun,
  resultSchemaId,
  type ResultSlice,
  type ResultTarget,
  type ResultWindowGroup,
} from './result.ts'
import { scenarioSchema } from './scenario.ts'
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
  texts,
  textOrNull,
} from './schema-parts.ts'
import { adjustedSchema, toleranceSchema } from './tune.ts'

const run = shape<ResultRun>(
  {
    id: text,
    mode: text,
    profile: text,
    kind: text,
    seed: number,
    argv: texts,
    tags: mapOf(text),
    startedAt: text,
    finishedAt: text,
    durationMs: number,
    status: oneOf('completed', 'aborted'),
    abortedBy: textOrNull,
    strict: flag,
    exitCode: count,
    verdict: oneOf('pass', 'fail', 'inconclusive', 'void'),
    reasons: texts,
  },
  ['strict'],
)

const environment = shape<ResultEnvironment>({
  node: text,
  os: text,
  kernel: text,
  cpuModel: text,
  cores: number,
  memBytes: number,
  cgroup: textOrNull,
  cgroupMemBytes: numberOrNull,
  cgroupCpus: numberOrNull,
  virtualisation: textOrNull,
  governor: textOrNull,
  gitSha: textOrNull,
  gitDirty: { type: ['boolean', 'null'] },
  hostFingerprint: text,
  profileFingerprint: text,
})

const config = shape<Result['config']>({
  profile: { type: 'object' },
  provenance: mapOf(oneOf('flag', 'env', 'profile', 'default')),
  warnings: listOf(shape<Result['config']['warnings'][number]>({ where: text, message: text })),
})

const plan = shape<ResultPlan>({
  rounds: count,
  slices: count,
  sliceMs: number,
  order: listOf(texts),
  expectedMs: number,
  notMeasured: listOf(shape<ResultPlan['notMeasured'][number]>({ what: text, why: text })),
})

const target = shape<ResultTarget>({
  command: texts,
  url: textOrNull,
  pid: integerOrNull,
  startTime: numberOrNull,
  restarts: shape<ResultTarget['restarts']>({ planned: count, unplanned: count }),
  exit: orNull(
    shape<NonNullable<ResultTarget['exit']>>({ name: text, code: integerOrNull, signal: textOrNull, tail: texts }, [
      'name',
    ]),
  ),
})

const metrics = shape<ResultMetrics>({
  source: textOrNull,
  requestsPerSecond: numberOrNull,
  operations: count,
  attempts: count,
  failed: count,
  errorRate: numberOrNull,
  degradedRate: numberOrNull,
  latencyMs: latencies,
  correctedLatencyMs: orNull(latencies),
  rssDeltaKb: numberOrNull,
  rssSlopeKbPerMin: numberOrNull,
  fdDelta: numberOrNull,
  cpuUsPerRequest: numberOrNull,
})

const phase = shape<ResultPhase>({
  id: text,
  kind: oneOf(...phaseKinds),
  policy: textOrNull,
  arms: listOf(armSchema),
})

const slice = shape<ResultSlice>(
  {
    round: count,
    order: count,
    group: integerOrNull,
    phase: text,
    arm: armKind,
    policy: textOrNull,
    path,
    use: oneOf('both', 'throughput', 'latency'),
    startMs: number,
    durationMs: number,
    ok: count,
    failed: count,
    slow: integerOrNull,
    p50: numberOrNull,
    p95: numberOrNull,
    p99: numberOrNull,
    cpuMs: numberOrNull,
    rssKb: number,
    heapKb: number,
  },
  ['group', 'rssKb', 'heapKb'],
)

const doubt = shape<ResultDoubt>({
  kind: text,
  detail: text,
  taints: texts,
  effect: oneOf('void', 'inconclusive', 'note'),
})

const guard = shape<ResultGuard>({
  kind: oneOf('failure-budget', 'watchdog'),
  settings: mapOf({ type: ['number', 'string'] }),
  state: oneOf('held', 'tripped'),
  worst: numberOrNull,
  unit: oneOf('share', 'ms'),
  atMs: numberOrNull,
  samples: integerOrNull,
})

const generator = shape<ResultGenerator>({
  cpuPercent: numberOrNull,
  rssKb: numberOrNull,
  eventLoopDelayP99Ms: number,
  dropped: count,
  saturated: flag,
})

const windowGroup = shape<ResultWindowGroup>(
  {
    phase: text,
    faults: texts,
    windows: count,
    durationMs: number,
    ok: count,
    failed: count,
    degraded: count,
    perSecond: numberOrNull,
    okLatencyMs: summary,
  },
  ['degraded'],
)

const lines = shape<ResultLines>({ file: text, sha256: text, count })

/** JSON Schema (draft-07) of a result file; the order of its keys is the order in the file. */
export const resultSchema: JsonSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'soakrig result',
  ...shape<Result>(
    {
      schema: { const: resultSchemaId },
      tool: shape<Result['tool']>({ name: { const: 'soakrig' }, version: text }),
      run,
      env: environment,
      config,
      plan,
      target,
      metrics,
      phases: listOf(phase),
      slices: listOf(slice),
      comparisons: listOf(comparisonSchema),
      gate: gateSchema,
      ceilings: listOf(limit),
      thresholds: listOf(limit),
      reference: referenceSchema,
      doubts: listOf(doubt),
      guards: listOf(guard),
      generators: listOf(generator),
      windowGroups: listOf(windowGroup),
      memory: memorySchema,
      scenario: scenarioSchema,
      capacity: capacitySchema,
      tolerance: toleranceSchema,
      adjusted: adjustedSchema,
      windows: orNull(lines),
      deadLetters: lines,
      sabotage: textOrNull,
      simulated: flag,
    },
    ['gate', 'windowGroups', 'memory', 'scenario', 'capacity', 'tolerance', 'adjusted', 'deadLetters'],
  ),
}
