import { Ajv, type ValidateFunction } from 'ajv'
import { faultsProblems } from '../faults/faults.ts'
import { faultAloneSchema, ruleSetSchema } from '../faults/rule-schema.ts'
import { rulesProblems } from '../faults/rules.ts'
import type { Problem } from '../kernel/errors.ts'
import { isRecord } from '../kernel/json.ts'
import type { JsonSchema } from '../kernel/json-schema.ts'
import { parseQuantity, type QuantityName } from '../kernel/units.ts'
import { targetSchema } from '../target/settings.ts'
import { protocolOf } from '../workload/schema.ts'
import { profileJsonSchema } from './schema.ts'
import { schemaProblems } from './schema-problems.ts'

/** A check of documents whose schema is compiled when it is first needed; `keyOf` says which of several one needs. */
function checkOf(
  schema: (key: string | undefined) => JsonSchema,
  keyOf: (document: unknown) => string | undefined = () => undefined,
): (document: unknown) => Problem[] {
  const compiled = new Map<string | undefined, ValidateFunction>()
  return (document) => {
    const key = keyOf(document)
    const check = compiled.get(key) ?? compile(schema(key))
    compiled.set(key, check)
    return check(document) ? [] : schemaProblems(check.errors ?? [])
  }
}

function compile(schema: JsonSchema): ValidateFunction {
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    useDefaults: true,
    allowUnionTypes: true,
    strictTypes: false,
    strictRequired: false,
    // Else each use of a definition would be a copy of its code.
    inlineRefs: false,
  })
  ajv.addKeyword({
    keyword: 'quantity',
    type: ['string', 'number'],
    schemaType: 'string',
    validate: (name: QuantityName, data: unknown) => 'value' in parseQuantity(name, data),
  })
  return ajv.compile(schema)
}

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
