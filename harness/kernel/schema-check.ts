import { Ajv, type ValidateFunction } from 'ajv'
import type { Problem } from './errors.ts'
import type { JsonSchema } from './json-schema.ts'
import { keysIn, keysOfDefaults, partOf } from './schema-part.ts'
import { schemaProblems } from './schema-problems.ts'
import { parseQuantity, type QuantityName } from './units.ts'

/** So many different documents are checked with what matters to them; further ones are worth the whole schema. */
const mostParts = 2

/**
 * A check of documents whose schema is compiled when it is first needed; `keyOf` says which of several one needs. It fills
 * the schema's defaults into the document. To compile a large schema takes half a second, so that the first documents are
 * checked with the part of it that says something of their keys.
 */
export function checkOf(
  schema: (key: string | undefined) => JsonSchema,
  keyOf: (document: unknown) => string | undefined = () => undefined,
): (document: unknown) => Problem[] {
  const known = new Map<string | undefined, CompiledSchema>()
  return (document) => {
    const key = keyOf(document)
    const compiled = known.get(key) ?? new CompiledSchema(schema(key))
    known.set(key, compiled)
    return compiled.check(document)
  }
}

class CompiledSchema {
  readonly #schema: JsonSchema
  readonly #parts = new Map<string, ValidateFunction>()
  readonly #ofDefaults: ReadonlySet<string>
  #whole: ValidateFunction | undefined

  constructor(schema: JsonSchema) {
    this.#schema = schema
    this.#ofDefaults = keysOfDefaults(schema)
  }

  check(document: unknown): Problem[] {
    const check = this.#whole ?? this.#partFor(document)
    return check(document) ? [] : schemaProblems(check.errors ?? [])
  }

  #partFor(document: unknown): ValidateFunction {
    const keys = keysIn(document, new Set(this.#ofDefaults))
    const name = JSON.stringify([...keys].toSorted())
    const known = this.#parts.get(name)
    if (known) return known
    if (this.#parts.size === mostParts) return (this.#whole = compile(this.#schema))
    const made = compile(partOf(this.#schema, keys))
    this.#parts.set(name, made)
    return made
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
    // The schemas are ours, and tests hold them against the meta-schema, whose code takes long to compile.
    validateSchema: false,
    // A pass over the code that takes longer than what it saves.
    code: { optimize: false },
  })
  ajv.addKeyword({
    keyword: 'quantity',
    type: ['string', 'number'],
    schemaType: 'string',
    validate: (name: QuantityName, data: unknown) => 'value' in parseQuantity(name, data),
  })
  return ajv.compile(schema)
}
