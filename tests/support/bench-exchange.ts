import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { realClock } from '../../harness/kernel/clock.ts'

/** A connection to `bench-echo.ts` through whatever is in between, in its echo mode. */
export interface EchoLine {
  /** Sends so many bytes, and resolves with how long it took until all had come back, in ms. */
  exchange(sizeBytes: number): Promise<number>
  close(): void
}

/** Opens a line that sends back what it gets. */
export async function openEcho(port: number): Promise<EchoLine> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  await once(socket, 'connect')
  socket.write('echo\n')
  let left = 0
  let done = (): void => {}
  socket.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left === 0) done()
  })
  return {
    exchange(sizeBytes) {
      const startNs = realClock.nowNs()
      left = sizeBytes
      const back = new Promise<number>((resolve) => {
        done = () => resolve((realClock.nowNs() - startNs) / 1e6)
      })
      socket.write(Buffer.alloc(sizeBytes, 0x62))
      return back
    },
    close: () => void socket.destroy(),
  }
}

/** Bytes per second at the receiver of what `bench-echo.ts` sends in chunks, from the first bytes to the last. */
export async function receivedRate(port: number, chunkBytes: number, totalBytes: number): Promise<number> {
  const socket: Socket = connect({ host: '127.0.0.1', port, noDelay: true })
  await once(socket, 'connect')
  socket.write(`source ${chunkBytes} ${totalBytes}\n`)
  let [firstNs, lastNs, first, bytes] = [0, 0, 0, 0]
  socket.on('data', (chunk: Buffer) => {
    lastNs = realClock.nowNs()
    if (bytes === 0) [firstNs, first] = [lastNs, chunk.length]
    bytes += chunk.length
  })
  await once(socket, 'end')
  socket.destroy()
  if (bytes !== totalBytes) throw new Error(`${bytes} bytes of ${totalBytes} came`)
  return ((bytes - first) * 1e9) / (lastNs - firstNs)
}
