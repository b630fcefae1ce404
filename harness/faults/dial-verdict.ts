import { hits } from './chance.ts'
import type { StageContext } from './fault.ts'
import { count } from './fault-counter.ts'
import { handshake, type HandshakeSettings, synDelayNs, synTries } from './handshake.ts'
import type { RuleStages } from './relay/rule-stages.ts'
import { uniformDelayNs } from './uniform-delay.ts'
import { unreachable, type UnreachableSettings } from './unreachable.ts'

/** What becomes of one connection that is to be dialled. */
export interface DialVerdict {
  /** What it fails with once the delay is over. */
  readonly failure: Error | null
  readonly delayNs: number
}

/** Whether a fault acts where connections are dialled. */
export function isDialled({ keyword }: { readonly keyword: string }): boolean {
  return keyword === handshake.keyword || keyword === unreachable.keyword
}

/** Decides one connection by the rules that act on it, and counts what they do. What cannot be reached has no handshake. */
export function dialVerdict(acting: readonly RuleStages[], nowNs: number, shakesHands: boolean): DialVerdict {
  let delayNs = 0
  for (const stages of acting) {
    if (!stages.isOn(nowNs)) continue
    // The table's order has the handshake first, but what is not reachable does not get that far.
    for (const { fault, settings, direction } of stages.state.active.toReversed()) {
      const context = stages.context(fault, direction)
      if (fault.keyword === unreachable.keyword) {
        const failure = withoutRoute(settings as UnreachableSettings, context, nowNs)
        if (failure) return { failure, delayNs: 0 }
      } else if (fault.keyword === handshake.keyword && shakesHands) {
        const shaken = shake(settings as HandshakeSettings, context, nowNs)
        delayNs += shaken.delayNs
        if (shaken.failure) return { failure: shaken.failure, delayNs }
      }
    }
  }
  return { failure: null, delayNs }
}

function withoutRoute({ probability, code }: UnreachableSettings, context: StageContext, nowNs: number): Error | null {
  const { tally } = context
  tally.eligible++
  if (!hits(context, 'unreachable', probability, nowNs)) return null
  tally.fired++
  return synthetic(code)
}

/** How much longer a handshake takes, or when it is given up. */
function shake({ delayNs, jitterNs, loss }: HandshakeSettings, context: StageContext, nowNs: number): DialVerdict {
  const { tally, counters, rng } = context
  const strength = context.strength(nowNs)
  tally.eligible++
  let lost = 0
  while (loss > 0 && lost < synTries && hits(context, 'syn', loss, nowNs)) lost++
  if (lost > 0) count(counters, 'handshake.synsLost', lost)
  const tripNs = Math.round(
    strength * uniformDelayNs(delayNs, jitterNs, () => context.decide('delay', () => rng.next())),
  )
  if (lost > 0 || tripNs > 0) tally.fired++
  return lost === synTries
    ? { failure: synthetic('ETIMEDOUT'), delayNs: synDelayNs(lost) }
    : { failure: null, delayNs: synDelayNs(lost) + tripNs }
}

/** An error that the kernel has no part in. */
function synthetic(code: string): Error {
  return Object.assign(new Error(`connect ${code} (synthetic)`), { code, syscall: 'connect', synthetic: true })
}
