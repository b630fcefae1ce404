import { WebSocket } from 'ws'
import type { Clock } from '../../kernel/clock.ts'
import { isRecord } from '../../kernel/json.ts'
import { nsPerSecond } from '../../kernel/units.ts'
import { collections, type HeapAccess, heapKbOf, type HeapUsage } from './heap.ts'

/** Every process of Node that is started with it opens an inspector on a free port of loopback, and says so on stderr. */
export const inspectorOption = '--inspect=127.0.0.1:0'

/** How long a collection may take; that of some GiB takes seconds. */
const patienceNs = 30 * nsPerSecond

const unannounced = 'no inspector was announced: the target is no program of Node'
/** Its command line comes before `NODE_OPTIONS`. */
const elsewhere =
  'the inspector of the target is not ours: its command has an --inspect of its own, not on 127.0.0.1 or on a port that was taken'

const announced = /Debugger listening on (ws:\/\/127\.0\.0\.1:\d+\/\S+)/gu

/**
 * Reaches the inspectors that a target announced in its output. Processes of which the inspector does not answer have ended
 * since, as those that start others do; where none answers, or none was announced, the heap is out of reach.
 */
export async function reachInspectors(output: string, clock: Clock): Promise<HeapAccess> {
  const addresses = [...output.matchAll(announced)].map(([, address]) => address as string)
  if (addresses.length === 0)
    return { missing: /^(?:Debugger|Starting inspector) /mu.test(output) ? elsewhere : unannounced }
  const usages = await Promise.allSettled(addresses.map((address) => ask(address, 0, clock)))
  const living = addresses.filter((_, index) => usages[index]?.status === 'fulfilled')
  if (living.length === 0) return { missing: 'no inspector of the target answers' }
  const collect = async (): Promise<number> => {
    const heaps = await Promise.all(living.map((address) => ask(address, collections, clock)))
    return heaps.reduce((sum, usage) => sum + heapKbOf(usage), 0)
  }
  return { probe: { collect } }
}

/** Connects for so many collections and one reading: a session that stays open would slow the program down. */
async function ask(address: string, times: number, clock: Clock): Promise<HeapUsage> {
  const socket = new WebSocket(address)
  const { promise, resolve, reject } = Promise.withResolvers<HeapUsage>()
  const limit = clock.after(patienceNs, () => reject(new Error(`the inspector at ${address} did not answer in 30s`)))
  let sent = 0
  const next = (): void => {
    const id = ++sent
    const collecting = id <= times
    const params = { expression: 'JSON.stringify(process.memoryUsage())', returnByValue: true }
    socket.send(
      JSON.stringify(
        collecting ? { id, method: 'HeapProfiler.collectGarbage' } : { id, method: 'Runtime.evaluate', params },
      ),
    )
  }
  socket.on('open', next)
  socket.on('error', reject)
  socket.on('close', () => reject(new Error(`the inspector at ${address} is gone`)))
  socket.on('message', (data: Buffer) => {
    const told: unknown = JSON.parse(data.toString())
    // Events have no id.
    if (!isRecord(told) || told['id'] !== sent) return
    if (sent <= times) return next()
    const usage = usageIn(told)
    if (usage) resolve(usage)
    else reject(new Error(`the inspector at ${address} does not tell the memory`))
  })
  try {
    return await promise
  } finally {
    limit.cancel()
    socket.terminate()
  }
}

function usageIn({ result }: Readonly<Record<string, unknown>>): HeapUsage | null {
  const inner = isRecord(result) ? result['result'] : null
  const value = isRecord(inner) ? inner['value'] : null
  return typeof value === 'string' ? (JSON.parse(value) as HeapUsage) : null
}
