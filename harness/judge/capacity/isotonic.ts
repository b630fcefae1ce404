/**
 * The values that never fall and are nearest to these by least squares: neighbours that fall are pooled into their mean
 * (pool adjacent violators; Barlow, Bartholomew, Bremner, Brunk 1972, Statistical Inference under Order Restrictions).
 */
export function rising(values: readonly number[]): readonly number[] {
  const pools: { readonly mean: number; readonly count: number }[] = []
  for (const value of values) {
    let pool = { mean: value, count: 1 }
    for (let last = pools.at(-1); last && last.mean >= pool.mean; last = pools.at(-1)) {
      pools.pop()
      const count = last.count + pool.count
      pool = { mean: (last.mean * last.count + pool.mean * pool.count) / count, count }
    }
    pools.push(pool)
  }
  return pools.flatMap(({ mean, count }) => Array.from({ length: count }, () => mean))
}
