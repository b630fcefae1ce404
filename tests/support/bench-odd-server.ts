import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { moveToCore } from './bench-cores.ts'

/** One answer in so many is no HTTP: each costs a connection, and the ports of a machine are few. */
const garbageEvery = 100

/** A server in a process of its own that gives every answer only once. */
export interface OddServer extends AsyncDisposable {
  readonly port: number
}

/** Starts a server whose answers differ by the header `x-number`, the number `/number` of their JSON, or a length that is none. */
export async function startOddServer(core: number | undefined): Promise<OddServer> {
  const child = fork(fileURLToPath(import.meta.url), ['serve-odd'])
  const exited = once(child, 'exit')
  const [port] = (await once(child, 'message')) as [number]
  moveToCore(core, child.pid ?? 0)
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.disconnect()
      await exited
    },
  }
}

function answerOf(number: number): string {
  if (number % garbageEvery === 0) return `HTTP/1.1 200 OK\r\nContent-Length: number ${number}\r\n\r\n`
  const [inHeader, inBody] = number % 2 === 0 ? [number, 0] : [0, number]
  const body = JSON.stringify({ number: inBody })
  return `HTTP/1.1 200 OK\r\nX-Number: ${inHeader}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

function serve(): void {
  let number = 0
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    // One small request at a time on each connection.
    socket.on('data', () => socket.write(answerOf(++number)))
  })
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as { port: number }).port))
  process.once('disconnect', () => process.exit(0))
}

if (process.argv[2] === 'serve-odd') serve()
