import { significant } from '../../kernel/units.ts'
import { type Doubt, doubt } from '../../measure/doubts.ts'
import { mser } from '../stats/mser.ts'
import type { CalibratedSlopes } from './bound.ts'
import { type EnvelopePoint, envelopeOf, windowSecondsOf } from './envelope.ts'
import {
  cadenceOf,
  countOf,
  type MemoryKind,
  type MemorySample,
  missingSeconds,
  outside,
  type Reading,
  readingsOf,
  type Span,
} from './series.ts'

/** A run whose memory, files or threads are judged. Amounts are KiB, or numbers of files or threads. */
export interface MemoryCase {
  readonly kind: MemoryKind
  /** In the order of time; at least one. */
  readonly samples: readonly MemorySample[]
  /** With the time that the target was given to settle: the trend has none of them, the ceiling has. */
  readonly faults: readonly Span[]
  readonly calibration: CalibratedSlopes | null
  /** What no sample may exceed; null for no ceiling. */
  readonly ceiling: number | null
  /** What the target may grow by in `serviceHours` at the rate of the run. */
  readonly budget: number
  readonly serviceHours: number
  /** How long the run was; null: as long as its samples. */
  readonly runSeconds: number | null
}

/** How much a target held, and what may be fitted of it. */
export interface Course {
  /** The largest; null where nothing could be read. */
  readonly peak: number | null
  /** The end of the warm-up: a third of the run, or the later moment from which on it looks steady. */
  readonly cutSeconds: number
  /** From when on it looks steady; null where that is later than half of it, if at all. */
  readonly steadySeconds: number | null
  /** The lower envelope after the cut, without faults. */
  readonly points: readonly EnvelopePoint[]
  /** That of the second and of the last third of the run, wherever the cut is. */
  readonly thirds: readonly [readonly EnvelopePoint[], readonly EnvelopePoint[]]
  /** So many points are needed. */
  readonly leastPoints: number
  /** How long a run without faults or gaps would be that shows as much. */
  readonly minutes: number
  readonly doubts: readonly Doubt[]
}

/** What a single sample stands for, in seconds. */
const leastCadence = 1
/** A line is fitted to so many windows at least, or to so many epochs of forced collection. */
const leastWindows = 15
const leastEpochs = 6
/** A shorter run says nothing of memory that is not collected by force. */
const leastSeconds = 300
/** Batches of five, as MSER-5 has it, are for longer series. */
const shortSeries = 50

/** Cuts off the warm-up and takes the lower envelope of the rest. */
export function courseOf({ kind, samples, faults, runSeconds }: MemoryCase): Course {
  const readings = readingsOf(samples)
  const cadence = cadenceOf(samples)
  const [begun, end] = endsOf(samples, cadence, runSeconds)
  const clean = outside(readings, faults)
  const third = (end - begun) / 3
  const { cut, atLimit } = mser(amountsOf(clean), clean.length < shortSeries ? 1 : undefined)
  const steadySeconds = clean[cut]?.seconds ?? begun
  const cutSeconds = Math.max(begun + third, steadySeconds)
  const count = countOf(samples)
  const settled = clean.filter(({ seconds }) => seconds >= begun + third)
  const windowSeconds = windowSecondsOf(end - begun, cadence)
  const envelope = envelopeOf(count === 'total' ? settled : settled.map(withoutRequests), windowSeconds)
  const points = envelope.filter(({ seconds }) => seconds >= cutSeconds)
  const seen = Math.min(1, (points.length * (windowSeconds || cadence)) / (end - cutSeconds))
  return {
    peak: amountsOf(readings).reduce<number | null>((most, amount) => Math.max(most ?? amount, amount), null),
    cutSeconds,
    steadySeconds: atLimit ? null : steadySeconds,
    points,
    thirds: [
      envelope.filter(({ seconds }) => seconds < begun + 2 * third),
      envelope.filter(({ seconds }) => seconds >= begun + 2 * third),
    ],
    leastPoints: windowSeconds > 0 ? leastWindows : leastEpochs,
    minutes: ((end - begun) * seen) / 60,
    doubts: [
      ...(windowSeconds > 0 && end - begun < leastSeconds ? [shortDoubt(kind, end - begun)] : []),
      ...missingDoubts(kind, missingSeconds(readings, cadence, [begun, end]) / (end - begun)),
      ...(count === 'restarted' ? [doubt('samples-missing', 'the count of requests began anew', [kind])] : []),
    ],
  }
}

/** When a run began and ended: the last sample stands for as long as the others do. */
function endsOf(samples: readonly MemorySample[], cadence: number, runSeconds: number | null): [number, number] {
  const [begun, last] = [samples[0]?.seconds ?? 0, samples.at(-1)?.seconds ?? 0]
  return [begun, Math.max(last + (cadence || leastCadence), runSeconds ?? 0)]
}

function amountsOf(readings: readonly Reading[]): readonly number[] {
  return readings.map(({ amount }) => amount)
}

function withoutRequests(reading: Reading): Reading {
  return { ...reading, requests: null }
}

function shortDoubt(kind: MemoryKind, seconds: number): Doubt {
  return doubt('samples-missing', `the run took ${significant(seconds)} s, allowed: ${leastSeconds} s or more`, [kind])
}

/** Of a run, so much may be missing. */
const mostMissing = 0.05

function missingDoubts(kind: MemoryKind, share: number): readonly Doubt[] {
  if (share <= mostMissing) return []
  const text = `for ${(share * 100).toFixed(0)} % of the run nothing was read, allowed: ${mostMissing * 100} %`
  return [doubt('samples-missing', text, [kind])]
}
