import { Ajv, type ValidateFunction } from 'ajv'
import { faultsSchema } from '../faults/faults.ts'
import type { Problem } from '../kernel/errors.ts'
import type { JsonSchema } from '../kernel/json-schema.ts'
import { parseQuantity, type QuantityName } from '../kernel/units.ts'
import { httpKnobsSchema } from '../target/builtin/knobs.ts'
import { profileJsonSchema } from './schema.ts'
import { schemaProblems } from './schema-problems.ts'

/** A check of documents that is compiled when it is first needed. */
function checkOf(schema: () => JsonSchema): (document: unknown) => Problem[] {
  let compiled: ValidateFunction | undefined
  return (document) => {
    compiled ??= compile(schema())
    return compiled(document) ? [] : schemaProblems(compiled.errors ?? [])
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
export const validateDocument: (document: unknown) => Problem[] = checkOf(profileJsonSchema)

/** Checks a `fault` by itself, as a flag holds it. */
export const faultProblems: (document: unknown) => Problem[] = checkOf(() => faultsSchema)

/** Checks the knobs of the built-in HTTP target, as flags hold them. */
export const knobProblems: (document: unknown) => Problem[] = checkOf(() => httpKnobsSchema)
