import type { Socket } from 'node:net'
import type { Clock } from '../../kernel/clock.ts'
import type { TimerWheel } from '../../kernel/timer-wheel.ts'
import type { StreamStage } from '../fault.ts'
import { type DirectionMeters, RelayDirection } from './direction.ts'

/** Counters of an arm that its connections add to. */
export interface ArmMeters extends DirectionMeters {
  accepted: number
  open: number
  upstreamFailures: number
  bytesUp: number
  bytesDown: number
}

/** What the faults of an arm do to one connection. */
export interface ConnectionFaults {
  readonly uplink: readonly StreamStage[]
  readonly downlink: readonly StreamStage[]
  /** True when the exchange that begins is to be reset. */
  readonly resets: (sizeBytes: number) => boolean
}

/** The two sockets that a relayed connection joins, and what it runs on. */
export interface ConnectionOptions {
  readonly client: Socket
  readonly upstream: Socket
  readonly faults: ConnectionFaults
  readonly meters: ArmMeters
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly closed: () => void
}

/** Joins a client's socket with one to the target. Each direction ends for itself; a reset passes to both. */
export function joinConnection(options: ConnectionOptions): { destroy(): void } {
  const { client, upstream, faults, meters, clock, wheel, closed } = options
  const uplink = new RelayDirection({ from: client, to: upstream, stages: faults.uplink, meters, clock, wheel })
  const downlink = new RelayDirection({ from: upstream, to: client, stages: faults.downlink, meters, clock, wheel })
  let exchangeBegins = true
  let reached = false
  let openSockets = 2

  const reset = (): void => {
    uplink.destroy()
    downlink.destroy()
    abortSocket(client)
    abortSocket(upstream)
  }

  client.on('data', (chunk: Buffer) => {
    if (exchangeBegins) {
      exchangeBegins = false
      if (faults.resets(chunk.length)) {
        reset()
        return
      }
    }
    meters.bytesUp += chunk.length
    uplink.receive(chunk)
  })
  upstream.on('data', (chunk: Buffer) => {
    exchangeBegins = true
    meters.bytesDown += chunk.length
    downlink.receive(chunk)
  })
  client.on('end', () => uplink.end())
  upstream.on('end', () => downlink.end())
  client.on('error', reset)
  upstream.once('connect', () => {
    reached = true
  })
  upstream.on('error', () => {
    if (!reached) meters.upstreamFailures++
    reset()
  })
  for (const socket of [client, upstream]) {
    socket.on('close', () => {
      if (--openSockets > 0) return
      uplink.destroy()
      downlink.destroy()
      meters.open--
      closed()
    })
  }
  return { destroy: reset }
}

/** Resets a connection; one that is still being made is given up, where `resetAndDestroy` would wait for it. */
function abortSocket(socket: Socket): void {
  if (socket.connecting) socket.destroy()
  else if (!socket.destroyed) socket.resetAndDestroy()
}
