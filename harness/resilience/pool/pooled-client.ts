import { type Clock, realClock } from '../../kernel/clock.ts'
import { newRunId } from '../../kernel/host.ts'
import { createRng } from '../../kernel/rng.ts'
import { TimerWheel } from '../../kernel/timer-wheel.ts'
import { durationNs } from '../../kernel/units.ts'
import { badPolicy } from '../checked-client.ts'
import type { OpenClient } from '../promise/open-client.ts'
import { PolicyError } from '../promise/policy-error.ts'
import type { PoolStats } from './counts.ts'
import type { PoolClaim, PoolRefusal } from './lease.ts'
import { Pool } from './pool.ts'
import { type Connector, type Held, promisePort } from './promise-port.ts'
import { withTimeout } from './request-client.ts'
import { type RequestOptions, type RequestStats, Requests, type RequestsOptions } from './requests.ts'
import { checkPool } from './checked-pool.ts'
import { parsePool, type ProgramPool } from './settings.ts'

export interface PooledClientOptions<Connection, Payload, Response> extends RequestsOptions<Payload, Response> {
  readonly send: (connection: Connection, payload: Payload, signal: AbortSignal) => PromiseLike<Response> | Response
  readonly connector: Connector<Connection>
  readonly pool?: ProgramPool
  /** Told when a connection is given out or given back, and when somebody has waited in vain. */
  readonly onAcquire?: (connection: Connection) => void
  readonly onRelease?: (connection: Connection) => void
  readonly onAcquireTimeout?: () => void
}

export interface PooledClientStats extends RequestStats {
  /** Attempts whose turn did not come in time. They were not sent, and policies do not repeat them. */
  readonly connectionWaitTimeouts: number
}

/** What is rejected with what still waits for a connection as its client is closed, and what comes later. */
export class PoolClosedError extends Error {
  override readonly name = 'PoolClosedError'
  /** For policies it is nothing that the target did. */
  readonly code = 'aborted'
}

/**
 * A client whose requests each have a connection of a pool to themselves. What times out, fails or is aborted takes its
 * connection with it, so that no server ever sees the next request on one that it still works on.
 */
export class PooledClient<Connection, Payload, Response> implements Disposable {
  readonly #options: PooledClientOptions<Connection, Payload, Response>
  readonly #requests: Requests<Payload, Response>
  readonly #pool: Pool<Held<Connection>>
  readonly #clock: Clock
  readonly #making = new Set<Promise<void>>()
  #waitTimeouts = 0

