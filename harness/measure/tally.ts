/** Proof that a fault acted: what it could have acted on, what it did act on, and the bytes of the latter. */
export interface Tally {
  eligible: number
  fired: number
  bytes: number
}

/** Tallies by fault keyword. */
export type Tallies = Readonly<Record<string, Readonly<Tally>>>

/** A tally of nothing yet. */
export function emptyTally(): Tally {
  return { eligible: 0, fired: 0, bytes: 0 }
}

/** The difference of two readings of growing tallies. */
export function talliesBetween(before: Tallies, after: Tallies): Tallies {
  return combine(after, before, (a, b) => a - b)
}

/** The sum of tallies by keyword. */
export function addTallies(a: Tallies, b: Tallies): Tallies {
  return combine(a, b, (x, y) => x + y)
}

function combine(a: Tallies, b: Tallies, by: (x: number, y: number) => number): Tallies {
  const keywords = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  return Object.fromEntries(
    keywords.map((keyword) => {
      const x = a[keyword] ?? emptyTally()
      const y = b[keyword] ?? emptyTally()
      return [
        keyword,
        { eligible: by(x.eligible, y.eligible), fired: by(x.fired, y.fired), bytes: by(x.bytes, y.bytes) },
      ]
    }),
  )
}
