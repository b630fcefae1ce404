import type { Clock } from '../../kernel/clock.ts'
import type { ResourceEvents } from './lease.ts'
import type { PoolPort } from './places.ts'

/** Makes and ends the connections of a program. */
export interface Connector<Connection> {
  /** Connects; the signal aborts when nobody wants it any more. `lost` is to be called if it breaks by itself later. */
  connect(signal: AbortSignal, lost: (error: unknown) => void): PromiseLike<Connection> | Connection
  close(connection: Connection): PromiseLike<void> | void
  /** Whether an idle connection still works; what it throws means that it does not. */
  check?(connection: Connection): PromiseLike<boolean> | boolean
}

/** A connection of a program, from the beginning of its making on. */
export class Held<Connection> {
  readonly #connector: Connector<Connection>
  readonly #clock: Pick<Clock, 'nowNs'>
  readonly #events: ResourceEvents<unknown>
  readonly #controller = new AbortController()
  /** Settles when it has been made, or could not be. */
  readonly made: Promise<void>
  #connection: { readonly value: Connection } | null = null
  #closed = false

  constructor(connector: Connector<Connection>, clock: Pick<Clock, 'nowNs'>, events: ResourceEvents<unknown>) {
    this.#connector = connector
    this.#clock = clock
    this.#events = events
    this.made = this.#make()
  }

  /** Only once it was opened. */
  get connection(): Connection {
    return (this.#connection as { readonly value: Connection }).value
  }

  close(): void {
    this.#closed = true
    this.#controller.abort()
    if (this.#connection) void this.#end(this.#connection.value)
  }

  async check(answer: (healthy: boolean, nowNs: number) => void): Promise<void> {
    let healthy = false
    try {
      healthy = (await this.#connector.check?.(this.connection)) ?? true
    } catch {
      // It is as good as gone.
    }
    answer(healthy, this.#clock.nowNs())
  }

  async #make(): Promise<void> {
    const lost = (error: unknown): void => this.#events.lost(error, this.#clock.nowNs())
    try {
      const value = await this.#connector.connect(this.#controller.signal, lost)
      if (this.#closed) return await this.#end(value)
      this.#connection = { value }
    } catch (error) {
      if (!this.#closed) lost(error)
      return
    }
    this.#events.opened(this.#clock.nowNs())
  }

  /** A connection that cannot even be closed is of no more interest. */
  async #end(connection: Connection): Promise<void> {
    try {
      await this.#connector.close(connection)
    } catch {
      // Nobody has it any more.
    }
  }
}

/** What a pool makes connections of a program with. */
export function promisePort<Connection>(
  connector: Connector<Connection>,
  clock: Pick<Clock, 'nowNs'>,
): PoolPort<Held<Connection>, unknown> {
  return {
    connect: (events) => new Held(connector, clock, events),
    close: (held) => held.close(),
    ...(connector.check && {
      check: (held: Held<Connection>, answer: (healthy: boolean, nowNs: number) => void) => void held.check(answer),
    }),
  }
}
