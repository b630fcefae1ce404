import { ruleDefinitions } from '../faults/rule-schema.ts'
import type { JsonSchema } from '../kernel/json-schema.ts'
import { objectSchema } from '../kernel/json-schema.ts'
import { requestRetryReference, requestRetrySchema } from '../resilience/retry/schema.ts'
import { clientDefinitions } from '../resilience/settings.ts'
import { targetSchema } from '../target/settings.ts'
import type { RawWorkload } from '../workload/parse.ts'
import { workloadSchema } from '../workload/schema.ts'
import { ceilingsSchema, type RawCeilings } from './ceilings.ts'
import { dependenciesSchema, type RawDependencies } from './dependencies.ts'
import { guardsSchema, type RawGuards } from './guards.ts'
import { loadSchema, type RawLoad } from './load.ts'
import { type ModeName, modesSchema, type RawMode } from './modes.ts'
import { policiesSchema, type RawPolicy } from './policies.ts'
import { type RawScenario, scenarioSchema } from './scenario.ts'
import { type RawStress, stressSchema } from './stress.ts'
import { baseSchema } from './former-build.ts'
import { targetsSchema } from './targets.ts'
import { type RawThresholds, thresholdSchema, thresholdsSchema } from './threshold-settings.ts'

/** A profile as it is written, after the schema's defaults. */
export interface RawProfile {
  readonly name?: string
  readonly seed: number
  readonly target?: unknown
  readonly targets?: unknown
  readonly base?: unknown
  readonly dependencies?: RawDependencies
  readonly workload: RawWorkload
  readonly load: RawLoad
  readonly modes: Readonly<Record<ModeName, RawMode>>
  readonly policies: Readonly<Record<string, RawPolicy>>
  readonly stress?: RawStress
  readonly scenario?: RawScenario
  readonly ceilings: RawCeilings
  readonly thresholds: RawThresholds
  readonly guards?: RawGuards
}

/** The keys of a profile that take effect, in the order in which they are shown. */
export const profileKeys = [
  'name',
  'seed',
  'target',
  'targets',
  'base',
  'dependencies',
  'workload',
  'load',
  'modes',
  'policies',
  'stress',
  'scenario',
  'ceilings',
  'thresholds',
  'guards',
] as const

/** Names that may be a folder of results. */
export const profileName = '^[a-z0-9][a-z0-9._-]{0,63}$'

/**
 * The JSON Schema of a profile (draft-07), as it is published. Profiles are checked by the part of it that is about the
 * protocol of their workload: `only`.
 */
export function profileJsonSchema(only?: string): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'soakrig profile',
    ...objectSchema(
      {
        $schema: { type: 'string', description: 'This schema, for editors' },
        name: {
          type: 'string',
          pattern: profileName,
          description: 'Name in results, in small letters; the name of the file when absent',
        },
        extends: { type: 'string', minLength: 1, description: 'A profile beside this one that this one changes' },
        seed: {
          type: 'integer',
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
          default: 1,
          description: 'All chance of a run comes from it',
        },
        target: targetSchema,
        targets: targetsSchema,
        base: baseSchema,
        dependencies: dependenciesSchema,
        workload: workloadSchema(only, { retry: requestRetryReference }),
        load: loadSchema,
        modes: modesSchema,
        policies: policiesSchema,
        stress: stressSchema,
        scenario: scenarioSchema,
        ceilings: ceilingsSchema,
        thresholds: {
          ...thresholdsSchema('thresholds', 'Limits on clean load, and on what the target uses'),
          default: {},
        },
        guards: guardsSchema,
      },
      { description: 'What soakrig tests, how hard, under which faults, and what must hold' },
    ),
    if: { anyOf: [{ required: ['extends'] }, { required: ['targets'] }] },
    else: { required: ['target'] },
    definitions: {
      ...ruleDefinitions,
      ...clientDefinitions,
      requestRetry: requestRetrySchema,
      threshold: thresholdSchema,
    },
  }
}
