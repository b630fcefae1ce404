import type { Clock } from '../kernel/clock.ts'
import { nsPerSecond } from '../kernel/units.ts'
import type { Client } from '../resilience/client.ts'
import type { Pool } from '../resilience/pool/pool.ts'

/** A connection: there is nothing to it but that it takes a round trip to make, and that one request has it at a time. */
export type SimulatedConnection = object

const connectTimeoutNs = 5 * nsPerSecond

/** The pool that a client's attempts take their connections from; null where its policies have none. `delayNs` is one-way. */
export function simulatedPool(
  { connections }: Client,
  clock: Clock,
  delayNs: number,
): Pool<SimulatedConnection> | null {
  if (!connections) return null
  const pool = connections.pool<SimulatedConnection, unknown>(
    {
      connect(events) {
        clock.after(2 * delayNs, () => events.opened(clock.nowNs()))
        return {}
      },
      close() {},
    },
    connectTimeoutNs,
  )
  pool.warmUp(clock.nowNs())
  return pool
}
