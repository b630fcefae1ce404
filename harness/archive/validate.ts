import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { Problem } from '../kernel/errors.ts'
import { resultSchema } from './schema.ts'

let compiled: ValidateFunction | undefined

function compile(): ValidateFunction {
  return new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true, strictTypes: false }).compile(resultSchema)
}

/** Everything that keeps a document from being a result of this version; empty for a result. */
export function validateResult(document: unknown): Problem[] {
  compiled ??= compile()
  if (compiled(document)) return []
  return (compiled.errors ?? []).filter(({ keyword }) => keyword !== 'if').map(problemOf)
}

function problemOf({ keyword, instancePath, params, data, message }: ErrorObject): Problem {
  const missing: unknown = params['missingProperty']
  if (keyword === 'required' && typeof missing === 'string')
    return { where: `${instancePath}/${missing}`, message: 'found nothing, required' }
  const allowed: unknown = params['type'] ?? params['allowedValues'] ?? params['allowedValue']
  const said = allowed === undefined ? (message ?? 'something else') : JSON.stringify(allowed)
  return { where: instancePath, message: `found ${shown(data)}, allowed: ${said}` }
}

function shown(data: unknown): string {
  if (Array.isArray(data)) return 'a list'
  return typeof data === 'object' && data !== null ? 'an object' : (JSON.stringify(data) ?? 'nothing').slice(0, 80)
}
