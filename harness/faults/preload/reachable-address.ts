import { lookup } from 'node:dns/promises'
import { connect } from 'node:net'

/**
 * The address of a name on which somebody listens: the first that takes a connection, as Node tries them too; the first of
 * all where none does, and null for a name without any. A name with one address is not tried.
 */
export async function reachableAddress(host: string, port: number): Promise<string | null> {
  const addresses = await lookup(host, { all: true }).catch(() => [])
  const [first] = addresses
  if (addresses.length > 1) for (const { address } of addresses) if (await isTaken(address, port)) return address
  return first?.address ?? null
}

function isTaken(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect({ host, port, timeout: 250 })
  socket.on('connect', () => resolve(true))
  socket.on('timeout', () => resolve(false))
  socket.on('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}
