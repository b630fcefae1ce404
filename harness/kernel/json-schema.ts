import { quantities, type QuantityName } from './units.ts'

/** A JSON Schema (draft-07 as ajv reads it), with one keyword of our own: `quantity`, a string with a unit. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

/** Schema of a string with a unit; ajv checks it with `parseQuantity`, editors by the pattern. */
export function quantitySchema(name: QuantityName, description: string): JsonSchema {
  const { units, example } = quantities[name]
  const text = {
    type: 'string',
    pattern: `^(\\d+(\\.\\d+)?|\\.\\d+)\\s*(${Object.keys(units).join('|')})${name === 'share' ? '?' : ''}$`,
  }
  const bare = { type: 'number', minimum: 0, maximum: 1 }
  return {
    description: `${description} (${example})`,
    quantity: name,
    ...(name === 'share' ? { anyOf: [text, bare] } : text),
  }
}

/** Schema of an object whose keys are all known; unknown ones are errors. */
export function objectSchema(
  properties: Readonly<Record<string, JsonSchema>>,
  { required = [], description }: { required?: readonly string[]; description?: string } = {},
): JsonSchema {
  return {
    ...(description && { description }),
    type: 'object',
    properties,
    additionalProperties: false,
    ...(required.length > 0 && { required }),
  }
}
