import { faultsProblems } from '../faults/faults.ts'
import { faultAloneSchema, ruleSetSchema } from '../faults/rule-schema.ts'
import { rulesProblems } from '../faults/rules.ts'
import type { Problem } from '../kernel/errors.ts'
import { isRecord } from '../kernel/json.ts'
import { checkOf } from '../kernel/schema-check.ts'
import { targetSchema } from '../target/settings.ts'
import { protocolOf } from '../workload/schema.ts'
import { profileJsonSchema } from './schema.ts'

/** Checks a document against the profile's schema, and fills the schema's defaults into it: the argument is changed. */
export const validateDocument: (document: unknown) => Problem[] = checkOf(profileJsonSchema, (document) =>
  isRecord(document) ? protocolOf(document['workload']) : undefined,
)

const faultSchemaProblems = checkOf(() => faultAloneSchema)
const ruleSetSchemaProblems = checkOf(() => ruleSetSchema)

/** Checks a `fault` by itself, as a flag holds it. */
export function faultProblems(document: unknown): Problem[] {
  const bySchema = faultSchemaProblems(document)
  return bySchema.length > 0 ? bySchema : faultsProblems(document, '')
}

/** Checks a list of rules by itself, as a flag or a file holds it. */
export function ruleSetProblems(document: unknown): Problem[] {
  const bySchema = ruleSetSchemaProblems(document)
  return bySchema.length > 0 ? bySchema : rulesProblems(document, '')
}

/** Checks a `target` by itself, as flags make it up. */
export const targetSchemaProblems: (document: unknown) => Problem[] = checkOf(() => targetSchema)
