import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { SoakrigError, systemCode } from '../../kernel/errors.ts'
import type { Endpoint } from './protocol.ts'

/** Asked of the kernel, which gives what it allows: what comes while the relay is busy is not to be lost. */
export const receiveBufferBytes = 8 * 2 ** 20

/** Makes a socket for the family of an address. Addresses need no look-up, so nothing waits for one. */
export function createDatagramSocket(address: string): Socket {
  const family = isIPv6(address) ? 6 : 4
  return createSocket({ type: `udp${family}`, lookup: (name, _, found) => found(null, name, family) })
}

/** Binds a socket; its later errors are the caller's. Rejects with `port-taken` (106), `cannot-listen` (106). */
export async function bindDatagramSocket(socket: Socket, { host, port }: Endpoint): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  socket.once('error', reject)
  socket.bind({ address: host, port, exclusive: true }, resolve)
  await promise.catch((error: unknown) => {
    socket.close()
    const taken = systemCode(error) === 'EADDRINUSE'
    throw new SoakrigError(`cannot listen on ${host}:${port}`, {
      code: taken ? 'port-taken' : 'cannot-listen',
      exit: 'environment',
      hint: taken ? 'Choose another port, or 0 for any that is free.' : 'See the cause.',
      cause: error,
    })
  })
  socket.off('error', reject)
  socket.setRecvBufferSize(receiveBufferBytes)
}
