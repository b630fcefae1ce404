import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { SoakrigError, systemCode } from '../kernel/errors.ts'
import { createRng } from '../kernel/rng.ts'
import { isAlive, listProcesses, openFilesOf, type ProcessIdentity } from './proc.ts'

/** A port of `host` that nothing listens on; the system's choice. */
export function freePort(host: string): Promise<number> {
  return listenBriefly(host, 0)
}

const lowestQuietPort = 20_000
const ephemeralDefault = 32_768

/**
 * A free port below those that the system gives to whoever connects, so that no client can take it while nothing listens
 * there. Connecting to a closed port of that range may even reach itself, and then holds it. Two with different keys
 * begin to look in different places.
 */
export async function quietPort(host: string, key: string): Promise<number> {
  const [lowest] = textOf('/proc/sys/net/ipv4/ip_local_port_range').trim().split(/\s+/u)
  const end = Math.max(lowestQuietPort + 1, Number(lowest) || ephemeralDefault)
  const span = end - lowestQuietPort
  const start = Math.floor(createRng(key).next() * span)
  for (let step = 0; step < span; step++) {
    const port = lowestQuietPort + ((start + step) % span)
    const free = await listenBriefly(host, port).then(
      () => true,
      () => false,
    )
    if (free) return port
  }
  return freePort(host)
}

/** Rejects with `port-taken` when something listens on that port already. */
export async function refuseTakenPort(host: string, port: number): Promise<void> {
  try {
    await listenBriefly(host, port)
  } catch (error) {
    // Any other reason (a port that only root may use) need not hold for the target.
    if (systemCode(error) === 'EADDRINUSE') throw portTaken(host, port, error)
  }
}

/** The failure to get a port that somebody else has. */
export function portTaken(host: string, port: number, cause: unknown): SoakrigError {
  return new SoakrigError(`port ${port} of ${host} is in use`, {
    code: 'port-taken',
    exit: 'environment',
    hint: 'End what listens there, or leave the port out to get a free one.',
    cause,
  })
}

function listenBriefly(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port))
    })
  })
}

type Transport = 'tcp' | 'udp'

// In /proc/net/udp a socket that is bound, but not connected, has the state that TCP calls closed.
const waiting: Readonly<Record<Transport, string>> = { tcp: '0A', udp: '07' }

/** Inodes of the sockets that wait for anybody on a port, from the text of /proc/net/tcp, tcp6, udp or udp6. */
export function listeningInodes(table: string, port: number, transport: Transport = 'tcp'): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/u))
  return rows.filter((row) => row[1]?.endsWith(wanted) && row[3] === waiting[transport]).map((row) => row[9] ?? '')
}

/**
 * The process that listens on a port of this machine; of several that share the socket, the parent of the others.
 * Undefined when there is none, or it is another user's.
 */
export function listenerOn(port: number, transport: Transport = 'tcp'): ProcessIdentity | undefined {
  const tables = [`/proc/net/${transport}`, `/proc/net/${transport}6`]
  const inodes = tables.flatMap((path) => listeningInodes(textOf(path), port, transport))
  if (inodes.length === 0) return undefined
  const sockets = new Set(inodes.map((inode) => `socket:[${inode}]`))
  const owners = listProcesses().filter(
    (process) => isAlive(process) && openFilesOf(process.pid).some((path) => sockets.has(path)),
  )
  const pids = new Set(owners.map(({ pid }) => pid))
  const first = owners.find(({ ppid }) => !pids.has(ppid))
  return first && { pid: first.pid, startTicks: first.startTicks }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
