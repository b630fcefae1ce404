import type { Chance } from './chance.ts'

/** How much a machine's speed wanders. Slow-downs are logarithms: 0.05 takes 5 % more time. */
export interface NoiseLevel {
  /** Standard deviation of the drift, an Ornstein-Uhlenbeck process. */
  readonly drift: number
  /** What a busy neighbour adds, how long it stays away on average, and how long it is busy. */
  readonly burst: number
  readonly quietSeconds: number
  readonly busySeconds: number
  /** Standard deviation of what every half second has of its own. */
  readonly white: number
}

/** The levels of statistics.md B3: an idle machine, a shared one, a crowded one. */
export const noiseLevels = {
  quiet: { drift: 0.01, burst: 0.05, quietSeconds: 120, busySeconds: 5, white: 0.02 },
  medium: { drift: 0.03, burst: 0.12, quietSeconds: 40, busySeconds: 8, white: 0.04 },
  high: { drift: 0.06, burst: 0.25, quietSeconds: 25, busySeconds: 12, white: 0.06 },
} as const satisfies Readonly<Record<string, NoiseLevel>>

export type NoiseLevelName = keyof typeof noiseLevels

/** Correlation time of the drift. B3 has none; with this its table of standard deviations per round is met (`tests/bench/verdicts.ts --only noise`). */
export const driftSeconds = 30

/** What is peculiar to a kind of noise. Absent: as B3 has it. */
export interface NoiseKind {
  /** What every half second has of its own, with a standard deviation of 1. */
  readonly white?: (chance: Chance) => number
  /** The factor by which a burst is larger than usual. */
  readonly burst?: (chance: Chance) => number
  /** The slow-down that a process has all its life. */
  readonly process?: (chance: Chance) => number
  /** A wave through everything, of this period; its amplitude is that of the level's burst, halved. */
  readonly waveSeconds?: number
  /** How much slower the machine is at the end of a run than at its start. */
  readonly trend?: number
}

const processSd = 0.01
const normalProcess = (chance: Chance): number => processSd * chance.normal()

/** A process that is in a slow mode with this chance. */
const slowMode = (share: number, slowdown: number) => (chance: Chance) =>
  normalProcess(chance) + (chance.uniform() < share ? slowdown : 0)

/** Seconds of a slice with what is discarded of it; a wave of as long as one, two, three or six of them meets a cycle of arms. */
export const sliceSeconds = 2

export const noiseKinds = {
  plain: {},
  'heavy tails': {
    white: (chance) => chance.heavy(),
    // Pareto with mean 1: one neighbour in a hundred is nearly five times as loud.
    burst: (chance) => 0.6 * (1 - chance.uniform()) ** -0.4,
  },
  'wave of 1 slice': { waveSeconds: sliceSeconds },
  'wave of 2 slices': { waveSeconds: 2 * sliceSeconds },
  'wave of 3 slices': { waveSeconds: 3 * sliceSeconds },
  'wave of 6 slices': { waveSeconds: 6 * sliceSeconds },
  'wave of 5 s': { waveSeconds: 5 },
  /** A third of a round of a pair without control. */
  'wave of 9 s': { waveSeconds: 9 },
  'wave of 60 s': { waveSeconds: 60 },
  'two modes': { process: slowMode(0.3, 0.04) },
  'rare slow mode': { process: slowMode(0.1, 0.1) },
  'rare fast mode': { process: slowMode(0.9, 0.1) },
  trend: { trend: 0.3 },
} as const satisfies Readonly<Record<string, NoiseKind>>

export type NoiseKindName = keyof typeof noiseKinds

/** The slow-down of a new process. */
export function processOf(kind: NoiseKind, chance: Chance): number {
  return (kind.process ?? normalProcess)(chance)
}
