/** When policies were in force during a segment, on the run's clock. */
export interface FaultSpans {
  /** These may be in force from now on, besides those that are. */
  begin(names: readonly string[], nowNs: number): void
  /** By now no others are in force than these. */
  narrow(names: readonly string[], nowNs: number): void
  /**
   * The policies that may have touched what ended between two moments, sorted by name, and whether one of them was not in
   * force all the time.
   */
  between(fromNs: number, toNs: number): { readonly faults: readonly string[]; readonly settling: boolean }
}

interface Span {
  readonly name: string
  readonly fromNs: number
  /** When it was surely in force. */
  sureNs: number
  /** Infinity while it is in force. */
  toNs: number
}

/** Follows what is in force; what a fault did is felt for `settleNs` after it. Spans are as many as there are steps. */
export function followFaults(settleNs: number): FaultSpans {
  const spans: Span[] = []
  const open = (): Span[] => spans.filter(({ toNs }) => toNs === Number.POSITIVE_INFINITY)
  return {
    begin(names, nowNs) {
      const known = open()
      for (const name of names) {
        if (!known.some((span) => span.name === name))
          spans.push({ name, fromNs: nowNs, sureNs: Number.POSITIVE_INFINITY, toNs: Number.POSITIVE_INFINITY })
      }
    },
    narrow(names, nowNs) {
      for (const span of open()) {
        if (names.includes(span.name)) span.sureNs = Math.min(span.sureNs, nowNs)
        else span.toNs = nowNs
      }
    },
    between(fromNs, toNs) {
      const touching = spans.filter((span) => span.fromNs < toNs && span.toNs + settleNs > fromNs)
      return {
        faults: [...new Set(touching.map(({ name }) => name))].toSorted(),
        settling: touching.some((span) => span.sureNs > fromNs || span.toNs < toNs),
      }
    },
  }
}
