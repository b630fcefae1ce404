import type { ResultDeadLetter } from '../archive/result.ts'
import type { Clock } from '../kernel/clock.ts'
import { isRecord } from '../kernel/json.ts'
import { nsPerMs } from '../kernel/units.ts'
import type { DeadLetter } from '../measure/dead-letter.ts'
import { hidden } from '../profile/env-references.ts'
import type { Profile } from '../profile/profile.ts'

/** What is written of a call that an arm's client gave up: at which time of day, and without what was secret in it. */
export function archivedLetter(
  { atNs, message, ...letter }: DeadLetter,
  arm: string,
  clock: Pick<Clock, 'date' | 'nowNs'>,
  secrets: Profile['secrets'],
): ResultDeadLetter {
  const at = new Date(clock.date().getTime() - (clock.nowNs() - atNs) / nsPerMs)
  return { time: at.toISOString(), arm, ...letter, message: withoutSecrets(message, secrets) }
}

/** The same with every text in it as it may be shown. */
function withoutSecrets(value: unknown, secrets: Profile['secrets']): unknown {
  if (typeof value === 'string') return hidden(value, secrets)
  if (Array.isArray(value)) return value.map((one) => withoutSecrets(one, secrets))
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutSecrets(one, secrets)]))
}
