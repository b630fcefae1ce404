import { isIP, Socket, type SocketConnectOpts, type TcpSocketConnectOpts } from 'node:net'
import dns from 'node:dns'
import type { Dialer } from '../dialer.ts'
import type { Destinations } from './destinations.ts'
import type { Hold } from './hold.ts'
import type { Lookups } from './lookups.ts'
import { isOwn } from './own-calls.ts'

type Connect = (this: Socket, ...args: unknown[]) => Socket
type Connected = () => void

const mostPort = 65_535

/** Sockets that wait to be connected look so. */
type Waiting = Socket & { connecting: boolean }

/**
 * Sends the program's connections of TCP (those of TLS, HTTP and fetch too) through the relay of their destination, where a
 * rule is for it; all others are made as ever. The program sees the relay's address as that of its peer.
 */
export function patchNet(destinations: Destinations, lookups: Lookups, hold: Hold): void {
  const { connect: original } = Socket.prototype as unknown as { readonly connect: Connect }

  const connect: Connect = function (...args) {
    const { options, connected } = argumentsOf(args)
    const place = options && placeOf(options)
    if (!options || !place || isOwn() || !destinations.concerns(place)) return original.apply(this, args)
    const go = (dialer: Dialer | null): void => {
      if (!dialer) original.call(this, options, connected)
      else {
        const release = hold.take()
        this.once('connect', release).once('close', release)
        dialer.dial((through) => original.call(this, { ...withoutOrigin(options), ...through }, connected))
      }
    }
    const named = isIP(place.host) === 0 && lookups.concerns(place.host)
    const known = named ? undefined : destinations.known(place)
    if (known !== undefined) {
      go(known)
      return this
    }
    // What is written meanwhile waits, as it does for any socket that is connecting.
    const socket = this as Waiting
    const release = hold.take()
    socket.connecting = true
    const prepared = named ? found(place.host).then(() => destinations.dialer(place)) : destinations.dialer(place)
    prepared
      .then(
        (dialer) => {
          if (!socket.destroyed) go(dialer)
        },
        (error: unknown) => socket.destroy(error as Error),
      )
      .finally(release)
    return this
  }
  Object.assign(Socket.prototype, { connect })
}

/** Looks a name up as the program would, under the faults that are for it. */
async function found(host: string): Promise<void> {
  await dns.promises.lookup(host)
}

/** `connect` takes options, a port and a host, or the path of a unix socket; and from Node itself a list of options and a callback. */
function argumentsOf(args: readonly unknown[]): {
  readonly options: SocketConnectOpts | null
  readonly connected: Connected | undefined
} {
  const [first, ...others] = args
  if (Array.isArray(first)) return argumentsOf(first as unknown[])
  const last = others.findLast((one) => typeof one === 'function') as Connected | undefined
  if (typeof first === 'object' && first !== null) return { options: first as SocketConnectOpts, connected: last }
  const port = typeof first === 'number' || typeof first === 'string' ? Number(first) : Number.NaN
  if (!Number.isInteger(port)) return { options: null, connected: last }
  const [host] = others
  return { options: { port, ...(typeof host === 'string' && { host }) }, connected: last }
}

function placeOf(options: SocketConnectOpts): { readonly host: string; readonly port: number } | null {
  // That of a unix socket goes before a port, which HTTP gives beside it.
  if (!('port' in options) || ('path' in options && options.path)) return null
  const { host = 'localhost' } = options
  const port = Number(options.port)
  // Node refuses what is none.
  if (!(Number.isInteger(port) && port >= 0 && port <= mostPort)) return null
  return { host: host.replace(/^\[(.*)\]$/u, '$1'), port }
}

/** Options for another destination: what was chosen for the one they were for may not be possible there. */
function withoutOrigin(options: SocketConnectOpts): Omit<TcpSocketConnectOpts, 'host' | 'port' | 'lookup'> {
  const {
    localAddress: _address,
    localPort: _port,
    family: _family,
    hints: _hints,
    ...others
  } = options as TcpSocketConnectOpts
  return others
}