  /** Throws `bad-policy` (104) for policies, a timeout or a pool that cannot be used. */
  constructor(options: PooledClientOptions<Connection, Payload, Response>) {
    const { connector, pool = {}, clock = realClock, seed = newRunId() } = options
    const problems = checkPool(pool)
    if (problems.length > 0) throw badPolicy('pool', problems)
    const { connectTimeout = '5s', checkTimeout = '5s' } = pool
    const port = promisePort(connector, clock)
    this.#options = options
    this.#clock = clock
    this.#pool = new Pool({
      limits: {
        ...parsePool(pool),
        connectTimeoutNs: durationNs(connectTimeout),
        checkTimeoutNs: durationNs(checkTimeout),
      },
      port: { ...port, connect: (events, nowNs) => this.#watched(port.connect(events, nowNs)) },
      wheel: new TimerWheel(clock),
      rng: createRng(seed).fork('pool'),
    })
    const { send, timeouts } = withTimeout(options.send, options)
    this.#requests = new Requests(
      options,
      async (payload, signal, sending) =>
        this.#withConnection(signal, (connection) => {
          sending()
          return send(connection, payload, signal)
        }),
      timeouts,
    )
  }

  /**
   * Sends a request over a connection of the pool; resolves with its response. Rejects with what `send` or the connector
   * threw, with a `PolicyError` where a policy, the timeout or the pool (`pool-timeout`) ended it, or with the reason of
   * its own signal.
   */
  request(payload: Payload, options: RequestOptions<Payload, Response> = {}): Promise<Response> {
    return this.#requests.request(payload, options)
  }

  /** Makes the minimum of connections; resolves when each has been made, or could not be. */
  async warmUp(): Promise<void> {
    this.#pool.warmUp(this.#clock.nowNs())
    await Promise.all(this.#making)
  }

  /** Its policies, with what they count. */
  get client(): OpenClient {
    return this.#requests.client
  }

  stats(): PooledClientStats {
    return { ...this.#requests.stats(), connectionWaitTimeouts: this.#waitTimeouts }
  }

  poolStats(): PoolStats {
    return this.#pool.stats()
  }

  /** Mean time of the attempts that were answered, in ms, the wait for their connections included; 0 where none was. */
  get averageResponseTimeMs(): number {
    return this.#requests.responseTimes.meanMs
  }

  /** Percentile `p`, from 0 to 1, of those times in ms, within 0.1 %; 0 where there are none. */
  responseTimePercentileMs(p: number): number {
    return this.#requests.responseTimes.percentileMs(p)
  }

  /** The same of the operations that succeeded, with all of their waits and attempts. */
  operationTimePercentileMs(p: number): number {
    return this.#requests.operationTimes.percentileMs(p)
  }

  /** Closes all connections; whoever waits for one is rejected with a `PoolClosedError`. Response times are gone then. */
  [Symbol.dispose](): void {
    this.#pool.close(this.#clock.nowNs())
    this.#requests.close()
  }

  async #withConnection(
    signal: AbortSignal,
    use: (connection: Connection) => PromiseLike<Response> | Response,
  ): Promise<Response> {
    const { onAcquire, onRelease } = this.#options
    const { client } = this.#requests
    const claim = await this.#acquire(signal)
    const { connection } = claim.held as Held<Connection>
    // At once, also where the sender does not heed the signal.
    const destroy = (): void => this.#pool.destroy(claim, this.#clock.nowNs())
    signal.addEventListener('abort', destroy, { once: true })
    client.tell(onAcquire, connection)
    try {
      // It may have aborted since the connection was given out.
      signal.throwIfAborted()
      const response = await use(connection)
      if (claim.state === 'held') this.#pool.release(claim, this.#clock.nowNs())
      return response
    } catch (error) {
      destroy()
      throw error
    } finally {
      signal.removeEventListener('abort', destroy)
      client.tell(onRelease, connection)
    }
  }

  /** A claim that holds a connection. */
  #acquire(signal: AbortSignal): Promise<PoolClaim<Held<Connection>, unknown>> {
    return new Promise((resolve, reject) => {
      const settle = (): void => signal.removeEventListener('abort', abort)
      const claim = this.#pool.claim({
        granted: () => {
          settle()
          resolve(claim)
        },
        refused: (refusal) => {
          settle()
          reject(this.#errorOf(refusal))
        },
      })
      const abort = (): void => {
        this.#pool.destroy(claim, this.#clock.nowNs())
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', abort, { once: true })
      if (this.#pool.acquire(claim, this.#clock.nowNs())) claim.user.granted(claim.held as Held<Connection>, 0)
    })
  }

  #errorOf(refusal: PoolRefusal<unknown>): unknown {
    const { name = 'request', onAcquireTimeout } = this.#options
    switch (refusal.kind) {
      case 'timeout':
        this.#waitTimeouts++
        this.#requests.client.tell(onAcquireTimeout)
        return new PolicyError(name, 'pool-timeout')
      case 'connect-timeout':
        return new PolicyError(name, 'connect')
      case 'closed':
        return new PoolClosedError(`${name}: its pool is closed`)
      case 'failed':
        return refusal.cause
    }
  }

  #watched(held: Held<Connection>): Held<Connection> {
    this.#making.add(held.made)
    void held.made.finally(() => this.#making.delete(held.made))
    return held
  }
}
