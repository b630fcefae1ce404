import { normalCdf, normalQuantile } from './distributions.ts'

/** How far from its mean a normal distribution is followed, in standard deviations. */
const reach = 7

/** Points of a sum within one standard deviation of what is summed up. */
const fineness = 6

/**
 * The one-sided error that each of several looks at growing data may have, the same at all of them, so that a test that is
 * repeated at each is wrong with a chance of `alpha` at any of them (Pocock 1977, Biometrika 64:191). Looks have in common
 * what they had before: their sums are those of a random walk, of which the chance never to have crossed is integrated from
 * look to look (Armitage, McPherson and Rowe 1969, J. R. Stat. Soc. A 132:235). `counts` are ascending, of at least one
 * look. Good to 1e-5 of itself.
 */
export function constantLevel(counts: readonly number[], alpha: number): number {
  if (counts.length < 2) return alpha
  // Looks that had everything in common would allow the most, those with nothing in common the least.
  let [low, high] = [normalQuantile(1 - alpha), normalQuantile(1 - alpha / counts.length)]
  let [above, below] = [everAbove(counts, low) - alpha, everAbove(counts, high) - alpha]
  // By the rule of false position; the end that stays counts half (the Illinois variant).
  for (let middle = high; ;) {
    const last = middle
    middle = (low * below - high * above) / (below - above)
    if (Math.abs(middle - last) < 1e-9) return normalCdf(-middle)
    const excess = everAbove(counts, middle) - alpha
    if (excess > 0) [low, above, below] = [middle, excess, below / 2]
    else [high, below, above] = [middle, excess, above / 2]
  }
}

/** The chance that a walk is above `bound` of its own standard deviations at one of the looks. */
function everAbove(counts: readonly number[], bound: number): number {
  let at = 0
  let density: Density = { from: 0, step: 0, weights: [1] }
  let crossed = 0
  for (const [index, count] of counts.entries()) {
    const deviation = Math.sqrt(count - at)
    const limit = bound * Math.sqrt(count)
    for (const [place, weight] of density.weights.entries())
      crossed += weight * normalCdf((density.from + place * density.step - limit) / deviation)
    const next = counts[index + 1]
    if (next !== undefined) density = moved(density, deviation, { limit, count, next })
    at = count
  }
  return crossed
}

/** A density where it is known, times the weights by which it is summed up (Simpson's rule). */
interface Density {
  readonly from: number
  readonly step: number
  readonly weights: readonly number[]
}

/** The density of the walk at its next look, as far as it is below the limit there. */
function moved(
  { from, step, weights }: Density,
  deviation: number,
  { limit, count, next }: { readonly limit: number; readonly count: number; readonly next: number },
): Density {
  const start = -reach * Math.sqrt(count)
  // Fine enough for what was added since, and for what will be until the next look.
  const finest = Math.min(deviation, Math.sqrt(next - count)) / fineness
  const steps = 2 * Math.ceil((limit - start) / finest / 2)
  const width = (limit - start) / steps
  const near = Math.ceil((reach * deviation) / (step || 1))
  const density = (x: number): number => {
    const middle = step === 0 ? 0 : Math.round((x - from) / step)
    const last = Math.min(weights.length - 1, middle + near)
    let sum = 0
    for (let place = Math.max(0, middle - near); place <= last; place++) {
      const z = (x - from - place * step) / deviation
      sum += (weights[place] as number) * Math.exp((-z * z) / 2)
    }
    return sum / (deviation * Math.sqrt(2 * Math.PI))
  }
  return {
    from: start,
    step: width,
    weights: Array.from({ length: steps + 1 }, (_, place) => {
      const simpson = place === 0 || place === steps ? 1 : place % 2 === 1 ? 4 : 2
      return ((simpson * width) / 3) * density(start + place * width)
    }),
  }
}
