import { isAbort } from '../kernel/abort.ts'
import type { Clock } from '../kernel/clock.ts'
import { nsPerMs, nsPerSecond } from '../kernel/units.ts'
import type { Collection } from '../measure/collection.ts'
import type { HeapProbe } from '../target/heap/heap.ts'
import type { ResourceWatch } from './watch.ts'

/** Time for the word to reach the workers. */
const wordNs = 50 * nsPerMs
/** Time for what began before to end: of what takes longer the collection is part of its latency. */
const drainNs = 250 * nsPerMs
/** What waited for the collection is answered so long after it at least, and as long as it took. */
const leastTailNs = 100 * nsPerMs
/** One that takes longer is the last: what is not measured meanwhile would be missing. */
const patienceNs = 10 * nsPerSecond
const retryNs = nsPerSecond
/** Until the next one so many times as long: a large heap costs a twentieth of the measured time at most. */
const mostRecessed = 20

/** Whose heap is read, how often, and who is told when nothing is to be measured. */
export interface HeapWatchOptions {
  readonly probe: () => HeapProbe | null
  readonly everyNs: number
  readonly clock: Clock
  /** Whether the target is in no state to be asked. */
  readonly isBusy: () => boolean
  /** Tells the workers of a time in which nothing is measured; of one whose end is not known yet, null. */
  readonly recess: (fromNs: number, toNs: number | null) => Promise<void>
}

interface Recessed {
  readonly fromNs: number
  /** Infinity while it lasts. */
  toNs: number
  heapKb: number | null
}

/**
 * The watch of a target's resources that also has its garbage collected at a steady interval, in a time of which the workers
 * measure nothing, and tells what its heap holds after it.
 */
export function withHeap(
  watch: ResourceWatch,
  { probe, everyNs, clock, isBusy, recess }: HeapWatchOptions,
): ResourceWatch {
  const controller = new AbortController()
  const { signal } = controller
  let recesses: Recessed[] = []

  /** Null where it could not be read in time. */
  const collect = async (): Promise<number | null> => {
    const scope = new AbortController()
    const late = clock.sleep(patienceNs, AbortSignal.any([signal, scope.signal])).then(() => null)
    late.catch(() => {})
    const heap = probe()?.collect() ?? Promise.resolve(null)
    try {
      return await Promise.race([heap.catch(() => null), late])
    } finally {
      scope.abort()
    }
  }
  /** Resolves with how long nothing is measured for it. */
  const epoch = async (): Promise<number> => {
    const own: Recessed = { fromNs: clock.nowNs() + wordNs, toNs: Number.POSITIVE_INFINITY, heapKb: null }
    recesses.push(own)
    await recess(own.fromNs, null)
    try {
      // A worker that was busy measures until it hears of it.
      const heardNs = Math.max(own.fromNs, clock.nowNs())
      await clock.sleep(heardNs + drainNs - clock.nowNs(), signal)
      const begunNs = clock.nowNs()
      own.heapKb = await collect()
      const tookNs = clock.nowNs() - begunNs
      own.toNs = clock.nowNs() + Math.max(leastTailNs, tookNs)
      return own.toNs - own.fromNs
    } finally {
      if (own.toNs === Number.POSITIVE_INFINITY) own.toNs = clock.nowNs()
      await recess(own.fromNs, own.toNs)
    }
  }
  const loop = async (): Promise<void> => {
    for (let recessNs = 0; recessNs < patienceNs;) {
      await clock.sleep(Math.max(everyNs, mostRecessed * recessNs), signal)
      while (isBusy()) await clock.sleep(retryNs, signal)
      recessNs = await epoch()
    }
  }
  const running = loop().catch((error: unknown) => {
    if (!isAbort(error, signal)) throw error
  })
  running.catch(() => {})

  return {
    missing: watch.missing,
    take(fromNs, toNs) {
      const inside = recesses.filter((one) => one.toNs > fromNs && one.fromNs < toNs)
      recesses = recesses.filter((one) => one.toNs > toNs)
      return { ...watch.take(fromNs, toNs), collection: collectionOf(inside, fromNs, toNs) }
    },
    async stop() {
      controller.abort()
      await Promise.all([watch.stop(), running])
    },
  }
}

function collectionOf(inside: readonly Recessed[], fromNs: number, toNs: number): Collection | null {
  const last = inside.at(-1)
  if (!last) return null
  const recessNs = inside.reduce((sum, one) => sum + Math.min(one.toNs, toNs) - Math.max(one.fromNs, fromNs), 0)
  const ended = inside.findLast((one) => one.toNs <= toNs)
  return {
    heapKb: ended?.heapKb ?? null,
    afterMs: (Math.min(ended?.toNs ?? toNs, toNs) - fromNs) / nsPerMs,
    recessMs: recessNs / nsPerMs,
  }
}
