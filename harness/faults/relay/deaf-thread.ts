import { createServer } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { systemCode } from '../../kernel/errors.ts'
import { deafCell } from './deaf-listener.ts'

/**
 * Listens and never accepts: the thread sleeps until its cell says that it is over. While it sleeps the kernel completes as
 * many handshakes as the backlog has room for, and drops all others.
 */
const { host, port, cells } = workerData as { host: string; port: number; cells: Int32Array }

const server = createServer()
// An error that is sent as one loses its code.
server.on('error', (error) => parentPort?.postMessage({ message: error.message, code: systemCode(error) }))
server.listen({ host, port, backlog: 1 }, () => {
  parentPort?.postMessage(null)
  Atomics.wait(cells, deafCell, 0)
  server.close()
})
