import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import type { Clock } from '../../kernel/clock.ts'
import { nsPerMs } from '../../kernel/units.ts'
import type { Endpoint } from './protocol.ts'

/** The cell of the thread that says when it is over. */
export const deafCell = 0

/** A backlog of 1 has room for two connections (Linux: `sk_acceptq_is_full` asks for more than the backlog). */
const backlogRoom = 2

/** Connections to a listener of this machine are there at once, or not at all: then others have filled the backlog. */
const fillingNs = 20 * nsPerMs

/** A listener that drops handshakes. */
export interface DeafListener {
  /** Stops listening; the port is free when it resolves. What the kernel has connected meanwhile is reset. */
  lift(): Promise<void>
}

/**
 * Listens without accepting, its backlog filled by connections of our own: the kernel drops further SYNs, as a network
 * without an answer does. Clients send theirs again after 1, 3, 7 s (Linux), so those find whoever listens then. Rejects
 * where it cannot listen. A client that connects in the ms before the backlog is full is connected, and never served.
 */
export async function listenDeaf({ host, port }: Endpoint, clock: Clock): Promise<DeafListener> {
  const cells = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const { url } = import.meta
  const thread = new Worker(new URL(`deaf-thread${url.slice(url.lastIndexOf('.'))}`, url), {
    name: 'deaf',
    workerData: { host, port, cells },
    execArgv: [],
  })
  const exited = new Promise((resolve) => thread.once('exit', resolve))
  const [failure] = (await once(thread, 'message')) as [{ readonly message: string; readonly code?: string } | null]
  if (failure) {
    await thread.terminate()
    throw Object.assign(new Error(failure.message), failure)
  }
  const fillers = Array.from({ length: backlogRoom }, () => connect({ host, port }))
  const filled = Promise.all(fillers.map((filler) => settled(filler)))
  const late = new AbortController()
  await Promise.race([filled, clock.sleep(fillingNs, late.signal).catch(() => {})])
  late.abort()
  // They are no reason for a process to live that has nothing else to do.
  thread.unref()
  for (const filler of fillers) filler.unref()
  return {
    async lift() {
      thread.ref()
      Atomics.store(cells, deafCell, 1)
      Atomics.notify(cells, deafCell)
      await exited
      for (const filler of fillers) filler.destroy()
    },
  }
}

function settled(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on('connect', resolve).on('error', () => resolve())
  })
}
