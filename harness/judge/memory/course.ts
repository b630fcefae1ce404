import { significant } from '../../kernel/units.ts'
import { type Doubt, doubt } from '../../measure/doubts.ts'
import { mser } from '../stats/mser.ts'
import type { MemoryTerms } from './budget.ts'
import { type EnvelopePoint, envelopeOf, windowSecondsOf } from './envelope.ts'
import {
  cadenceOf,
  countOf,
  longestWait,
  type MemoryKind,
  type MemorySample,
  missingSeconds,
  outside,
  type Reading,
  readingsOf,
  type Span,
} from './series.ts'

/** A run whose memory, files or threads are judged. Amounts are KiB, or numbers of files or threads. */
export interface MemoryCase extends MemoryTerms {
  readonly kind: MemoryKind
  /** In the order of time; at least one. */
  readonly samples: readonly MemorySample[]
  /** With the time that the target was given to settle: the trend has none of them, the ceiling has. */
  readonly faults: readonly Span[]
  /** How long the run was; null: as long as its samples. */
  readonly runSeconds: number | null
}

/** What was seen of a run: of single samples, or of stretches of which only the lower end was kept. */
export interface SeenMemory {
  readonly kind: MemoryKind
  /** When it began and ended, in seconds. */
  readonly span: readonly [begun: number, end: number]
  /** Without faults: what the end of the warm-up is looked for in. */
  readonly clean: readonly Pick<Reading, 'seconds' | 'amount'>[]
  /** So many of them are taken together for that. */
  readonly batch: number
  /** The lower envelope, without faults. */
  readonly envelope: readonly EnvelopePoint[]
  /** What each of its points stands for. */
  readonly pointSeconds: number
  readonly leastPoints: number
  readonly leastSeconds: number
  /** The largest; null where nothing could be read. */
  readonly peak: number | null
  /** The part of the run of which nothing was read. */
  readonly missing: number
  /** Waits of more than that between two readings are missing; null where windows say it of themselves. */
  readonly longestSeconds: number | null
  readonly doubts: readonly Doubt[]
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
  /** That of either half of what is left without the first third of the run and without faults, wherever the cut is. */
  readonly halves: readonly [readonly EnvelopePoint[], readonly EnvelopePoint[]]
  /** The whole lower envelope, without faults. */
  readonly all: readonly EnvelopePoint[]
  /** So many points are needed. */
  readonly leastPoints: number
  /** How long a run without faults or gaps would be that shows as much. */
  readonly minutes: number
  readonly doubts: readonly Doubt[]
}

/** A line is fitted to so many windows at least, or to so many epochs of forced collection. */
export const leastWindows = 15
export const leastEpochs = 6
/** A shorter run says nothing of memory that is not collected by force. */
const leastSeconds = 300
/** A run may end a moment before its time. */
const nearly = 0.99
/** What a single sample stands for, in seconds. */
const leastCadence = 1
/** Batches of five, as MSER-5 has it, are for longer series. */
const shortSeries = 50

/** Cuts off the warm-up of what was seen. */
export function courseOf(seen: SeenMemory): Course {
  const { kind, clean, envelope, pointSeconds, leastPoints } = seen
  const [begun, end] = seen.span
  const third = (end - begun) / 3
  const { cut, atLimit } = mser(amountsOf(clean), seen.batch)
  const steadySeconds = clean[cut]?.seconds ?? begun
  const cutSeconds = Math.max(begun + third, steadySeconds)
  const points = envelope.filter(({ seconds }) => seconds >= cutSeconds)
  const settled = envelope.filter(({ seconds }) => seconds >= begun + third)
  const half = Math.ceil(settled.length / 2)
  const share = Math.min(1, (points.length * pointSeconds) / (end - cutSeconds))
  return {
    peak: seen.peak,
    cutSeconds,
    steadySeconds: atLimit ? null : steadySeconds,
    points,
    halves: [settled.slice(0, half), settled.slice(half)],
    all: envelope,
    leastPoints,
    minutes: ((end - begun) * share) / 60,
    doubts: [
      ...(isShort(end - begun, seen.leastSeconds) ? [shortDoubt(kind, end - begun, seen.leastSeconds)] : []),
      ...missingDoubts(seen),
      ...seen.doubts,
    ],
  }
}

/** Whether a run took less time than it should have. */
export function isShort(seconds: number, least: number): boolean {
  return seconds < nearly * least
}

/** The lower envelope of single samples. */
export function seenSamples({ kind, samples, faults, runSeconds }: MemoryCase): SeenMemory {
  const readings = readingsOf(samples)
  const cadence = cadenceOf(samples)
  const [begun, end] = endsOf(samples, cadence, runSeconds)
  const clean = outside(readings, faults)
  const count = countOf(samples)
  const windowSeconds = windowSecondsOf(end - begun, cadence)
  const longest = longestWait(cadence, windowSeconds)
  return {
    kind,
    span: [begun, end],
    clean,
    batch: clean.length < shortSeries ? 1 : 5,
    envelope: envelopeOf(count === 'total' ? clean : clean.map(withoutRequests), windowSeconds),
    pointSeconds: windowSeconds || cadence,
    leastPoints: windowSeconds > 0 ? leastWindows : leastEpochs,
    leastSeconds: windowSeconds > 0 ? leastSeconds : 0,
    peak: amountsOf(readings).reduce<number | null>((most, amount) => Math.max(most ?? amount, amount), null),
    missing: missingSeconds(readings, { cadence, longest }, [begun, end]) / (end - begun),
    longestSeconds: longest,
    doubts: count === 'restarted' ? [doubt('samples-missing', 'the count of requests began anew', [kind])] : [],
  }
}

/** When a run began and ended: the last sample stands for as long as the others do. */
function endsOf(samples: readonly MemorySample[], cadence: number, runSeconds: number | null): [number, number] {
  const [begun, last] = [samples[0]?.seconds ?? 0, samples.at(-1)?.seconds ?? 0]
  return [begun, Math.max(last + (cadence || leastCadence), runSeconds ?? 0)]
}

function amountsOf(readings: readonly Pick<Reading, 'amount'>[]): readonly number[] {
  return readings.map(({ amount }) => amount)
}

function withoutRequests(reading: Reading): Reading {
  return { ...reading, requests: null }
}

function shortDoubt(kind: MemoryKind, seconds: number, least: number): Doubt {
  return doubt('samples-missing', `the run took ${significant(seconds)} s, allowed: ${least} s or more`, [kind])
}

/** Of a run, so much may be missing. */
const mostMissing = 0.05

function missingDoubts({ kind, missing, longestSeconds }: SeenMemory): readonly Doubt[] {
  if (missing <= mostMissing) return []
  const waits =
    longestSeconds === null ? '' : `; samples should be no more than ${Number(longestSeconds.toPrecision(2))} s apart`
  const text = `for ${(missing * 100).toFixed(0)} % of the run nothing was read, allowed: ${mostMissing * 100} %${waits}`
  return [doubt('samples-missing', text, [kind])]
}
