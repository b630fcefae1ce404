import type { BaselineFacts } from '../measure/effect.ts'
import type { ExpectContext, Expectation } from './fault.ts'
import { activeFaults, type ActiveFault } from './faults.ts'
import { rate } from './rate.ts'
import type { Rule } from './rule.ts'
import { canAct, isPlain } from './rules.ts'

/** What rules may know when they are asked what they will do. */
export type RulesContext = Omit<ExpectContext, 'direction'>

/** A fault of a rule that can act, with what it should do where the rule hits. */
export interface ExpectedFault extends ActiveFault {
  readonly rule: Rule
  readonly expected: Expectation
}

/** A target that takes no time and sends nothing: for what does not depend on it. */
export const anyTarget: RulesContext = {
  baseline: {
    p50Ms: 0,
    p99Ms: 0,
    singleP50Ms: 0,
    responseBytes: { min: 0, max: 0 },
    requestBytes: { min: 0, max: 0 },
    backgroundShare: 0,
  },
  operations: Number.MAX_SAFE_INTEGER,
}

/** All faults of the rules that can act. */
export function expectedFaults(rules: readonly Rule[], context: RulesContext): readonly ExpectedFault[] {
  return rules.filter(canAct).flatMap((rule) =>
    activeFaults(rule.faults).map((active) => {
      const { fault, settings, direction } = active
      return { ...active, rule, expected: fault.expect(settings, { ...context, direction }) }
    }),
  )
}

/** Share of the exchanges that one rule of an arm hits at full strength; null where that cannot be said of them. */
export function hitShare(rules: readonly Rule[]): number | null {
  const [rule, ...others] = rules.filter(canAct)
  if (!rule) return 0
  return others.length === 0 && isPlain({ ...rule, probability: 1 }) ? rule.probability : null
}

/**
 * What the faults of an arm's rules should do together to an exchange. Null where that cannot be said: of several rules, of
 * which at most one acts, and of one that hits some connections, some traffic or some of the time only, unless none of
 * their faults delays or fails anything. Where a rule hits a share of the exchanges, that share of its failures is told.
 */
export function expectationOf(
  rules: readonly Rule[],
  baseline: BaselineFacts,
  operations: number,
  datagrams = false,
): Pick<Expectation, 'delayMs' | 'errorShare'> {
  const expected = expectedFaults(rules, { baseline, operations, datagrams }).map((fault) => fault.expected)
  const share = hitShare(rules)
  const delays = expected.map(({ delayMs }) => delayMs)
  const failures = expected.map(({ errorShare }) => errorShare)
  const idle = failures.every((failing) => failing === 0)
  return {
    delayMs: share === 1 || delays.every((delay) => delay?.hi === 0) ? sumOfDelays(delays) : null,
    errorShare: idle ? 0 : share === null ? null : scaled(anyOf(failures), share),
  }
}

function sumOfDelays(delays: readonly Expectation['delayMs'][]): Expectation['delayMs'] {
  return delays.reduce((sum, one) => sum && one && { lo: sum.lo + one.lo, hi: sum.hi + one.hi }, { lo: 0, hi: 0 })
}

/** The probability of at least one of several things that do not depend on each other. */
function anyOf(shares: readonly (number | null)[]): number | null {
  return shares.reduce((any, one) => (any === null || one === null ? null : 1 - (1 - any) * (1 - one)), 0)
}

function scaled(share: number | null, by: number): number | null {
  return share === null ? null : share * by
}

/**
 * Into which direction a link of limited rate drops datagrams that it has no room for, by `rate.queueDrops`: `uplink` only,
 * so that they never reach the target, `downlink` only, or `either`.
 */
export function rateDrops(rules: readonly Rule[]): 'uplink' | 'downlink' | 'either' {
  const directions = expectedFaults(rules, { ...anyTarget, datagrams: true })
    .filter(({ fault }) => fault.keyword === rate.keyword)
    .map(({ direction }) => direction)
  const [first] = directions
  return first && directions.every((direction) => direction === first) ? first : 'either'
}

/** The delay in ms that the faults of a rule which hits everything are sure of, whatever others do besides: the most of it. */
export function knownDelayMs(rules: readonly Rule[]): number {
  if (hitShare(rules) !== 1) return 0
  return expectedFaults(rules, anyTarget).reduce((sum, { expected }) => sum + (expected.delayMs?.hi ?? 0), 0)
}

/** Whether attempts may end by nothing but the limit on waiting for them, on streams or on datagrams. */
export function mayHang(rules: readonly Rule[]): boolean {
  return [false, true]
    .flatMap((datagrams) => expectedFaults(rules, { ...anyTarget, datagrams }))
    .some(
      ({ expected: { errorShare, errorClasses } }) =>
        errorShare !== 0 && (errorClasses.includes('timeout') || errorClasses.includes('lost')),
    )
}

/** Of each fault, by keyword: how many requests fewer reach the target for each firing, at least and at most. */
export function missingRequests(
  rules: readonly Rule[],
  datagrams: boolean,
): ReadonlyMap<string, { readonly least: number; readonly most: number }> {
  const faults = Map.groupBy(expectedFaults(rules, { ...anyTarget, datagrams }), ({ fault }) => fault.keyword)
  return new Map(
    [...faults].map(([keyword, ones]) => {
      const shares = ones.flatMap(({ expected: { undelivered } }) => (undelivered === null ? [0, 1] : [undelivered]))
      return [keyword, { least: Math.min(...shares), most: Math.max(...shares) }]
    }),
  )
}
