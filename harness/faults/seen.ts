import { type BaselineFacts, type Effect, type EffectFacts, effectOf } from '../measure/effect.ts'
import type { ExpectedFault } from './expect.ts'

/** Of so many firings one at least hits an attempt, whatever else is on their connections. */
const manyFirings = 20

export interface SeenContext {
  readonly baseline: BaselineFacts
  readonly facts: EffectFacts
  /** Whether no other fault can fail attempts, and none fails several at once. */
  readonly alone: boolean
  /** Whether several attempts may be in flight on one connection. */
  readonly multiplexed: boolean
  /** Whether its rule hits everything, always. */
  readonly always: boolean
  /** Whether what is lost may come all the same, since it was sent twice. */
  readonly doubled: boolean
}

/**
 * That a fault which fails attempts was seen to do so by the client: each firing as one failure of its classes, but for
 * attempts that the client had given up or sent again. None where a firing may go unseen.
 */
export function seenEffects(keyword: string, faults: readonly ExpectedFault[], context: SeenContext): Effect[] {
  const classes = classesOf(faults, context)
  const seen = classes.reduce((sum, error) => sum + (context.facts.attemptErrors[error] ?? 0), 0)
  if (faults.some(({ fault }) => fault.listener !== undefined)) return [turnedAway(keyword, seen, context)]
  if (faults.some(({ fault }) => fault.elsewhere !== undefined)) return seenElsewhere(keyword, faults, seen, context)
  if (context.multiplexed && context.always && faults.every(({ expected }) => expected.errorShare === 1))
    return [turnedAway(keyword, seen, context)]
  const certain = faults.every(({ expected }) => expected.errorShare !== null)
  const { eligible, fired } = context.facts.fired[keyword] ?? { eligible: 0, fired: 0 }
  if (classes.length === 0 || !certain || fired === 0) return []
  const least = leastSeen(classes, faults, fired, context)
  const own = context.baseline.backgroundShare * eligible
  const most = 1 + (own + 1) / fired
  const band = [least, context.alone ? most : Math.max(most, seen / fired)] as const
  return [effectOf(`seen.${keyword}`, 'share', band, seen / fired)]
}

/** The share of firings of which one failure each must be seen. */
function leastSeen(
  classes: readonly string[],
  faults: readonly ExpectedFault[],
  fired: number,
  { facts, multiplexed, doubled }: SeenContext,
): number {
  // What waits when a rule goes off is let go on.
  const released = classes.includes('timeout') && faults.some(({ rule }) => rule.schedule !== null)
  if (released || doubled) return 0
  // What a protocol says for itself may be hit while nobody waits.
  const all = multiplexed ? (fired < manyFirings ? 0 : 1 / fired) : 1
  return Math.max(0, all - (facts.cancelled + facts.staleReconnects) / fired)
}

/** On one connection for many each is told that it is over, not all of them by what; and there is none before the peer has spoken. */
function classesOf(faults: readonly ExpectedFault[], { multiplexed }: SeenContext): readonly string[] {
  const classes = new Set(faults.flatMap(({ expected }) => expected.errorClasses))
  if (multiplexed && classes.has('reset')) classes.add('closed')
  if (multiplexed && classes.has('timeout')) classes.add('connect')
  return [...classes]
}

/** What fails every connection, or makes each take longer, before it is dialled; those that are kept are not asked about. */
function seenElsewhere(
  keyword: string,
  faults: readonly ExpectedFault[],
  seen: number,
  context: SeenContext,
): Effect[] {
  const { always, facts } = context
  if (!always) return []
  if (faults.some(({ expected }) => expected.errorShare === 1)) return [turnedAway(keyword, seen, context)]
  const leastMs = faults.reduce((sum, { expected }) => sum + (expected.connectDelayMs ?? 0), 0)
  if (leastMs === 0 || facts.connectMs === null) return []
  return [effectOf(`seen.${keyword}`, 'ms', [leastMs, Math.max(leastMs, facts.connectMs)], facts.connectMs)]
}

/** What a segment carries on most paths: a message comes in about so many pieces. */
const pieceBytes = 1448

/**
 * That clients waited for what the relay held back: asked for where faults hit more exchanges, and held more of them, than
 * can have been those of operations that are not measured. How many of the others it must be depends on how their bytes
 * came, so that one is enough.
 */
export function waitEffects({ requestBytes, responseBytes }: BaselineFacts, { waits, fired }: EffectFacts): Effect[] {
  const hits = Object.values(fired).reduce((sum, tally) => sum + tally.fired, 0)
  const pieces = [requestBytes, responseBytes].reduce(
    (sum, { max }) => sum + Math.max(1, Math.ceil(max / pieceBytes)),
    0,
  )
  if (Math.min(waits.held, hits) <= pieces * waits.unseen) return []
  return [effectOf('seen.waits', 'count', [1, Math.max(1, waits.seen)], waits.seen)]
}

/** A listener that accepts nobody fails every attempt; one that does so at times, or for some, has failed one at least. */
function turnedAway(keyword: string, seen: number, { facts, always }: SeenContext): Effect {
  const metric = `seen.${keyword}`
  const { allAttempts, cancelled } = facts
  if (always && allAttempts > 0)
    return effectOf(metric, 'share', [1 - cancelled / allAttempts, 1], Math.min(1, seen / allAttempts))
  const effect = effectOf(metric, 'count', [1, Math.max(1, seen)], seen)
  return effect.ok ? effect : { ...effect, inconclusive: 'no attempt was turned away' }
}
