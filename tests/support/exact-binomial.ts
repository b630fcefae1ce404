/** P(X = k) for X binomial, for k = 0..trials, by the recurrence from the mode outwards. */
export function exactPmf(trials: number, share: number): number[] {
  if (share <= 0 || share >= 1)
    return Array.from({ length: trials + 1 }, (_, k) => (k === (share <= 0 ? 0 : trials) ? 1 : 0))
  const mode = Math.min(trials, Math.floor((trials + 1) * share))
  const weights = Array.from({ length: trials + 1 }, () => 0)
  weights[mode] = 1
  const odds = share / (1 - share)
  for (let k = mode; k < trials; k++) weights[k + 1] = ((weights[k] ?? 0) * (trials - k) * odds) / (k + 1)
  for (let k = mode; k > 0; k--) weights[k - 1] = ((weights[k] ?? 0) * k) / ((trials - k + 1) * odds)
  const total = weights.reduce((a, b) => a + b, 0)
  return weights.map((weight) => weight / total)
}

/** P(from <= X <= to), summed term by term. */
export function exactProbability(trials: number, share: number, from: number, to: number): number {
  return exactPmf(trials, share)
    .slice(Math.max(0, from), to + 1)
    .reduce((a, b) => a + b, 0)
}
