import type { BreakerStats } from './breaker/breaker.ts'

/** From when on a breaker is worth an alert. */
export interface AlertLimits {
  /** Not closed for longer than this, in ns. */
  readonly openForNs: number
  /** A higher share of failures in its window, */
  readonly failureRate: number
  /** of at least so many calls. */
  readonly minimumCalls: number
}

/** Those of the source (S13), but that a share needs some calls to say something. */
export const defaultLimits: AlertLimits = { openForNs: 300e9, failureRate: 0.3, minimumCalls: 10 }

/** Something about a breaker that somebody should look at. */
export interface BreakerAlert {
  readonly breaker: string
  readonly kind: 'open-too-long' | 'failure-rate'
  /** When it was first seen. */
  readonly sinceNs: number
  /** How long it has been open in ns, or the share of failures, as last seen; and what is allowed. */
  readonly value: number
  readonly limit: number
}

/** How many breakers are in which state; the mean is 0 where there is none. */
export interface BreakerSummary {
  readonly total: number
  readonly open: number
  readonly halfOpen: number
  readonly closed: number
  readonly meanFailureRate: number
}

/** What has changed since the monitor last looked. */
export interface AlertChanges {
  readonly raised: readonly BreakerAlert[]
  readonly cleared: readonly BreakerAlert[]
}

/**
 * Raises alerts of breakers and clears them again. It is shown their stats as often as one likes; one that is not
 * among them any more has no alerts. A breaker that looks now and then whether its target is back, and opens again, has
 * been open all the while: the time counts from when it ceased to be closed, not from its last failure.
 */
export class BreakerMonitor {
  readonly #limits: AlertLimits
  #alerts = new Map<string, BreakerAlert>()

  constructor(limits: Partial<AlertLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits }
  }

  /** Alerts in force, those that are furthest beyond their limit first. */
  get alerts(): readonly BreakerAlert[] {
    return [...this.#alerts.values()].sort((a, b) => b.value / b.limit - a.value / a.limit)
  }

  observe(stats: readonly BreakerStats[], nowNs: number): AlertChanges {
    const before = this.#alerts
    const found = stats.flatMap((one) => alertsOf(one, this.#limits, nowNs))
    this.#alerts = new Map(
      found.map((alert) => {
        const key = `${alert.kind} ${alert.breaker}`
        return [key, { ...alert, sinceNs: before.get(key)?.sinceNs ?? nowNs }]
      }),
    )
    return { raised: notIn(before, this.#alerts), cleared: notIn(this.#alerts, before) }
  }
}

/** Counts breakers by state. */
export function summaryOf(stats: readonly BreakerStats[]): BreakerSummary {
  const inState = (wanted: BreakerStats['state']): number => stats.filter(({ state }) => state === wanted).length
  const rates = stats.reduce((sum, { failureRate }) => sum + failureRate, 0)
  return {
    total: stats.length,
    open: inState('open'),
    halfOpen: inState('half-open'),
    closed: inState('closed'),
    meanFailureRate: stats.length === 0 ? 0 : rates / stats.length,
  }
}

/** Beyond a limit is more than it. */
function alertsOf(
  { name: breaker, openedNs, failureRate, totalCalls }: BreakerStats,
  limits: AlertLimits,
  nowNs: number,
): readonly BreakerAlert[] {
  const openForNs = openedNs === null ? 0 : nowNs - openedNs
  const tooLong = openForNs > limits.openForNs
  const tooMany = totalCalls >= limits.minimumCalls && failureRate > limits.failureRate
  const base = { breaker, sinceNs: nowNs }
  return [
    ...(tooLong ? [{ ...base, kind: 'open-too-long' as const, value: openForNs, limit: limits.openForNs }] : []),
    ...(tooMany ? [{ ...base, kind: 'failure-rate' as const, value: failureRate, limit: limits.failureRate }] : []),
  ]
}

function notIn(
  known: ReadonlyMap<string, BreakerAlert>,
  alerts: ReadonlyMap<string, BreakerAlert>,
): readonly BreakerAlert[] {
  return [...alerts].filter(([key]) => !known.has(key)).map(([, alert]) => alert)
}
