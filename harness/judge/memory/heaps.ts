import type { Collection } from '../../measure/collection.ts'
import { leastEpochs, type SeenMemory } from './course.ts'
import { type EnvelopePoint, mostWindows } from './envelope.ts'
import { cadenceOf, longestWait, missingSeconds } from './series.ts'

/** What a heap held when all garbage had been collected; times are from the start of the run. */
export interface HeapReading {
  readonly atMs: number
  readonly requests: number
  readonly kb: number
}

/** More than are taken in a run; of two that become one the lower counts, as of all that is read. */
const tooMany = 2 * mostWindows

/** A shorter stage of stress says nothing of a heap: what is filled once has not come to its level. */
export const leastHeapSeconds = 300

/** The readings, and that of a window which began so, with so many requests served before it and in it. */
export function withReading(
  readings: readonly HeapReading[],
  collection: Collection | null | undefined,
  window: { readonly fromMs: number; readonly toMs: number; readonly before: number; readonly served: number },
): readonly HeapReading[] {
  const kb = collection?.heapKb ?? null
  if (!collection || kb === null) return readings
  const { fromMs, toMs, before, served } = window
  const share = toMs > fromMs ? collection.afterMs / (toMs - fromMs) : 1
  const all = [...readings, { atMs: fromMs + collection.afterMs, requests: before + share * served, kb }]
  return all.length < tooMany ? all : inPairs(all)
}

function inPairs(readings: readonly HeapReading[]): readonly HeapReading[] {
  return readings.flatMap((reading, index) => {
    if (index % 2 === 1) return []
    const next = readings[index + 1]
    return [next && next.kb < reading.kb ? next : reading]
  })
}

/** What is seen of a heap from one moment to another; in time that nobody read it, it is missing. */
export function seenHeap(readings: readonly HeapReading[], fromMs: number, toMs: number): SeenMemory {
  const points = readings.map(({ atMs, requests, kb }): EnvelopePoint & { readonly amount: number } => {
    return { seconds: (atMs - fromMs) / 1000, requests, level: kb, amount: kb }
  })
  const end = (toMs - fromMs) / 1000
  const cadence = cadenceOf(points)
  return {
    kind: 'heap',
    span: [0, end],
    clean: points,
    batch: 1,
    envelope: points,
    pointSeconds: cadence,
    leastPoints: leastEpochs,
    leastSeconds: leastHeapSeconds,
    peak: readings.reduce<number | null>((most, { kb }) => Math.max(most ?? kb, kb), null),
    missing: end === 0 ? 0 : missingSeconds(points, { cadence, longest: longestWait(cadence, 0) }, [0, end]) / end,
    longestSeconds: longestWait(cadence, 0),
    doubts: [],
  }
}
