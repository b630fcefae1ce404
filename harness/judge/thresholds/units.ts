import type { Threshold } from '../../profile/profile.ts'

/** What limits on the use of the target are about. */
export const stressStage = 'stress stage'

/** The unit of what a threshold is about, where the target uses it. */
export function unitOf({ metric, aggregate }: Pick<Threshold, 'metric' | 'aggregate'>): string {
  const unit = metric === 'rss' ? 'KiB' : metric === 'cpu' ? 'cores' : metric
  return aggregate === 'slope' ? `${unit}/h` : unit
}
