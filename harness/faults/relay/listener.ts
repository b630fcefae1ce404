import { readFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Clock } from '../../kernel/clock.ts'
import { SoakrigError, systemCode } from '../../kernel/errors.ts'
import type { Rng } from '../../kernel/rng.ts'
import { nsPerMs } from '../../kernel/units.ts'
import type { ListenerState } from '../fault.ts'
import { type DeafListener, listenDeaf } from './deaf-listener.ts'
import type { Endpoint } from './protocol.ts'

/** Ports for listeners that may close: from here up to the range from which the kernel gives ports to connections. */
const lowestKeptPort = 20_000

const portTries = 100

/** A port that was given up for a moment may be somebody else's for a moment; so often it is tried again. */
const listenTries = 20
const listenAgainNs = 10 * nsPerMs

export interface ListenerOptions {
  readonly listen: Endpoint
  /** Whether a fault may close it at some time. Then port 0 is one that no connection of this machine uses by itself. */
  readonly mayClose: boolean
  readonly rng: Rng
  readonly clock: Clock
  /** Whether it is not to keep the process alive. */
  readonly background: boolean
  readonly accepted: (socket: Socket) => void
}

/** A listener that can be closed, or made deaf, and opened again on its port. Connections that are there stay. */
export class StreamListener {
  readonly port: number
  readonly #options: ListenerOptions
  #server: Server | undefined
  #deaf: DeafListener | undefined
  #wanted: ListenerState | null = null
  /** Undefined after a change that failed. */
  #state: ListenerState | null | undefined = null
  #before: Promise<void> = Promise.resolve()

  private constructor(options: ListenerOptions, server: Server) {
    this.#options = options
    this.#server = server
    this.port = (server.address() as AddressInfo).port
  }

  /** Rejects with `port-taken` or `cannot-listen` (106). */
  static async open(options: ListenerOptions): Promise<StreamListener> {
    return new StreamListener(options, await firstServer(options))
  }

  /**
   * How it is to be from now on; null: it accepts. Resolves when it is so, or as it has been told to be since. Rejects as
   * `open` does.
   */
  set(state: ListenerState | null): Promise<void> {
    this.#wanted = state
    const done = this.#before.then(() => this.#change())
    this.#before = done.catch(() => {})
    return done
  }

  /** Ends it; connections that are there stay. */
  async close(): Promise<void> {
    await this.#before
    await this.#deaf?.lift()
    this.#server?.close()
    this.#deaf = undefined
    this.#server = undefined
  }

  async #change(): Promise<void> {
    const state = this.#wanted
    if (state === this.#state) return
    const listen = { host: this.#options.listen.host, port: this.port }
    // Sockets that it has accepted keep a server from being closed, but not from having stopped to listen.
    this.#server?.close()
    this.#server = undefined
    await this.#deaf?.lift()
    this.#deaf = undefined
    this.#state = undefined
    const { clock } = this.#options
    if (state === 'deaf') this.#deaf = await again(() => listenDeaf(listen, clock), listen, clock)
    else if (state === null) this.#server = await again(() => serve(listen, this.#options), listen, clock)
    this.#state = state
  }
}

async function firstServer(options: ListenerOptions): Promise<Server> {
  const { listen, mayClose, rng } = options
  if (listen.port !== 0 || !mayClose) return serve(listen, options).catch((error: unknown) => fail(listen, error))
  // Who connects to a closed port of the range from which connections get theirs may by chance get that very port for
  // itself, and is then connected with itself (RFC 9293, simultaneous open).
  const firstGiven = await firstGivenPort()
  for (let tried = 0; tried < portTries; tried++) {
    const port = lowestKeptPort + Math.floor(rng.next() * (firstGiven - lowestKeptPort))
    const server = await serve({ ...listen, port }, options).catch((error: unknown) =>
      isTaken(error) ? null : fail({ ...listen, port }, error),
    )
    if (server) return server
  }
  return serve(listen, options).catch((error: unknown) => fail(listen, error))
}

/** The first of the ports that the kernel gives to connections; 32768 where it does not say so. */
async function firstGivenPort(): Promise<number> {
  const text = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '')
  const first = Number.parseInt(text, 10)
  return first > lowestKeptPort + portTries ? first : 32_768
}

async function serve({ host, port }: Endpoint, { accepted, background }: ListenerOptions): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, accepted)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({ host, port, backlog: 4096 }, resolve)
  await promise
  server.off('error', reject)
  if (background) server.unref()
  return server
}

async function again<Result>(attempt: () => Promise<Result>, listen: Endpoint, clock: Clock): Promise<Result> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt()
    } catch (error) {
      if (!isTaken(error) || tried === listenTries) fail(listen, error)
      await clock.sleep(listenAgainNs)
    }
  }
}

function isTaken(error: unknown): boolean {
  return systemCode(error) === 'EADDRINUSE'
}

function fail({ host, port }: Endpoint, cause: unknown): never {
  const taken = isTaken(cause)
  throw new SoakrigError(`cannot listen on ${host}:${port}`, {
    code: taken ? 'port-taken' : 'cannot-listen',
    exit: 'environment',
    hint: taken ? 'Choose another port, or 0 for any that is free.' : 'See the cause.',
    cause,
  })
}
