import type { Problem } from '../kernel/errors.ts'
import { found } from '../kernel/json.ts'

/** What is wrong with the name of a variable, a feed or an extraction. */
export function nameProblems(name: string, where: string): Problem[] {
  if (/^[A-Za-z][\w-]*$/u.test(name)) return []
  return [{ where, message: `found the name ${found(name)}, allowed: letters, digits, _ and -, a letter first` }]
}

/** Every name after its first use, with its pointer; `hints` say what to do about it. */
export function repeatedNames(
  named: readonly { readonly name: string; readonly where: string; readonly hint?: string }[],
): Problem[] {
  const seen = new Set<string>()
  return named.flatMap(({ name, where, hint = '' }) => {
    if (!seen.has(name)) {
      seen.add(name)
      return []
    }
    return [{ where, message: `found ${found(name)} once more${hint}, allowed: names that differ` }]
  })
}
