import type { Buffer } from 'node:buffer'
import { type RemoteInfo, Socket } from 'node:dgram'
import type { RuleTallies } from '../../measure/rule-tally.ts'
import { noDecisions } from '../decisions.ts'
import type { AnyFault } from '../faults.ts'
import { ArmRules } from '../relay/arm-rules.ts'
import { createMeters } from '../relay/meters.ts'
import type { Endpoint } from '../relay/protocol.ts'
import { concerns, mayFault } from './concern.ts'
import { peerOf, sendCallOf } from './datagram-arguments.ts'
import { DatagramSessions } from './datagram-sessions.ts'
import type { DestinationsOptions } from './destinations.ts'
import type { Hold } from './hold.ts'
import { isOwn } from './own-calls.ts'

type Method = (this: Socket, ...args: unknown[]) => unknown
type Methods = Readonly<Record<'send' | 'close' | 'emit', Method>>

export interface DatagramFaultsOptions extends Omit<DestinationsOptions, 'relay'> {
  readonly hold: Hold
}

/** What has been through the faults: Node calls `send` of a socket that is not bound yet once more when it is. */
const onTheirWay = new WeakSet<object>()

/** Faults that act on datagrams. */
const onDatagrams = (fault: AnyFault): boolean => 'datagram' in fault

/**
 * Puts faults on the datagrams that the program sends to an address, or to localhost, that a rule is for, and on what
 * comes back from there. Whoever sends is told at once that the kernel has taken it. Returns what reads the counts.
 */
export function patchDatagrams(options: DatagramFaultsOptions): () => RuleTallies {
  const { layer, rules, allowedHosts, rng, clock, wheel, originNs, left, hold } = options
  const context = { rng: rng.fork('datagrams'), clock, wheel, decisions: noDecisions }
  const armRules = new ArmRules({ arm: 'datagrams', layers: [{ name: layer, rules }], context })
  armRules.setSlice(0, originNs)
  const shared = { rules: armRules, meters: createMeters(), clock, wheel, hold }

  patchSockets({
    isFaulty: (to) => {
      if (!concerns(rules, { protocol: 'udp', host: to.host, address: to.host, port: to.port, sni: null }, onDatagrams))
        return false
      const may = mayFault(to.host, to.host, allowedHosts)
      if (!may) left(to)
      return may
    },
    open: (socket, { send, emit }) =>
      new DatagramSessions({
        ...shared,
        send: (bytes, { host, port }, taken) => {
          onTheirWay.add(bytes)
          send.call(socket, bytes, ...(peerOf(socket) ? [] : [port, host]), taken)
        },
        deliver: (bytes, from) => emit.call(socket, 'message', bytes, from),
      }),
  })
  return () => armRules.read().rules
}

interface SocketFaults {
  readonly isFaulty: (to: Endpoint) => boolean
  readonly open: (socket: Socket, methods: Methods) => DatagramSessions
}

function patchSockets({ isFaulty, open }: SocketFaults): void {
  const { send, close, emit } = Socket.prototype as unknown as Methods
  const sockets = new WeakMap<Socket, DatagramSessions>()
  const methods: Methods = {
    send(...args) {
      const [message] = args.flat()
      const isSent = isOwn() || onTheirWay.has(message as object)
      const call = isSent ? null : sendCallOf(this, args)
      if (!call?.to || !isFaulty(call.to)) return send.apply(this, args)
      const { bytes, to, told } = call
      const sessions = sockets.get(this) ?? open(this, { send, close, emit })
      sockets.set(this, sessions)
      sessions.send(to, bytes)
      if (told) queueMicrotask(() => told(null, bytes.length))
      return undefined
    },
    emit(...args) {
      const [event, bytes, from] = args
      const sessions = event === 'message' ? sockets.get(this) : undefined
      return sessions?.receive(bytes as Buffer, from as RemoteInfo) === true || emit.apply(this, args)
    },
    close(...args) {
      const sessions = sockets.get(this)
      sockets.delete(this)
      if (sessions) sessions.close(() => close.apply(this, args))
      else close.apply(this, args)
      return this
    },
  }
  Object.assign(Socket.prototype, methods)
}
