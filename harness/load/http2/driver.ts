import type { OpenDriver } from '../driver.ts'
import { cookiesByUser } from '../http1/cookies.ts'
import { createTlsClient } from '../tls.ts'
import { Http2Connection } from './connection.ts'
import { Http2Lane } from './lane.ts'
import { type PreparedHttp2, prepareHttp2 } from './request.ts'
import { SessionPool } from './session-pool.ts'

/**
 * HTTP/2 on node:http2: `h2` by ALPN with TLS, without it by prior knowledge. `connections` connections at most that take
 * new streams, `streams` in flight on each at most, and no more than the peer allows. Throws `tls-settings` (104).
 */
export const openHttp2Driver: OpenDriver<'http', PreparedHttp2> = async (context) => {
  const { connection, host, port, counters } = context
  const settings = connection.tls
  const tls = settings && createTlsClient({ settings, host, alpn: ['h2'], counters })
  const authority = { host, port, secure: settings !== null, cookies: connection.cookies }
  const pool: SessionPool<Http2Connection> = new SessionPool(
    context.connections,
    () => new Http2Connection({ context, tls, pool }),
  )
  const cookiesOf = connection.cookies ? cookiesByUser(context.clock, counters) : null
  const lanes: Http2Lane[] = []
  return {
    prepare: (request) => prepareHttp2(request, authority),
    lane: (listener, user = listener) => {
      const lane = new Http2Lane({ context, pool }, listener, cookiesOf?.(user) ?? null)
      lanes.push(lane)
      return lane
    },
    close: () => {
      for (const lane of lanes) lane.close()
      pool.close()
    },
  }
}
