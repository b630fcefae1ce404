import { createServer as createHttp1 } from 'node:http'
import { createServer as createHttp2, type ServerHttp2Stream } from 'node:http2'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { realClock } from '../../harness/kernel/clock.ts'
import type { Driver, Prepared } from '../../harness/load/driver.ts'
import { openGrpcDriver } from '../../harness/load/grpc/driver.ts'
import { openHttp1Driver } from '../../harness/load/http1/driver.ts'
import { openHttp2Driver } from '../../harness/load/http2/driver.ts'
import type { Outcome } from '../../harness/resilience/outcome.ts'
import { httpRequest, plainConnection } from '../support/http1.ts'
import { openDriver } from '../support/http-lanes.ts'
import { listening } from '../support/sockets.ts'

const proto = fileURLToPath(new URL('../../profiles/echo.proto', import.meta.url))
const { message } = httpRequest()
const ms = 1e6

/** How one attempt ends. */
function outcomeOf(driver: Driver, request: Prepared): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const nothing = (): void => {}
  const lane = driver.lane({
    granted: nothing,
    connected: nothing,
    firstByte: nothing,
    resent: nothing,
    attemptEnded: (outcome) => resolve(outcome),
  })
  lane.start(request, realClock.nowNs())
  return promise
}

const answers = [
  [503, '2', 2000],
  [429, '1', 1000],
  [503, 'Thu, 01 Jan 1970 00:00:00 GMT', 0],
  [503, null, 0],
  [500, '2', 0],
] as const

test.each(answers)(
  'HTTP/1.1: status %i with Retry-After %s asks to wait for %i ms (S3, P71)',
  async (status, text, waitMs) => {
    await using server = await listening(
      createHttp1((_, response) =>
        response.writeHead(status, text === null ? {} : { 'retry-after': text }).end('busy'),
      ),
    )
    await using http = await openDriver(openHttp1Driver, plainConnection, server.port)
    for (let time = 0; time < 3; time++)
      expect(await outcomeOf(http.driver, http.prepare(message))).toMatchObject({ status, retryAfterNs: waitMs * ms })
  },
)

test.each(answers)(
  'HTTP/2: status %i with Retry-After %s asks to wait for %i ms (S3, P71)',
  async (status, text, waitMs) => {
    await using server = await listening(
      answering({ ':status': status, ...(text !== null && { 'retry-after': text }) }),
    )
    await using http = await openDriver(openHttp2Driver, { ...plainConnection, version: '2' }, server.port)
    for (let time = 0; time < 3; time++)
      expect(await outcomeOf(http.driver, http.prepare(message))).toMatchObject({ status, retryAfterNs: waitMs * ms })
  },
)

test.each([
  ['25', 25 * ms],
  ['0', 0],
  [null, 0],
  ['-1', Number.POSITIVE_INFINITY],
  ['soon', Number.POSITIVE_INFINITY],
])('gRPC: UNAVAILABLE with grpc-retry-pushback-ms %s asks to wait for %f ns', async (text, retryAfterNs) => {
  const pushback = text === null ? {} : { 'grpc-retry-pushback-ms': text }
  await using server = await listening(
    answering({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '14', ...pushback }),
  )
  await using grpc = await openDriver(openGrpcDriver, { proto, includeDirs: [], tls: null }, server.port)
  const request = grpc.prepare({ method: 'soakrig.Echo/Unary', messages: [{ text: 'hi' }], metadata: {} })
  expect(await outcomeOf(grpc.driver, request)).toMatchObject({ error: 'status', status: 14, retryAfterNs })
})

/** A server of node:http2 with one answer. */
function answering(headers: Parameters<ServerHttp2Stream['respond']>[0]) {
  const server = createHttp2()
  server.on('session', (session) => session.on('error', () => {}))
  server.on('stream', (stream) => {
    stream.on('error', () => {})
    stream.respond(headers, { endStream: true })
  })
  return server
}
