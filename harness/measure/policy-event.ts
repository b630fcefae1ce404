/** Something that happened to a client policy as a whole, such as a breaker that opened. */
export interface PolicyEvent {
  /** On the monotonic clock that all processes of a run share, in ns. */
  readonly atNs: number
  /** The keyword of the policy. */
  readonly policy: string
  /** Its name, where it has one. */
  readonly name: string | null
  /** What happened, such as the state that it changed to. */
  readonly event: string
  /** The state before, where there was one, and why it changed. */
  readonly from: string | null
  readonly reason: string | null
}

/** Events in order; what came after so many was only counted. */
export interface PolicyEvents {
  readonly kept: readonly PolicyEvent[]
  readonly dropped: number
}

/** So many events of an arm are kept. */
export const policyEventCap = 1000

export const noEvents: PolicyEvents = { kept: [], dropped: 0 }

/** Those of both, in order. */
export function addEvents(a: PolicyEvents, b: PolicyEvents): PolicyEvents {
  if (b.kept.length === 0 && b.dropped === 0) return a
  const all = [...a.kept, ...b.kept].sort((one, other) => one.atNs - other.atNs)
  const kept = all.slice(0, policyEventCap)
  return { kept, dropped: a.dropped + b.dropped + all.length - kept.length }
}
