import { messageOf, type Problem } from '../kernel/errors.ts'

/** What is wrong with a regular expression at a pointer; it is compiled with the flag `u`. */
export function patternProblems(pattern: string | undefined, where: string): Problem[] {
  if (pattern === undefined) return []
  try {
    void new RegExp(pattern, 'u')
    return []
  } catch (error) {
    return [{ where, message: `found ${JSON.stringify(pattern)}, allowed: a regular expression (${messageOf(error)})` }]
  }
}
