/** Breaks a run behind its own back, to prove that it notices; recorded in the result. */
export const sabotages = ['fault-off', 'stats-skew', 'lost-pid'] as const
export type Sabotage = (typeof sabotages)[number]
