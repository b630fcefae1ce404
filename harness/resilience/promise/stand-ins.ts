import type { Problem } from '../../kernel/errors.ts'
import { quoted } from '../../kernel/suggest.ts'
import { badPolicy } from '../checked-client.ts'
import type { FallbackSettings } from '../fallback/settings.ts'
import type { ClientPolicies } from '../settings.ts'

/** Called instead of the function, with what that threw last: undefined where a policy ended it. */
export type Alternative<Args extends readonly unknown[], Value> = (
  error: unknown,
  ...args: Args
) => PromiseLike<Value> | Value

/** What a `fallback` gives a function where a target of a profile has other targets, replies and a status. */
export interface StandInOptions<Args extends readonly unknown[], Value> {
  /** The functions that `fallback.alternatives` names. */
  readonly alternatives?: Readonly<Record<string, Alternative<Args, Value>>>
  /** The value of `fallback.default`, whose own status, headers and body are for requests of a profile. */
  readonly defaultValue?: (error: unknown, ...args: Args) => Value
  /** What tells calls apart for `fallback.cache`. Only what calls with the same key may share is to have the same. */
  readonly key?: (...args: Args) => string
  /** Copies a value that the cache keeps or gives, by `structuredClone` where absent; nothing is kept where it throws. */
  readonly copy?: (value: Value) => Value
  /** What `fallback.deadLetter` keeps of a call, as data that JSON can hold; without it, nothing but its name. */
  readonly describe?: (...args: Args) => unknown
}

/** Throws `bad-policy` (104) where a fallback needs what the options do not give, or the options give what it does not need. */
export function checkStandIns<Args extends readonly unknown[], Value>(
  name: string,
  policies: ClientPolicies,
  options: StandInOptions<Args, Value>,
): void {
  const fallbacks = policies
    .filter(({ keyword }) => keyword === 'fallback')
    .map(({ settings }) => settings as FallbackSettings)
  const wanted = [...new Set(fallbacks.flatMap(({ alternatives }) => alternatives.map(({ target }) => target)))]
  const given = Object.keys(options.alternatives ?? {})
  const missing = (what: string, key: string): Problem => ({
    where: `/${key}`,
    message: `found nothing, required by the fallback's ${what}`,
  })
  const problems = [
    ...wanted.filter((one) => !given.includes(one)).map((one) => missing('alternatives', `alternatives/${one}`)),
    ...given
      .filter((one) => !wanted.includes(one))
      .map((one) => ({
        where: `/alternatives/${one}`,
        message: `found a function for it, allowed: ${listed(wanted)}`,
      })),
    ...(fallbacks.some(({ cache }) => cache) && !options.key ? [missing('cache', 'key')] : []),
    ...(fallbacks.some((one) => one.default) && !options.defaultValue ? [missing('default', 'defaultValue')] : []),
  ]
  if (problems.length > 0) throw badPolicy(`around ${name}`, problems)
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none, as no fallback names any' : quoted(names)
}
