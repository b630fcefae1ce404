import type { Buffer } from 'node:buffer'
import type { RemoteInfo, Socket } from 'node:dgram'
import { SoakrigError } from '../../kernel/errors.ts'
import { resolveAllowed } from '../../kernel/loopback.ts'
import type { Traffic } from '../match.ts'
import { ArmRules } from './arm-rules.ts'
import { type ArmMeters, createMeters, freeMeters, takeDelays } from './meters.ts'
import type { ArmReading } from './protocol.ts'
import type { Transport } from './transport.ts'
import { openUdpCounters, type UdpCounters } from './udp-counters.ts'
import { KernelDrops } from './udp-drops.ts'
import { UdpSession } from './udp-session.ts'
import { UdpSessions } from './udp-sessions.ts'
import { bindDatagramSocket, createDatagramSocket } from './udp-socket.ts'

/**
 * Opens an arm that relays datagrams: those of each client through a socket of its own, so that answers find back and
 * each client is a session with its own chance. Faults act on each datagram. That the target refuses is counted, but
 * cannot be passed on: a client hears nothing where without a relay it would hear of the refusal.
 */
export const openUdpArm: Transport = async (arm, context) => {
  const { clock, wheel } = context
  if (!arm.upstream) throw new SoakrigError(`the arm ${arm.arm} has no upstream`, { code: 'no-upstream', exit: 'bug' })
  const { host, port } = arm.upstream
  const address = await resolveAllowed(host, context.allowedHosts)
  const traffic: Traffic = { protocol: 'udp', host, address, port, sni: null }
  const listener = createDatagramSocket(arm.listen.host)
  await bindDatagramSocket(listener, arm.listen)
  const rules = new ArmRules({ arm: arm.arm, layers: arm.layers, context })
  const counters = openUdpCounters(rules.counters)
  const drops = new KernelDrops(clock, counters)
  const sessions = new UdpSessions<UdpSession>({ clock, wheel, counters, drops })
  const meters = createMeters()
  const own = listener.address()
  let sliceBeganNs = Number.NEGATIVE_INFINITY

  const open = (client: RemoteInfo): UdpSession => {
    meters.accepted++
    return new UdpSession({
      upstream: { address, port },
      rules: (hooks) => rules.session(traffic, hooks),
      meters,
      counters,
      clock,
      wheel,
      reply: (bytes) => sendTo(listener, client, bytes, counters),
      failed: (session) => sessions.drop(session),
    })
  }
  listener.on('message', (bytes, client) => {
    sessions.of(`${client.address} ${client.port}`, () => open(client)).receive(bytes)
  })
  listener.on('error', () => counters['udp.socketErrors']++)

  return {
    port: own.port,
    setSlice(slice, originNs) {
      rules.setSlice(slice, originNs)
      sessions.nextSlice(sliceBeganNs)
      sliceBeganNs = clock.nowNs()
    },
    setLayers: async (layers) => rules.setLayers(layers),
    read(takesDelays) {
      drops.count([own, ...sessions.localEnds], takesDelays)
      const delays = takesDelays ? takeDelays(meters) : null
      return { ...plainCounts(meters), open: sessions.waiting, ...rules.read(), delays }
    },
    async close() {
      sessions.close()
      rules.close()
      await new Promise<void>((resolve) => void listener.close(() => resolve()))
      freeMeters(meters)
    },
  }
}

function plainCounts({
  accepted,
  upstreamFailures,
  bytesUp,
  bytesDown,
  heldBytes,
}: ArmMeters): Pick<ArmReading, 'accepted' | 'upstreamFailures' | 'bytesUp' | 'bytesDown' | 'heldBytes'> {
  return { accepted, upstreamFailures, bytesUp, bytesDown, heldBytes }
}

function sendTo(listener: Socket, { address, port }: RemoteInfo, bytes: Buffer, counters: UdpCounters): void {
  listener.send(bytes, port, address, (error) => {
    if (error) counters['udp.sendErrors']++
    else counters['udp.datagramsDownOut']++
  })
}
