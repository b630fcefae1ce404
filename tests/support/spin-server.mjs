/**
 * A server for tests: it spends so many µs on each answer. `spin-server.mjs PORT MICROSECONDS [ANSWERS]`; after so many
 * answers it dies.
 */
import { createServer } from 'node:http'

const [port, micros, last = 'Infinity'] = process.argv.slice(2)
let answers = 0

createServer((_, response) => {
  const end = process.hrtime.bigint() + 1000n * BigInt(micros)
  while (process.hrtime.bigint() < end);
  response.end('hi')
  if (++answers >= Number(last)) process.exit(7)
}).listen(Number(port), '127.0.0.1')
