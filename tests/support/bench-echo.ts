/**
 * A server in a process of its own that speaks as its mode says: `echo` sends back what comes; `source` writes chunks of the
 * size asked for, as fast as they are taken, for as long as asked; `sink` reads. `node bench-echo.ts`; prints its port. A client's
 * first line is `echo`, `sink`, or `source CHUNK_BYTES TOTAL_BYTES`.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net'

const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy())
  socket.once('data', (first: Buffer) => {
    const end = first.indexOf('\n')
    const [mode, chunkBytes, totalBytes] = first.subarray(0, end).toString().split(' ')
    const rest = first.subarray(end + 1)
    socket.on('end', () => socket.end())
    if (mode === 'source') send(socket, Number(chunkBytes), Number(totalBytes))
    else if (mode === 'sink') socket.resume()
    else {
      if (rest.length > 0) socket.write(rest)
      socket.on('data', (chunk: Buffer) => socket.write(chunk))
    }
  })
})

function send(socket: Socket, chunkBytes: number, totalBytes: number): void {
  const chunk = Buffer.alloc(chunkBytes, 0x61)
  let left = totalBytes
  const more = (): void => {
    while (left > 0) {
      const part = left >= chunkBytes ? chunk : chunk.subarray(0, left)
      left -= part.length
      if (!socket.write(part)) {
        socket.once('drain', more)
        return
      }
    }
    socket.end()
  }
  socket.resume()
  more()
}

server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  console.log((server.address() as AddressInfo).port)
})
process.on('disconnect', () => process.exit())
