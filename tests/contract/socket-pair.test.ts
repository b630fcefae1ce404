import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { SocketPair } from '../../harness/faults/relay/socket-pair.ts'
import { serveSockets, until } from '../support/sockets.ts'

test.each([
  ['in the same turn', false],
  ['with bytes before it', true],
])('a pair that is reset while its end is being sent closes all the same, %s', async (_what, withBytes) => {
  await using server = await serveSockets(() => {})
  const [client, upstream] = [1, 2].map(() => connect({ host: '127.0.0.1', port: server.port, allowHalfOpen: true }))
  let closed = false
  const handlers = { up: () => {}, down: () => {}, clientLost: () => {}, unreached: () => {} }
  const pair = new SocketPair(client!, upstream!, { ...handlers, closed: () => (closed = true) })
  await until('both are connected', () => server.sockets.size === 2 && !client!.connecting && !upstream!.connecting)
  if (withBytes) upstream!.write(Buffer.alloc(100_000))
  upstream!.end()
  pair.reset()
  await until('both are closed', () => closed)
  expect(client!.destroyed && upstream!.destroyed).toBe(true)
})
