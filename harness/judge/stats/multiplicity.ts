/**
 * Which of several tests may be rejected together with an error of at most `alpha` that any of them is wrong, whatever they
 * have in common (Holm 1979, Scand. J. Stat. 6:65): per test the level that its p was held to, and whether it was rejected.
 * A test that was not reached because one with a smaller p was kept has the level of that one.
 */
export function holm(
  ps: readonly number[],
  alpha: number,
): readonly { readonly level: number; readonly rejected: boolean }[] {
  const order = ps.map((_, index) => index).toSorted((a, b) => (ps[a] as number) - (ps[b] as number) || a - b)
  const kept = order.findIndex((test, position) => (ps[test] as number) > alpha / (ps.length - position))
  const reached = kept === -1 ? ps.length : kept
  return ps.map((_, test) => {
    const position = order.indexOf(test)
    return { level: alpha / (ps.length - Math.min(position, reached)), rejected: position < reached }
  })
}

/**
 * The smallest share of wrong ones among the rejected (false-discovery rate) at which each test is rejected
 * (Benjamini and Hochberg 1995, J. R. Stat. Soc. B 57:289), in the order of the tests.
 */
export function falseDiscoveryRates(ps: readonly number[]): readonly number[] {
  const order = ps.map((_, index) => index).toSorted((a, b) => (ps[b] as number) - (ps[a] as number))
  const rates = ps.map(() => 1)
  let least = 1
  for (const [position, test] of order.entries()) {
    least = Math.min(least, ((ps[test] as number) * ps.length) / (ps.length - position))
    rates[test] = least
  }
  return rates
}
