import type { EventEmitter } from 'node:events'
import { isRecord } from '../../kernel/json.ts'

/** The states of a breaker, as ours has them. */
export type CircuitState = 'open' | 'half-open' | 'closed'

type Listener = (state: CircuitState) => void

const cockatiel = { onBreak: 'open', onHalfOpen: 'half-open', onReset: 'closed' } as const
const opossum = { open: 'open', halfOpen: 'half-open', close: 'closed' } as const

/** Tells of the changes of a breaker that cockatiel or opossum made, also within what cockatiel wrapped around it. */
export function watchBreaker(subject: unknown, changed: Listener): void {
  if (!isRecord(subject)) return
  for (const [event, state] of Object.entries(cockatiel)) {
    const subscribe = subject[event]
    if (typeof subscribe === 'function') subscribe.call(subject, () => changed(state))
  }
  if (typeof subject['fire'] === 'function' && typeof subject['on'] === 'function')
    for (const [event, state] of Object.entries(opossum))
      (subject as unknown as EventEmitter).on(event, () => changed(state))
  const { wrapped } = subject
  if (Array.isArray(wrapped)) for (const one of wrapped) watchBreaker(one, changed)
}
