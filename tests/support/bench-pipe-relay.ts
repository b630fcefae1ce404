/** A relay that does nothing but `socket.pipe`, in a process of its own: `node bench-pipe-relay.ts PORT`. Prints its port. */
import { type AddressInfo, connect, createServer } from 'node:net'

const port = Number(process.argv[2])
const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  const upstream = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
  client.pipe(upstream).pipe(client)
  for (const socket of [client, upstream]) {
    socket.on('error', () => {
      client.destroy()
      upstream.destroy()
    })
  }
})
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  console.log((server.address() as AddressInfo).port)
})
process.on('disconnect', () => process.exit())
