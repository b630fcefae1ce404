import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread } from 'node:worker_threads'

/** What a process that loads this first says when it gets SIGUSR2: how much of its memory is still in use after a collection. */
export interface LiveMemory {
  readonly kind: 'live-memory'
  /** Counts from 1. */
  readonly id: number
  /** V8's heap, and what hangs on it outside, in MB. */
  readonly mb: number
}

let count = 0
if (isMainThread && process.send) {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  process.on('SIGUSR2', () => {
    collect()
    const { heapUsed, external } = process.memoryUsage()
    process.send?.({ kind: 'live-memory', id: ++count, mb: (heapUsed + external) / 2 ** 20 } satisfies LiveMemory)
  })
}
