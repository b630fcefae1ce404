import { SoakrigError } from '../../kernel/errors.ts'
import { readKernelDrops } from '../../kernel/kernel-drops.ts'
import { compileChecks } from '../../workload/check.ts'
import type { WorkloadRequest } from '../../workload/workload.ts'
import type { OpenDriver } from '../driver.ts'
import { postponer } from '../postpone.ts'
import { openCounters, type UdpCounters } from './counters.ts'
import { headerBytes, largestBytes, payloadOf } from './datagram.ts'
import { type PreparedDatagram, UdpLane } from './lane.ts'
import { UdpSocket } from './socket.ts'

/**
 * Opens the UDP driver: numbered datagrams that the target sends back. Lanes share the sockets in turn. How many were
 * lost, late, duplicated, reordered or corrupt is in the counters; so are the kernel's own drops, read at the end.
 * Preparing a request throws `datagram-size` (104).
 */
export const openUdpDriver: OpenDriver<'udp', PreparedDatagram> = async (context) => {
  const { address, port, dialer, timeoutNs, connections, connection, clock, rng } = context
  const counters = openCounters(context.counters)
  // What comes later than its attempt's limit, and that again, is of no interest.
  const memoryNs = 2 * timeoutNs
  const socketOptions = { address, port, dialer, ...connection, memoryNs, clock, rng, counters }
  const laneOptions = { context, counters, postpone: postponer() }
  const sockets: UdpSocket[] = []
  let lanes = 0
  return {
    prepare,
    lane: (listener) => {
      const index = lanes++ % connections
      return new UdpLane(laneOptions, (sockets[index] ??= new UdpSocket(socketOptions)), listener)
    },
    close: () => {
      countKernelDrops(sockets, counters)
      for (const socket of sockets) socket.close()
    },
  }
}

function prepare({ message, expect, idempotent }: WorkloadRequest<'udp'>): PreparedDatagram {
  const { sizeBytes, reply } = message
  if (!Number.isInteger(sizeBytes) || sizeBytes < headerBytes || sizeBytes > largestBytes) {
    throw new SoakrigError(`a datagram of ${sizeBytes} bytes; allowed: ${headerBytes} to ${largestBytes}`, {
      code: 'datagram-size',
      exit: 'usage',
    })
  }
  const checks = expect.checks.length === 0 ? null : compileChecks(expect.checks)
  return { idempotent, sizeBytes, payload: payloadOf(sizeBytes), reply, checks }
}

/** Before the sockets are closed, since the kernel forgets them then. */
function countKernelDrops(sockets: readonly UdpSocket[], counters: UdpCounters): void {
  const drops = readKernelDrops(sockets.flatMap(({ localEnd }) => localEnd ?? []))
  if (drops === undefined) counters['udp.kernelDropsUnread'] = 1
  else counters['udp.kernelDrops'] += drops
}
