import type { Problem } from '../kernel/errors.ts'
import { found, isRecord } from '../kernel/json.ts'
import { type JsonSchema, objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { didYouMean, quoted } from '../kernel/suggest.ts'
import { durationNs, formatNs, nsPerSecond } from '../kernel/units.ts'
import { type MetastableVerdict, metastableVerdicts } from '../measure/load-series.ts'
import type { Document } from './document.ts'
import { extended } from './extends.ts'
import { type Mode, type ModeName, modeNames, type RawMode, stressNs, windowNsOf } from './modes.ts'
import type { StressStep } from './stress.ts'

/** What a scenario's figures are called where it says in which bands they are. */
export const scenarioFigures = [
  'peakAmplification',
  'endAmplification',
  'goodputRatio',
  'goodputDuring',
  'wastedShare',
  'peakToMean',
  'autocorrelation',
] as const
export type ScenarioFigure = (typeof scenarioFigures)[number]

/** What an overload is expected to come to after its trigger: the steps of the stress stage. */
export interface Scenario {
  readonly expect: MetastableVerdict
  /** Lowest and highest value of a figure. */
  readonly bands: Readonly<Partial<Record<ScenarioFigure, readonly [number, number]>>>
  /** Where it is no step that triggers it, such as a cache that is emptied; null for the steps. From the segment's start. */
  readonly trigger: { readonly fromNs: number; readonly toNs: number } | null
  /** Where waves of retries are looked for; null for any period. */
  readonly backoffNs: number | null
  /** The cure that is applied; null for none. */
  readonly cure: string | null
}

/** A scenario as a profile holds it. */
export interface RawScenario {
  readonly expect: MetastableVerdict
  readonly bands?: Scenario['bands']
  readonly trigger?: { readonly at: string; readonly for: string }
  readonly backoff?: string
  readonly cure?: string
  readonly cures?: Readonly<Record<string, Document>>
}

const band: JsonSchema = {
  type: 'array',
  items: { type: 'number' },
  minItems: 2,
  maxItems: 2,
  description: 'Lowest and highest value',
}

/** Schema of a profile's `scenario`. */
export const scenarioSchema: JsonSchema = objectSchema(
  {
    expect: { enum: metastableVerdicts, description: 'What it is to come to after the steps of the stress stage' },
    bands: objectSchema(Object.fromEntries(scenarioFigures.map((name) => [name, band])), {
      description: 'Figures that must lie in a band besides',
    }),
    trigger: objectSchema(
      {
        at: quantitySchema('duration', 'from the beginning of the stress segment'),
        for: quantitySchema('duration', 'how long it lasts'),
      },
      { required: ['at', 'for'], description: 'When it is triggered, where no step of the stress stage does that' },
    ),
    backoff: quantitySchema('duration', 'Wait before a retry at which waves of attempts are looked for; absent: any'),
    cure: { type: 'string', minLength: 1, description: 'The cure that is applied, as --cure does' },
    cures: {
      type: 'object',
      propertyNames: { pattern: '^[a-z0-9][a-z0-9-]*$' },
      additionalProperties: { type: 'object' },
      description: 'By name: what it changes in this profile, which is then to be recovered if it says nothing else',
    },
  },
  { required: ['expect'], description: 'An overload that outlives its trigger, or not' },
)

/** A document with a cure put over it: that of `chosen` (--cure), else the one that it names itself. */
export function withCure(
  document: Document,
  chosen: string | undefined,
): { readonly document: Document; readonly problems: readonly Problem[] } {
  const scenario = isRecord(document['scenario']) ? document['scenario'] : {}
  const name = chosen ?? scenario['cure']
  if (typeof name !== 'string') return { document, problems: [] }
  const cures = isRecord(scenario['cures']) ? scenario['cures'] : {}
  const cure = Object.hasOwn(cures, name) ? cures[name] : undefined
  if (!isRecord(cure)) {
    const names = Object.keys(cures)
    const allowed = names.length === 0 ? 'none, since the profile has no cures' : quoted(names)
    const where = chosen === undefined ? '/scenario/cure' : '--cure'
    return {
      document,
      problems: [{ where, message: `found ${found(name)}, allowed: ${allowed}${didYouMean(name, names)}` }],
    }
  }
  const { bands: _, ...own } = scenario
  const ownName = document['name']
  const cured = {
    ...document,
    ...(typeof ownName === 'string' && { name: `${ownName}.${name}` }),
    scenario: { ...own, expect: 'recovered', cure: name },
  }
  const { name: curedName } = cured
  return { document: { ...(curedName !== undefined && { name: curedName }), ...extended(cured, cure) }, problems: [] }
}

/** Whether a mode has what triggers a scenario: its stress has steps, or the scenario says itself when it is. */
function hasTrigger({ stress, scenario }: Document, mode: ModeName): boolean {
  const own = isRecord(stress) ? stress[mode] : undefined
  if (!isRecord(own)) return false
  return (Array.isArray(own['steps']) && own['steps'].length > 0) || (isRecord(scenario) && 'trigger' in scenario)
}

/** What the schema cannot say of a scenario: it needs a trigger in some mode, and an open load. */
export function scenarioProblems(document: Document, sound: (pointer: string) => boolean): Problem[] {
  if (!isRecord(document['scenario']) || !sound('/scenario')) return []
  const { bands = {} } = document['scenario'] as unknown as RawScenario
  const message = 'found no steps in /stress, allowed: at least one, as the trigger'
  return [
    ...(modeNames.some((mode) => hasTrigger(document, mode)) ? [] : [{ where: '/scenario', message }]),
    ...loadProblems(document['load']),
    ...modeNames.flatMap((mode) =>
      hasTrigger(document, mode) && sound(`/modes/${mode}`)
        ? [...lengthProblems(document, mode), ...lateProblems(document, mode)]
        : [],
    ),
    ...backoffProblems(document['scenario'] as unknown as RawScenario),
    ...Object.entries(bands)
      .filter(([, [lo, hi]]) => lo > hi)
      .map(([name, [lo, hi]]) => ({
        where: `/scenario/bands/${name}`,
        message: `found ${lo} to ${hi}, allowed: the lower one first`,
      })),
  ]
}

/** A closed load slows down with its target, and hides what is looked for. */
function loadProblems(load: unknown): Problem[] {
  const throughput = isRecord(load) && isRecord(load['throughput']) ? load['throughput'] : load
  if (isRecord(throughput) && throughput['model'] === 'open') return []
  return [{ where: '/scenario', message: 'found a load that is not open, allowed: the model "open"' }]
}

/** All windows of a scenario are kept, and each is compared with each. */
const mostWindows = 3600

function lengthProblems({ modes }: Document, mode: ModeName): Problem[] {
  const raw = (modes as Record<ModeName, RawMode>)[mode]
  const [lengthNs, windowNs] = [stressNs(mode, raw), windowNsOf(mode, raw)]
  const count = Math.ceil(lengthNs / windowNs)
  if (count <= mostWindows) return []
  const message = `found ${formatNs(windowNs)}, which makes ${count} windows of ${formatNs(lengthNs)}, allowed: at most ${mostWindows} in a scenario`
  return [{ where: `/modes/${mode}/window`, message }]
}

/** A trigger that would begin behind the end of the stress, as steps must not either. */
function lateProblems({ modes, scenario }: Document, mode: ModeName): Problem[] {
  const { trigger } = scenario as unknown as RawScenario
  const lengthNs = stressNs(mode, (modes as Record<ModeName, RawMode>)[mode])
  if (!trigger || durationNs(trigger.at) < lengthNs) return []
  const message = `found ${trigger.at}, allowed: less than the duration of ${formatNs(lengthNs)} of the ${mode} mode`
  return [{ where: '/scenario/trigger/at', message }]
}

function backoffProblems({ backoff }: RawScenario): Problem[] {
  if (backoff === undefined || durationNs(backoff) > 0) return []
  return [{ where: '/scenario/backoff', message: `found ${backoff}, allowed: more than 0` }]
}

/** Windows before the trigger, and after it beside the time to settle, without which a scenario comes to nothing. */
const leastWindows = 3
const settleNs = 10 * nsPerSecond

/** Warns of a scenario in which there is too little before its trigger, or after it, to tell what it came to. */
export function scenarioWarnings(
  scenario: Scenario | null,
  steps: readonly StressStep[],
  { durationNs: lengthNs, windowNs }: Pick<Mode, 'durationNs' | 'windowNs'>,
): Problem[] {
  if (!scenario || scenario.expect === 'inconclusive') return []
  const fromNs = scenario.trigger?.fromNs ?? Math.min(...steps.map(({ atNs }) => atNs))
  const toNs = scenario.trigger?.toNs ?? Math.max(...steps.map((step) => endOf(step, steps, lengthNs)))
  // The last window is left out.
  const leftNs = Math.max(0, lengthNs - windowNs - toNs)
  const needed = `${leastWindows} windows of ${formatNs(windowNs)}`
  return [
    ...(fromNs < leastWindows * windowNs
      ? [`the trigger begins after ${formatNs(fromNs)}, and ${needed} before it are needed to tell what it did`]
      : []),
    ...(leftNs < settleNs + leastWindows * windowNs
      ? [
          `the trigger ends ${formatNs(leftNs)} before the last window, and ${formatNs(settleNs)} and ${needed} are needed to tell what does not recover`,
        ]
      : []),
  ].map((message) => ({ where: '/scenario', message }))
}

function endOf({ kind, policy, atNs, forNs }: StressStep, steps: readonly StressStep[], lengthNs: number): number {
  if (kind === 'remove') return atNs
  const removed = steps.some((other) => other.kind === 'remove' && other.policy === policy && other.atNs >= atNs)
  return forNs === null ? (removed ? atNs : lengthNs) : atNs + forNs
}

/** Reads the scenario of a document without problems; a mode without its trigger has none. */
export function parseScenario(document: Document, mode: ModeName): Scenario | null {
  if (!isRecord(document['scenario']) || !hasTrigger(document, mode)) return null
  const { expect, bands = {}, trigger, backoff, cure = null } = document['scenario'] as unknown as RawScenario
  const fromNs = durationNs(trigger?.at ?? '0s')
  return {
    expect,
    bands,
    trigger: trigger ? { fromNs, toNs: fromNs + durationNs(trigger.for) } : null,
    backoffNs: backoff === undefined ? null : durationNs(backoff),
    cure,
  }
}
