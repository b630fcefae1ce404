import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { realClock } from '../../harness/kernel/clock.ts'
import { moveToCore } from './bench-cores.ts'

const answer = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi')
const endOfHead = '\r\n\r\n'

/** A server in a process of its own that answers `hi` to requests without a body, and writes down when each came. */
export interface BenchReceiver extends AsyncDisposable {
  readonly port: number
  /** When requests came since this was last asked, in CLOCK_MONOTONIC ns, in their order. */
  take(): Promise<readonly number[]>
}

/** Starts a receiver. */
export async function startReceiver(core: number | undefined): Promise<BenchReceiver> {
  const child = fork(fileURLToPath(import.meta.url), ['receive'], { serialization: 'advanced' })
  const exited = once(child, 'exit')
  const [port] = (await once(child, 'message')) as [number]
  moveToCore(core, child.pid ?? 0)
  return {
    port,
    async take() {
      child.send('take')
      const [times] = (await once(child, 'message')) as [Float64Array]
      return [...times]
    },
    async [Symbol.asyncDispose]() {
      child.disconnect()
      await exited
    },
  }
}

function receive(): void {
  let times: number[] = []
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes) => {
      const nowNs = realClock.nowNs()
      // Requests are small, and one at a time on each connection: none is cut in two.
      for (let from = bytes.indexOf(endOfHead); from >= 0; from = bytes.indexOf(endOfHead, from + endOfHead.length)) {
        times.push(nowNs)
        socket.write(answer)
      }
    })
  })
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as { port: number }).port))
  process.on('message', () => {
    process.send?.(Float64Array.from(times))
    times = []
  })
  process.once('disconnect', () => process.exit(0))
}

if (process.argv[2] === 'receive') receive()
