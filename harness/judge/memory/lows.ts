import type { Collection } from '../../measure/collection.ts'
import type { WindowLows } from '../../measure/lows.ts'
import { significant } from '../../kernel/units.ts'
import { leastWindows, type SeenMemory } from './course.ts'
import { type HeapReading, withReading } from './heaps.ts'
import { type EnvelopePoint, leastReadings, leastWindowSeconds, mostWindows } from './envelope.ts'

/** What is read of a target in windows. */
export const liveKinds = ['rss', 'fds', 'threads'] as const
export type LiveKind = (typeof liveKinds)[number]

/**
 * A shorter stage of stress says nothing of a slope: what warms up and what leaks look the same, and one healthy target in
 * thirty fails by its threads (`tests/bench/memory-verdicts.ts`).
 */
export const leastLiveSeconds = 600

/** A window of a run, as its file has it. */
export interface MemoryWindow {
  readonly phase: string
  /** From the start of the run. */
  readonly fromMs: number
  readonly toMs: number
  readonly ok: number
  readonly failed: number
  readonly memoryKb: number | null
  readonly fds: number | null
  readonly threads?: number | null
  /** Null or absent: nobody looked. */
  readonly lows?: WindowLows | null
  /** Null or absent: no garbage was collected by force. */
  readonly collection?: Collection | null
  /** What was in force in it, or shortly before. */
  readonly faults: readonly string[]
  readonly settling: boolean
}

/** A stretch of time: what was least in those of its windows that were without a fault. */
interface Stretch {
  fromMs: number
  toMs: number
  /** Without a fault: how long, and the sums over windows, weighted with that, of when, and of requests served by then. */
  cleanMs: number
  momentsMs: number
  requestsMs: number
  readings: number
  lows: Record<LiveKind, number | null>
}

/** A part of a run since its target was started, or since that was started again, as far as it is kept. */
export interface LowSeries {
  readonly phase: string
  /** When the phase began, the same for what is kept, and its end; from the start of the run. */
  readonly phaseFromMs: number
  readonly fromMs: number
  readonly toMs: number
  readonly requests: number
  readonly restarts: number
  readonly stretches: readonly Readonly<Stretch>[]
  /** Of its heap, at moments without a fault. */
  readonly heaps: readonly HeapReading[]
  /** Time without a fault, and how much of it nothing was read in. */
  readonly cleanMs: number
  readonly unreadMs: Readonly<Record<LiveKind, number>>
  /** Of the medians of all windows. */
  readonly peaks: Readonly<Record<LiveKind, number | null>>
}

/** Follows windows as they close. */
export interface LowWatch {
  /** In the order of time. */
  add(window: MemoryWindow): void
  /** Null before the first window. */
  read(): LowSeries | null
}

/**
 * Keeps the lower ends of windows, in memory that does not grow: two neighbours become one where there are too many, which
 * doubles how long a stretch is. What comes of another phase, or when the target was started again, begins anew.
 */
export function followLows(): LowWatch {
  let series: ReturnType<typeof createSeries> | null = null
  return {
    add(window) {
      const restarts = window.lows?.restarts ?? series?.restarts ?? 0
      const samePhase = series?.phase === window.phase ? series : null
      if (!samePhase || restarts !== samePhase.restarts)
        series = createSeries(window, restarts, samePhase?.phaseFromMs ?? archived(window.fromMs))
      series?.add(window)
    },
    read: () => series?.read() ?? null,
  }
}

function createSeries({ phase, fromMs }: MemoryWindow, restarts: number, phaseFromMs: number) {
  const begunMs = archived(fromMs)
  let stretches: Stretch[] = []
  let heaps: readonly HeapReading[] = []
  let widthMs = leastWindowSeconds * 1000
  let [requests, cleanMs, toMs] = [0, 0, begunMs]
  const unreadMs = { rss: 0, fds: 0, threads: 0 }
  const peaks: Record<LiveKind, number | null> = { rss: null, fds: null, threads: null }

  return {
    phase,
    restarts,
    phaseFromMs,
    add(window: MemoryWindow): void {
      const stretch = stretchOf(window, requests)
      const served = window.ok + window.failed
      if (stretch.cleanMs > 0) heaps = withReading(heaps, window.collection, { ...stretch, before: requests, served })
      requests += served
      // Between two windows nobody looked.
      const gapMs = Math.max(0, stretch.fromMs - toMs)
      toMs = stretch.toMs
      cleanMs += stretch.cleanMs + gapMs
      for (const kind of liveKinds) {
        unreadMs[kind] += gapMs + (stretch.lows[kind] === null ? stretch.cleanMs : 0)
        peaks[kind] = mostOf(peaks[kind], medianOf(window, kind))
      }
      const last = stretches.at(-1)
      if (last && last.toMs - last.fromMs < widthMs - slackMs) stretches[stretches.length - 1] = joined(last, stretch)
      else stretches.push(stretch)
      if (stretches.length < tooMany) return
      widthMs *= 2
      stretches = inPairs(stretches)
    },
    read: (): LowSeries => ({
      phase,
      phaseFromMs,
      fromMs: begunMs,
      toMs,
      requests,
      restarts,
      stretches: [...stretches],
      heaps,
      cleanMs,
      unreadMs: { ...unreadMs },
      peaks: { ...peaks },
    }),
  }
}

