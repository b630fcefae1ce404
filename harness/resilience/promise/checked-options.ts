import type { Problem } from '../../kernel/errors.ts'
import { found, step } from '../../kernel/json.ts'
import { didYouMean } from '../../kernel/suggest.ts'
import { badPolicy } from '../checked-client.ts'

/** Throws `bad-policy` (104) where what is wrapped is no function, or an option is none: types tell that to TypeScript only. */
export function checkWrapped(fn: unknown, name: string, options: object, known: Readonly<Record<string, true>>): void {
  const names = Object.keys(known)
  const problems: Problem[] = Object.keys(options)
    .filter((key) => !Object.hasOwn(known, key))
    .map((key) => ({
      where: step(key),
      message: `found an unknown option, allowed: ${names.join(', ')}${didYouMean(key, names)}`,
    }))
  if (typeof fn !== 'function') problems.unshift({ where: '', message: `found ${found(fn)}, allowed: a function` })
  if (problems.length > 0) throw badPolicy(`around ${name}`, problems)
}
