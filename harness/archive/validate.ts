import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { Problem } from '../kernel/errors.ts'
import type { JsonSchema } from '../kernel/json-schema.ts'
import type { ResultWindow } from './result.ts'
import { resultSchema } from './schema.ts'
import { windowSchema } from './window-schema.ts'

/** Compiles a schema when it is first needed. It is ours, and a test holds it against the meta-schema, whose code takes long to compile. */
function checkOf(schema: JsonSchema): () => ValidateFunction {
  const told = { allErrors: true, verbose: true, allowUnionTypes: true, strictTypes: false }
  // Nor does the pass that makes the code quicker save what it takes.
  const options = { ...told, validateSchema: false, code: { optimize: false } }
  let compiled: ValidateFunction | undefined
  return () => (compiled ??= new Ajv(options).compile(schema))
}

const checkResult = checkOf(resultSchema)
const checkWindow = checkOf(windowSchema)

/** Everything that keeps a document from being a result of this version; empty for a result. */
export function validateResult(document: unknown): Problem[] {
  const check = checkResult()
  if (check(document)) return []
  return (check.errors ?? []).filter(({ keyword }) => keyword !== 'if').map(problemOf)
}

/** Whether a line of a windows file is one. */
export function isWindow(line: unknown): line is ResultWindow {
  return checkWindow()(line) === true
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
