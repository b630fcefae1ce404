/** Letters and digits only: `error-rate` and `errorRate` are the same word. */
function bare(word: string): string {
  return word.toLowerCase().replaceAll(/[^a-z0-9]/gu, '')
}

/** Edits from one word to another: insert, drop, replace or swap neighbours (optimal string alignment). */
function distance(from: string, to: string): number {
  let before: number[] = []
  let above = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const edits = [
        (above[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (above[column - 1] ?? 0) + (same ? 0 : 1),
      ]
      if (swapped) edits.push((before[column - 2] ?? 0) + 1)
      current.push(Math.min(...edits))
    }
    before = above
    above = current
  }
  return above[to.length] ?? 0
}

/** The candidate that was probably meant, at most a third of its letters away; undefined when none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: distance(bare(word), bare(candidate)) }))
    .filter(({ candidate, edits }) => edits <= Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3)))
    .toSorted((a, b) => a.edits - b.edits)
  return ranked[0]?.candidate
}

/** `; did you mean "latency"?` when a candidate is near, else nothing: the end of a problem's message. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const near = nearest(word, candidates)
  return near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`
}

/** A list for people: `"a", "b"`. */
export function quoted(words: readonly string[]): string {
  return words.map((word) => JSON.stringify(word)).join(', ')
}
