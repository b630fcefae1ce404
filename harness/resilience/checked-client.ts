import { type Problem, SoakrigError } from '../kernel/errors.ts'
import { copyOf } from '../kernel/json.ts'
import { checkOf } from '../kernel/schema-check.ts'
import { clientProblems, clientSchema, type RawClient } from './settings.ts'

const schemaProblemsOf = checkOf(() => clientSchema)

/** A `client` that was checked, as a copy of its own with its defaults filled in; or what is wrong with it. */
export type CheckedClient =
  | { readonly client: RawClient; readonly problems: readonly [] }
  | { readonly client: null; readonly problems: readonly Problem[] }

/** Checks a `client` by itself, as a program or a file holds it; `where` is the pointer to it. */
export function checkClient(raw: unknown, where = ''): CheckedClient {
  const copy = copyOf(raw)
  const bySchema = schemaProblemsOf(copy).map((problem) => ({ ...problem, where: where + problem.where }))
  const problems = bySchema.length > 0 ? bySchema : clientProblems(copy as RawClient, where)
  return problems.length > 0 ? { client: null, problems } : { client: copy as RawClient, problems: [] }
}

/** The error of policies that cannot be used, every problem in it. */
export function badPolicy(what: string, problems: readonly Problem[]): SoakrigError {
  const [first] = problems
  const told = first ? `: ${first.where === '' ? '' : `${first.where}: `}${first.message}` : ''
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
  return new SoakrigError(`bad policy ${what}${told}${more}`, { code: 'bad-policy', exit: 'usage', problems })
}
