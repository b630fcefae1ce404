import type { WorkloadRequest } from '../../workload/workload.ts'
import type { AttemptListener, Driver, DriverContext, Lane, OpenDriver } from '../driver.ts'
import { connectionPool } from '../pooling.ts'
import { createTlsClient } from '../tls.ts'
import { type ConnectionOptions, Http1Connection } from './connection.ts'
import { cookiesByUser, type UserCookies } from './cookies.ts'
import { encodeRequest, type Http1Request } from './encode.ts'
import { Http1Lane, type LaneOptions } from './lane.ts'
import { LeavingSockets } from './leaving.ts'
import { ConnectionPool } from './pool.ts'
import { PooledSupply, SharedSupply, type SupplyUser } from './supply.ts'

class Http1Driver implements Driver<'http', Http1Request> {
  readonly #context: DriverContext<'http'>
  readonly #lanes: LaneOptions
  readonly #leaving: LeavingSockets
  readonly #closeConnections: () => void
  /** Null where none are kept. */
  readonly #cookiesOf: ((user: object) => UserCookies) | null

  constructor(context: DriverContext<'http'>) {
    const { connection, host, address, port, dialer, counters, clock, wheel, timeoutNs } = context
    const { tls: settings, socketPath, keepAlive } = connection
    const tls = settings ? createTlsClient({ settings, host, alpn: ['http/1.1'], counters }) : null
    const leaving = new LeavingSockets(context.connections)
    // What is sent behind the last request of a connection is sent in vain.
    const pipelining = keepAlive ? connection.pipelining : 1
    const options = {
      destination: { address, port, socketPath, tls, dialer },
      leaving,
      keepAlive,
      pipelining,
      clock,
      wheel,
    }
    const { supplyOf, close } = suppliesOf(context, options)
    this.#context = context
    this.#lanes = { supplyOf, timeoutNs, clock }
    this.#closeConnections = close
    this.#leaving = leaving
    this.#cookiesOf = connection.cookies ? cookiesByUser(clock, counters) : null
  }

  prepare(request: WorkloadRequest<'http'>): Http1Request {
    const { connection, host, port } = this.#context
    return encodeRequest(request, { ...connection, host, port })
  }

  lane(listener: AttemptListener, user: object = listener): Lane<Http1Request> {
    return new Http1Lane(this.#lanes, listener, this.#cookiesOf?.(user) ?? null)
  }

  close(): void {
    this.#closeConnections()
    this.#leaving.close()
  }
}

/** Where lanes have their connections from: the client's pool where it has one. */
function suppliesOf(context: DriverContext<'http'>, options: ConnectionOptions) {
  const { pooling, connections, clock } = context
  if (pooling) {
    const pool = connectionPool(context, (events) => new Http1Connection(options, events))
    return { supplyOf: (user: SupplyUser) => new PooledSupply(pool, user), close: () => pool.close(clock.nowNs()) }
  }
  const make = (): Http1Connection => new Http1Connection(options)
  const shared = new ConnectionPool({ connections, depth: options.pipelining, make })
  return { supplyOf: (user: SupplyUser) => new SharedSupply(shared, user), close: () => shared.close() }
}

/** Opens HTTP/1.1 to one target; throws `tls-settings` (104). Counts the handshakes of TLS and the cookies it refuses. */
export const openHttp1Driver: OpenDriver<'http', Http1Request> = async (context) => new Http1Driver(context)
