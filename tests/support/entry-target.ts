import { createHash, randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { dial, digestOf, serveSockets, sha256, until } from './sockets.ts'

/** How many bytes came to an end, and what they were. */
type Digest = Awaited<ReturnType<typeof digestOf>>

/**
 * What the target does with a connection, said by its first byte: send all and end while it takes what comes (`now`) or
 * after that (`later`), send without an end (`open`), or `echo`.
 */
const manners = { now: 'N', later: 'L', open: 'O', echo: 'E' } as const
type Manner = (typeof manners)[keyof typeof manners]
const headerBytes = 8

/** One connection as the target has it. */
interface Served {
  /** What it took after the header, once that has ended. */
  readonly taken: Promise<Digest>
  readonly closed: Promise<void>
}

interface Serving extends Served {
  readonly take: (digest: Digest) => void
  readonly close: () => void
}

/** The target behind all paths: each connection says what is to be done with it. */
export interface EntryTarget extends AsyncDisposable {
  readonly port: number
  /** What clients send, and what is sent to them. */
  readonly payload: { readonly up: Buffer; readonly down: Buffer }
  /** Connections that are open. */
  open(): number
  /** The first bytes of a connection, and what becomes of it. */
  announce(manner: keyof typeof manners): Served & { readonly header: Buffer }
}

/** Serves on a free port of loopback; both directions carry `sizeBytes` of chance. */
export async function openEntryTarget(sizeBytes: number): Promise<EntryTarget> {
  const payload = { up: randomBytes(sizeBytes), down: randomBytes(sizeBytes) }
  const announced = new Map<string, Serving>()
  const server = await serveSockets((socket) => {
    readHeader(socket, (header, rest) => {
      const serving = announced.get(header)
      socket.on('close', () => serving?.close())
      if (serving) serve(socket, header.charAt(0) as Manner, { ...serving, rest, header, down: payload.down })
      else socket.destroy()
    })
  })
  return {
    port: server.port,
    payload,
    open: () => server.sockets.size,
    announce(manner) {
      const header = manners[manner] + String(announced.size).padStart(headerBytes - 1, '0')
      const taken = Promise.withResolvers<Digest>()
      const closed = Promise.withResolvers<void>()
      const serving = { taken: taken.promise, closed: closed.promise, take: taken.resolve, close: closed.resolve }
      announced.set(header, serving)
      return { header: Buffer.from(header), ...serving }
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** Calls back with the header, however many pieces it comes in, and what came with it; ends with a client that sends none. */
function readHeader(socket: Socket, begin: (header: string, rest: Buffer) => void): void {
  let came = Buffer.alloc(0)
  const read = (bytes: Buffer): void => {
    came = Buffer.concat([came, bytes])
    if (came.length < headerBytes) return
    socket.off('data', read).off('end', end)
    begin(came.subarray(0, headerBytes).toString('latin1'), came.subarray(headerBytes))
  }
  const end = (): unknown => socket.end()
  socket.on('data', read).on('end', end)
}

interface Manners extends Pick<Serving, 'take'> {
  readonly header: string
  readonly rest: Buffer
  readonly down: Buffer
}

function serve(socket: Socket, manner: Manner, { header, rest, down, take }: Manners): void {
  if (manner === manners.echo) {
    socket.write(Buffer.concat([Buffer.from(header), rest]))
    socket.pipe(socket)
    return
  }
  const hash = createHash('sha256').update(rest)
  let bytes = rest.length
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    hash.update(chunk)
  })
  socket.on('end', () => {
    take({ bytes, sha256: hash.digest('hex') })
    if (manner === manners.later) socket.end(down)
  })
  if (manner === manners.now) socket.end(down)
  else if (manner === manners.open) socket.write(down)
}

/** Both digests of a connection. */
interface Carried {
  readonly up: Digest
  readonly down: Digest
}

/** What has come where all is as it was sent. */
export function wholeOf({ payload }: EntryTarget): Carried {
  const of = (bytes: Buffer): Digest => ({ bytes: bytes.length, sha256: sha256(bytes) })
  return { up: of(payload.up), down: of(payload.down) }
}

/** How many bytes clients send in `carryAll`. */
export function carriedUpBytes(sizeBytes: number): number {
  return 3 * sizeBytes + 4 * headerBytes
}

/** All bytes both ways on one connection; `first` ends first, and the other then on the half-closed connection. */
export async function carry(port: number, target: EntryTarget, first: 'both' | 'client' | 'server'): Promise<Carried> {
  const { header, taken } = target.announce(first === 'client' ? 'later' : 'now')
  const client = await dial(port)
  client.write(header)
  if (first !== 'server') client.end(target.payload.up)
  const down = await digestOf(client)
  if (first === 'server') client.end(target.payload.up)
  return { up: await taken, down }
}

/** What is seen of four connections: three that carry all bytes, and one that its client resets while bytes come. */
export async function carryAll(port: number, target: EntryTarget) {
  const carried = {
    both: await carry(port, target, 'both'),
    client: await carry(port, target, 'client'),
    server: await carry(port, target, 'server'),
  }
  const { header, closed } = target.announce('open')
  const client = await dial(port)
  client.write(header)
  await new Promise((resolve) => client.once('data', resolve))
  client.resetAndDestroy()
  let over = false
  void closed.then(() => (over = true))
  await until('the target hears of the reset', () => over, 1000)
  return carried
}

/** What is seen of `carryAll` where nothing is lost, repeated or swapped. */
export function allWhole(target: EntryTarget): Awaited<ReturnType<typeof carryAll>> {
  const whole = wholeOf(target)
  return { both: whole, client: whole, server: whole }
}

/** How a conversation went: what came back, its first two bytes, and how it ended. */
export interface Talk {
  readonly bytes: number
  readonly head: string
  readonly how: string
}

const messageBytes = 1000
/** How long what is expected may take, and how long nothing must follow where nothing is. */
const patienceMs = 3000
const silenceMs = 80

const noConnection = 'no connection'

/**
 * Has two messages of 1000 bytes echoed, one after the other, and ends. It is `silence` where neither an end nor an error
 * follows. What is expected only says what is waited for.
 */
export async function talk(port: number, target: EntryTarget, expected: Talk): Promise<Talk> {
  const limitMs = expected.how === noConnection ? silenceMs : patienceMs
  const client = await dialWithin(port, limitMs)
  if (typeof client === 'string') return { bytes: 0, head: '', how: client }
  const came: Buffer[] = []
  let how = 'silence'
  client.on('data', (bytes: Buffer) => came.push(bytes))
  client.on('end', () => (how = 'end'))
  client.on('error', (error: NodeJS.ErrnoException) => (how = codeOf(error)))
  const size = (): number => came.reduce((sum, { length }) => sum + length, 0)
  const over = (): boolean => how !== 'silence'
  const answered = (bytes: number): Promise<void> =>
    until('an answer', () => size() >= bytes || over(), patienceMs).catch(() => {})
  const { header } = target.announce('echo')
  client.write(Buffer.concat([header, Buffer.alloc(messageBytes - header.length, 'x')]))
  await answered(Math.min(messageBytes, expected.bytes))
  if (!over()) client.end(Buffer.alloc(messageBytes, 'y'))
  await answered(expected.bytes)
  await until('the end', over, expected.how === 'silence' ? silenceMs : patienceMs).catch(() => {})
  client.destroy()
  return { bytes: size(), head: Buffer.concat(came).subarray(0, 2).toString('latin1'), how }
}

const codeOf = ({ code = 'error' }: NodeJS.ErrnoException): string => code

/** A connection, or why there is none. */
async function dialWithin(port: number, limitMs: number): Promise<Socket | string> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
  let made: Socket | string | undefined
  socket.on('connect', () => (made = socket)).on('error', (error) => (made ??= codeOf(error)))
  await until('a connection', () => made !== undefined, limitMs).catch(() => socket.destroy())
  return made ?? noConnection
}

/** Whether each of some connections is answered, dialled in this order, talked to one after the other or all at once. */
export async function answersOf(port: number, target: EntryTarget, atOnce: boolean): Promise<boolean[]> {
  const clients: Socket[] = []
  for (let n = 0; n < 16; n++) clients.push(await dial(port))
  const ask = (client: Socket): Promise<boolean> =>
    new Promise((resolve) => {
      client.once('data', () => resolve(true)).once('close', () => resolve(false))
      client.write(target.announce('echo').header)
    })
  const answers: boolean[] = []
  if (atOnce) answers.push(...(await Promise.all(clients.map(ask))))
  else for (const client of clients) answers.push(await ask(client))
  for (const client of clients) client.destroy()
  return answers
}