/** Less than so many are kept, and half of them at least: about as many as the envelope of single samples has windows. */
const tooMany = 1.5 * mostWindows
/** Windows are about as long as they should be. */
const slackMs = 1000

/** A number as the file of the windows has it. */
function archived(value: number): number {
  return Number.isInteger(value) ? value : significant(value)
}

function stretchOf(window: MemoryWindow, requests: number): Stretch {
  const { ok, failed, faults, settling, lows } = window
  const [fromMs, toMs] = [archived(window.fromMs), archived(window.toMs)]
  const cleanMs = faults.length > 0 || settling ? 0 : Math.max(0, toMs - fromMs)
  const seen = cleanMs > 0 ? lows : null
  return {
    fromMs,
    toMs,
    cleanMs,
    momentsMs: (cleanMs * (fromMs + toMs)) / 2,
    requestsMs: cleanMs * (requests + (ok + failed) / 2),
    readings: seen?.readings ?? 0,
    lows: { rss: seen?.memoryKb ?? null, fds: seen?.fds ?? null, threads: seen?.threads ?? null },
  }
}

function medianOf(window: MemoryWindow, kind: LiveKind): number | null {
  const { memoryKb, fds, threads = null } = window
  const median = { rss: memoryKb, fds, threads }[kind]
  return median === null ? null : archived(median)
}

function joined(a: Stretch, b: Stretch): Stretch {
  return {
    fromMs: a.fromMs,
    toMs: b.toMs,
    cleanMs: a.cleanMs + b.cleanMs,
    momentsMs: a.momentsMs + b.momentsMs,
    requestsMs: a.requestsMs + b.requestsMs,
    readings: a.readings + b.readings,
    lows: {
      rss: leastOf(a.lows.rss, b.lows.rss),
      fds: leastOf(a.lows.fds, b.lows.fds),
      threads: leastOf(a.lows.threads, b.lows.threads),
    },
  }
}

function inPairs(stretches: readonly Stretch[]): Stretch[] {
  return stretches.flatMap((stretch, index) => {
    if (index % 2 === 1) return []
    const next = stretches[index + 1]
    return [next ? joined(stretch, next) : stretch]
  })
}

function leastOf(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b)
}

function mostOf(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b)
}

/** What a series shows of a kind; seconds are from its beginning. */
export function seenLows({ fromMs, toMs, stretches, cleanMs, unreadMs, peaks }: LowSeries, kind: LiveKind): SeenMemory {
  const points = stretches.flatMap((stretch): EnvelopePoint[] => {
    const level = stretch.lows[kind]
    if (level === null || stretch.readings < leastReadings) return []
    const seconds = (stretch.momentsMs / stretch.cleanMs - fromMs) / 1000
    return [{ seconds, requests: stretch.requestsMs / stretch.cleanMs, level }]
  })
  const end = (toMs - fromMs) / 1000
  const pointsMs = stretches.reduce((sum, stretch) => sum + (stretch.lows[kind] === null ? 0 : stretch.cleanMs), 0)
  return {
    kind,
    span: [0, end],
    clean: points.map(({ seconds, level }) => ({ seconds, amount: level })),
    batch: 1,
    envelope: points,
    pointSeconds: points.length === 0 ? 0 : pointsMs / points.length / 1000,
    leastPoints: leastWindows,
    leastSeconds: leastLiveSeconds,
    peak: peaks[kind],
    missing: cleanMs === 0 ? 0 : unreadMs[kind] / cleanMs,
    longestSeconds: null,
    doubts: [],
  }
}
