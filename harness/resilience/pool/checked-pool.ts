import type { Problem } from '../../kernel/errors.ts'
import { copyOf } from '../../kernel/json.ts'
import { checkOf } from '../../kernel/schema-check.ts'
import { poolProblems, programPoolSchema } from './settings.ts'

const schemaProblemsOf = checkOf(() => programPoolSchema)

/** All that is wrong with a pool that stands by itself, as a program holds it. */
export function checkPool(raw: unknown): readonly Problem[] {
  const bySchema = schemaProblemsOf(copyOf(raw))
  return bySchema.length > 0 ? bySchema : poolProblems(raw, '')
}
