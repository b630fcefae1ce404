import type { Problem } from '../kernel/errors.ts'
import { found, step } from '../kernel/json.ts'
import { quoted } from '../kernel/suggest.ts'
import { framingHeaders, isHeaderName, isHeaderValue } from './header-rules.ts'
import { holesOf, withHolesAs } from './holes.ts'

/** What is wrong with the headers at a pointer; holes are judged when they are filled. `own` are further names that soakrig sends itself. */
export function headerProblems(
  headers: Readonly<Record<string, string>>,
  pointer: string,
  own: readonly string[] = [],
): Problem[] {
  const refused = [...framingHeaders, ...own]
  return Object.entries(headers).flatMap(([name, value]) => {
    const where = pointer + step(name)
    if (!isHeaderName(withHolesAs(name, 'x')))
      return [{ where, message: `found ${found(name)}, allowed: a header name` }]
    if (holesOf(name).length === 0 && refused.includes(name.toLowerCase()))
      return [
        { where, message: `found ${found(name)}, allowed: any but ${quoted(refused)}, which soakrig sends itself` },
      ]
    if (!isHeaderValue(withHolesAs(value, '')))
      return [{ where, message: `found ${found(value)}, allowed: one line of Latin-1 text` }]
    return []
  })
}

/** What is wrong with a path and query at a pointer. */
export function pathProblems(path: string, where: string): Problem[] {
  if (/^\/[!-"$-~]*$/u.test(withHolesAs(path, 'x'))) return []
  const allowed = 'a path and query, beginning with /, without spaces or other characters to be escaped'
  return [{ where, message: `found ${found(path)}, allowed: ${allowed}` }]
}
