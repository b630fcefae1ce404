import { binomialBand } from '../measure/binomial.ts'
import {
  bandAlpha,
  type BaselineFacts,
  type Effect,
  type EffectFacts,
  effectOf,
  timerSlackMs,
} from '../measure/effect.ts'
import type { RuleTally } from '../measure/rule-tally.ts'
import { addTallies } from '../measure/tally.ts'
import { duplicate } from './duplicate.ts'
import { anyTarget, type ExpectedFault, expectationOf, expectedFaults, hitShare } from './expect.ts'
import { rate } from './rate.ts'
import type { Rule } from './rule.ts'
import { isPlain } from './rules.ts'
import { seenEffects, waitEffects } from './seen.ts'

/** Lateness of the median delay in the relay that is still a correct delay, in ms; a timer is never early. */
const delayErrorMs = [-0.05, 1.5] as const

/** How an arm talks to its target, as far as effects depend on it. */
export interface EffectOptions {
  /** Whether the client's latency can show a delay: not where a client policy changes it too. */
  readonly clientLatency: boolean
  /** Exchanges are datagrams. */
  readonly datagrams?: boolean
  /** Several attempts may be in flight on one connection, so that one firing may fail all of them. */
  readonly multiplexed?: boolean
  /** Some exchanges have no answer, so that nobody misses it. */
  readonly oneWay?: boolean
  /** The faults are on the target's way to a dependency: what the client sees of them is the target's choice. */
  readonly behindTarget?: boolean
}

/**
 * What must be seen if the faults of an arm's rules acted as they should. The first proof is what they counted themselves:
 * each fired, as often as it was to where that is known; then that clients saw it fail what it fails, and that the delay
 * which a relay added is the delay it was asked for. Where one rule hits everything always, the client's median must lie in
 * [max(0.9 p50(base), L + S1) - 0.5, L + p50(base) + 3] ms, S1 being the median of a single worker: in a closed loop on a
 * busy target a true delay of L moves the median by less than L.
 */
export function faultEffects(
  rules: readonly Rule[],
  baseline: BaselineFacts,
  facts: EffectFacts,
  options: EffectOptions,
): readonly Effect[] {
  const { clientLatency, datagrams = false, multiplexed = false, oneWay = false, behindTarget = false } = options
  const faults = expectedFaults(rules, { baseline, operations: facts.operations, datagrams })
  const share = behindTarget ? null : hitShare(rules)
  const byKeyword = Map.groupBy(faults, ({ fault }) => fault.keyword)
  const seenAs = {
    baseline,
    facts,
    alone: byKeyword.size === 1 && !multiplexed,
    multiplexed,
    always: share === 1,
    doubled: datagrams && byKeyword.has(duplicate.keyword),
  }
  const ofEach = [...byKeyword].flatMap(([keyword, ones]) => [
    ...firedEffects(keyword, ones, facts, share),
    ...(behindTarget || oneWay ? [] : seenEffects(keyword, ones, seenAs)),
  ])
  const shows = clientLatency && !behindTarget && !oneWay
  return [
    ...untoldEffects(faults, facts.rulesTold),
    ...ofEach,
    ...delayErrorEffects(faults, share, facts),
    ...(shows ? latencyEffects(rules, baseline, facts, options) : []),
  ]
}

/** What the client's latency must show. */
function latencyEffects(
  rules: readonly Rule[],
  baseline: BaselineFacts,
  facts: EffectFacts,
  { datagrams = false, multiplexed = false }: EffectOptions,
): Effect[] {
  const { delayMs, errorShare } = expectationOf(rules, baseline, facts.operations, datagrams)
  const limited = expectedFaults(rules, anyTarget).some(({ fault }) => fault.keyword === rate.keyword)
  const crowded = multiplexed && (errorShare !== 0 || limited)
  return [
    ...(delayMs !== null && delayMs.hi > 0 ? [medianEffect(delayMs, baseline, facts, crowded)] : []),
    ...(datagrams ? [] : waitEffects(baseline, facts)),
  ]
}

/**
 * What must be seen of a policy's rules that stress steps put in force, of which nothing but their own counts is known: by
 * rule, as `told`. `inForceNs` is the longest time that they were in force at a stretch.
 */
export function stepEffects(
  rules: readonly Rule[],
  told: Readonly<Record<string, RuleTally>>,
  { inForceNs, datagrams }: { readonly inForceNs: number; readonly datagrams: boolean },
): readonly Effect[] {
  const counts = Object.values(told)
  const attempts = counts.reduce((sum, { matched }) => sum + matched, 0)
  const fired = counts.map(({ tallies }) => tallies).reduce(addTallies, {})
  const faults = expectedFaults(rules, { ...anyTarget, operations: attempts, datagrams })
  // Steps have neither dialler nor resolver: what acts there was never in force.
  const onTarget = ({ fault }: ExpectedFault): boolean => fault.elsewhere === 'target'
  const untold = faults.filter((one) => !onTarget(one))
  const isTold = ({ rule }: ExpectedFault): boolean => rule.name in told
  const due = faults.filter((one) =>
    onTarget(one) ? (one.fault.actsWithinNs?.(one.settings) ?? 0) <= inForceNs : isTold(one),
  )
  return [
    ...untoldOf(untold, Object.keys(told)),
    ...[...Map.groupBy(due, ({ fault }) => fault.keyword)].flatMap(([keyword, ones]) =>
      ones.some(({ fault }) => fault.listener !== undefined)
        ? [countEffect(`fired.${keyword}`, fired[keyword]?.fired ?? 0)]
        : firedEffects(keyword, ones, { fired, attempts }, hitShare(rules)),
    ),
  ]
}

