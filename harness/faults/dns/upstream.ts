import { Buffer } from 'node:buffer'
import { createSocket } from 'node:dgram'
import { connect, isIPv6 } from 'node:net'
import { type TimerWheel, wheelEntry } from '../../kernel/timer-wheel.ts'
import type { Clock } from '../../kernel/clock.ts'
import { nsPerSecond } from '../../kernel/units.ts'
import type { Endpoint } from '../relay/protocol.ts'

/** How long another resolver has for an answer. */
const limitNs = 5 * nsPerSecond

/** Asks another resolver; `answered` is called once, with null where it gave no answer. Returns what gives it up. */
export type AskUpstream = (query: Buffer, overTcp: boolean, answered: (answer: Buffer | null) => void) => () => void

/** Passes queries on as they are, each by a socket of its own, over that of UDP and TCP by which it came. */
export function upstreamAt({ host, port }: Endpoint, clock: Clock, wheel: TimerWheel): AskUpstream {
  return (query, overTcp, answered) => {
    let end = (): void => {}
    const tell = (answer: Buffer | null): void => {
      stop()
      answered(answer)
    }
    const limit = wheelEntry(() => tell(null))
    const stop = (): void => {
      wheel.cancel(limit)
      end()
      end = () => {}
    }
    wheel.schedule(limit, clock.nowNs() + limitNs)
    end = overTcp ? askStream(host, port, query, tell) : askDatagram(host, port, query, tell)
    return stop
  }
}

function askDatagram(host: string, port: number, query: Buffer, tell: (answer: Buffer | null) => void): () => void {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  socket.on('error', () => tell(null))
  socket.on('message', (answer) => {
    // Of another question there can be none on this socket, but by chance.
    if (answer.length >= 2 && answer.readUInt16BE(0) === query.readUInt16BE(0)) tell(answer)
  })
  // Told too where there is no way to the host.
  socket.connect(port, host, (error?: Error) => (error ? tell(null) : socket.send(query)))
  return once(() => socket.close())
}

function askStream(host: string, port: number, query: Buffer, tell: (answer: Buffer | null) => void): () => void {
  const socket = connect({ host, port })
  const length = Buffer.alloc(2)
  length.writeUInt16BE(query.length)
  socket.write(Buffer.concat([length, query]))
  let unread = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    unread = Buffer.concat([unread, chunk])
    if (unread.length >= 2 && unread.length >= 2 + unread.readUInt16BE(0))
      tell(unread.subarray(2, 2 + unread.readUInt16BE(0)))
  })
  socket.on('error', () => tell(null))
  socket.on('end', () => tell(null))
  return once(() => socket.destroy())
}

function once(call: () => void): () => void {
  let called = false
  return () => {
    if (!called) call()
    called = true
  }
}
