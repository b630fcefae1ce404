import { isAbort } from '../kernel/abort.ts'
import type { Clock } from '../kernel/clock.ts'
import { isRecord } from '../kernel/json.ts'
import { nsPerSecond } from '../kernel/units.ts'
import type { QueueReading } from '../measure/load-series.ts'
import { httpGet } from '../target/http-get.ts'
import { loopback, type RunningTarget } from '../target/running.ts'
import type { ResourceWatch } from './watch.ts'

const intervalNs = 0.2 * nsPerSecond

/**
 * The watch of a built-in target's resources, which also tells the last reading of its queue in each window; null where
 * there was none. It is read at a steady interval until stopped; one that does not answer, such as one that stands still,
 * is asked again.
 */
export function withQueue(
  watch: ResourceWatch,
  target: Pick<RunningTarget, 'url' | 'statsPort'>,
  clock: Clock,
): ResourceWatch {
  const controller = new AbortController()
  let readings: (QueueReading & { readonly atNs: number })[] = []

  const loop = async (): Promise<void> => {
    while (!controller.signal.aborted) {
      const { url, statsPort } = target
      const page = new URL('/stats', statsPort === null ? url : `http://${loopback}:${statsPort}`)
      const answer = await httpGet(page, { clock, timeoutNs: nsPerSecond }).catch(() => null)
      const reading = answer?.status === 200 ? queueIn(answer.body) : null
      if (reading) readings.push({ ...reading, atNs: clock.nowNs() })
      await clock.sleep(intervalNs, controller.signal)
    }
  }
  const running = loop().catch((error: unknown) => {
    if (!isAbort(error, controller.signal)) throw error
  })

  return {
    missing: watch.missing,
    take(fromNs, toNs) {
      const last = readings.findLast(({ atNs }) => atNs < toNs)
      readings = readings.filter(({ atNs }) => atNs >= toNs)
      const queue = last ? { served: last.served, wasted: last.wasted, oldestNs: last.oldestNs } : null
      return { ...watch.take(fromNs, toNs), queue }
    },
    async stop() {
      controller.abort()
      await Promise.all([watch.stop(), running])
    },
  }
}

/** What the stats of a target with a capacity say of its queue; null where they say nothing. */
function queueIn(body: string): QueueReading | null {
  let stats: unknown
  try {
    stats = JSON.parse(body)
  } catch {
    return null
  }
  const queue = isRecord(stats) ? stats['queue'] : undefined
  if (!isRecord(queue)) return null
  const { served, wasted, oldestNs } = queue
  const told = [served, wasted, oldestNs].every((value) => typeof value === 'number')
  return told ? ({ served, wasted, oldestNs } as QueueReading) : null
}
