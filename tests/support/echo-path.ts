import type { Socket } from 'node:net'
import { expect } from 'vitest'
import type { Schedule } from '../../harness/faults/schedule.ts'
import { realClock } from '../../harness/kernel/clock.ts'
import { watchClock } from './jump-clock.ts'
import { dial, serveSockets } from './sockets.ts'
import { layersWith, type RawFaults, relayTo, ruleOf } from './stream-arm.ts'

/** All that a socket hears, until it ends. */
export function heardBy(socket: Socket) {
  const heard = { bytes: 0, text: '', how: 'open' as 'open' | 'end' | 'reset' | 'closed' }
  socket.on('data', (chunk: Buffer) => {
    heard.bytes += chunk.length
    heard.text += chunk.toString('latin1')
  })
  socket.on('end', () => (heard.how = 'end'))
  socket.on('error', () => (heard.how = 'reset'))
  socket.on('close', () => heard.how === 'open' && (heard.how = 'closed'))
  return heard
}

/** A server that echoes, what each of its sockets heard, and a relay before it. */
export async function echoBehind(faults: RawFaults, schedule: Schedule | null = null) {
  const served: { socket: Socket; heard: ReturnType<typeof heardBy> }[] = []
  const server = await serveSockets((socket) => {
    served.push({ socket, heard: heardBy(socket) })
    socket.on('data', (chunk: Buffer) => socket.write(chunk))
    socket.on('end', () => socket.end())
  })
  const clock = watchClock(realClock)
  const relay = await relayTo(server.port, layersWith(ruleOf(faults, { schedule })), { clock })
  return {
    relay,
    served,
    async dialled() {
      const socket = await dial(relay.ports['a']!)
      return { socket, heard: heardBy(socket) }
    },
    async [Symbol.asyncDispose]() {
      await relay[Symbol.asyncDispose]()
      expect(clock.pending()).toBe(0)
      await server[Symbol.asyncDispose]()
    },
  }
}
