import { type JsonSchema, objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { faultDefinitions, faultsSchema } from './faults.ts'
import { matchSchema } from './match-settings.ts'
import { scheduleSchema } from './schedule.ts'

/** A definition that stands once in a document's schema, however often it is used. */
const definition = (name: string, description: string): JsonSchema => ({ $ref: `#/definitions/${name}`, description })

/** The `fault` of a rule, in a schema with `ruleDefinitions`. */
export const faultSchema: JsonSchema = definition('fault', 'Faults by keyword; without a direction they act downlink')

/** What may stand beside the `fault` of a rule, in a schema with `ruleDefinitions`. */
export const conditionProperties: Readonly<Record<string, JsonSchema>> = {
  match: definition('match', 'Traffic that it is for; absent: all'),
  probability: quantitySchema('share', 'share of exchanges that are hit, of datagrams over UDP; absent: all'),
  connections: quantitySchema('share', 'share of connections that are hit at all, from their beginning; absent: all'),
  priority: {
    type: 'integer',
    minimum: 0,
    maximum: 65_535,
    description: 'Of the rules that match the one with the highest priority acts; absent: 100',
  },
  enabled: { type: 'boolean', description: 'False takes the rule out; absent: true' },
  schedule: definition('schedule', 'When it acts, from the start of the slice or stress segment; absent: always'),
}

/** A list of rules, in a schema with `ruleDefinitions`. */
export const rulesSchema: JsonSchema = {
  type: 'array',
  items: definition('rule', 'Faults, and whom they hit, how often and when'),
  minItems: 1,
  description: 'Rules of which at most one acts on a connection or exchange: the strongest of those that match',
}

/** To be the `definitions` of each schema that holds one of the others here. */
export const ruleDefinitions: Readonly<Record<string, JsonSchema>> = {
  ...faultDefinitions,
  fault: faultsSchema,
  match: matchSchema,
  schedule: scheduleSchema,
  rule: objectSchema(
    {
      name: {
        type: 'string',
        pattern: '^[a-z0-9][a-z0-9-]*$',
        description: 'Unique name in results; rule-1 and so on when absent',
      },
      fault: faultSchema,
      ...conditionProperties,
    },
    { required: ['fault'], description: 'Faults, and whom they hit, how often and when' },
  ),
}

/** A `fault` by itself, as a flag holds it. */
export const faultAloneSchema: JsonSchema = { ...faultsSchema, definitions: faultDefinitions }

/** A list of rules by itself, as a flag or a file holds it. */
export const ruleSetSchema: JsonSchema = { ...rulesSchema, definitions: ruleDefinitions }
