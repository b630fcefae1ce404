import { Session } from 'node:inspector/promises'
import { memoryUsage } from '../../kernel/host.ts'
import { collections, heapKbOf } from './heap.ts'

/** Collects the garbage of this very process, and says what its heap then holds in KiB. Costs nothing until it is called. */
export async function collectOwnGarbage(): Promise<number> {
  const session = new Session()
  session.connect()
  try {
    for (let index = 0; index < collections; index++) await session.post('HeapProfiler.collectGarbage')
  } finally {
    session.disconnect()
  }
  return heapKbOf(memoryUsage())
}