/** A rule of which the relay that should have it does not tell was never in force, whatever came of it. */
function untoldEffects(faults: readonly ExpectedFault[], told: readonly string[]): Effect[] {
  const carried = faults.filter(({ fault: { elsewhere } }) => elsewhere === undefined || elsewhere === 'dns')
  return untoldOf(carried, told)
}

function untoldOf(faults: readonly ExpectedFault[], told: readonly string[]): Effect[] {
  const names = new Set(faults.map(({ rule }) => rule.name))
  return [...names].filter((name) => !told.includes(name)).map((name) => countEffect(`inForce.${name}`, 0))
}

/** That something was there at all. */
function countEffect(metric: string, observed: number): Effect {
  return effectOf(metric, 'count', [1, Math.max(1, observed)], observed)
}

/** Of `crowded` connections, on which exchanges wait for each other or for a new one, only the least is known. */
function medianEffect(
  { lo, hi }: { readonly lo: number; readonly hi: number },
  { p50Ms, singleP50Ms }: BaselineFacts,
  facts: EffectFacts,
  crowded: boolean,
): Effect {
  const most = hi + p50Ms + timerSlackMs
  const band = [
    Math.max(0.9 * p50Ms, lo + singleP50Ms) - 0.5,
    crowded ? Math.max(most, facts.p50Ms ?? 0) : most,
  ] as const
  return effectOf('p50', 'ms', band, facts.p50Ms)
}

/** The relay's own proof of a delay: asked for wherever one was made, and where one is certain. */
function delayErrorEffects(faults: readonly ExpectedFault[], share: number | null, facts: EffectFacts): Effect[] {
  const delaying = faults.filter(({ fault }) => fault.stream !== undefined || fault.datagram !== undefined)
  const certain = share === 1 && delaying.some(({ expected: { delayMs } }) => delayMs !== null && delayMs.hi > 0)
  const observed = facts.injectedDelayErrorP50Ms
  if (delaying.length === 0 || (observed === null && !certain)) return []
  return [effectOf('injectedDelayErrorP50', 'ms', delayErrorMs, observed)]
}

/**
 * How often a fault fired among what it could have acted on. One of several rules or directions has one tally, so its band
 * holds any mix of their shares. Nothing fired is never an effect, but a doubt where it was likely for all attempts.
 */
function firedEffects(
  keyword: string,
  faults: readonly ExpectedFault[],
  facts: Pick<EffectFacts, 'fired' | 'attempts'>,
  hit: number | null,
): Effect[] {
  // Whom a listener turns away nobody can count, and that it does so began before there were attempts.
  if (faults.some(({ fault }) => fault.listener !== undefined)) return []
  const { eligible, fired } = facts.fired[keyword] ?? { eligible: 0, fired: 0 }
  const effect = shareEffect(keyword, faults, { eligible, fired })
  if (fired > 0) return [effect]
  const likely = idleChance(faults, eligible, facts.attempts, hit) >= bandAlpha / 2
  return [{ ...effect, ok: false, ...(likely && { inconclusive: `nothing fired in ${eligible} eligible exchanges` }) }]
}

/** The chance that a fault which is in force never fires, at most; 1 where nothing is known of it. */
function idleChance(faults: readonly ExpectedFault[], eligible: number, attempts: number, hit: number | null): number {
  const elsewhere = new Set(faults.map(({ fault }) => fault.elsewhere))
  // Slices are long enough for what acts by the clock, and it counts what it tries.
  if (elsewhere.has('target')) return eligible > 0 || faults.some(({ rule }) => isPlain(rule)) ? 0 : 1
  const least = leastShare(faults)
  const ofEligible = (1 - least) ** eligible
  if (hit === null || attempts === 0) return ofEligible
  // The first attempt is dialled, and every connection is eligible there.
  if (elsewhere.has('dialer') && eligible === 0) return 1 - hit
  // Every attempt passes a relay: one that saw none of those it should have hit must not pass for one that had no chance.
  return elsewhere.has(undefined) ? Math.min(ofEligible, (1 - hit * least) ** attempts) : ofEligible
}

/** A band of the share where one is known; else that it fired at all. */
function shareEffect(
  keyword: string,
  faults: readonly ExpectedFault[],
  { eligible, fired }: { readonly eligible: number; readonly fired: number },
): Effect {
  const metric = `fired.${keyword}`
  const most = faults.map(({ expected }) => expected.firedShare?.hi ?? null)
  if (most.includes(null)) return effectOf(metric, 'count', [1, Math.max(1, fired)], fired)
  const band = [
    binomialBand(eligible, leastShare(faults), bandAlpha)[0],
    binomialBand(eligible, Math.max(...most.filter((share) => share !== null)), bandAlpha)[1],
  ] as const
  return effectOf(metric, 'share', band, eligible === 0 ? null : fired / eligible)
}

/** The smallest share of what is eligible that is sure to be hit; a ramp begins with nothing. */
function leastShare(faults: readonly ExpectedFault[]): number {
  return Math.min(
    ...faults.map(({ rule, expected }) => (rule.schedule?.shape.kind === 'ramp' ? 0 : (expected.firedShare?.lo ?? 0))),
  )
}
