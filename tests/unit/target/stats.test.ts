import { createServer, type Server } from 'node:http'
import { type AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { realClock } from '../../../harness/kernel/clock.ts'
import { createRequestCounter, requestsIn } from '../../../harness/target/stats.ts'

const pointer = { kind: 'pointer', path: '/stats', pointer: '/a~1b/0/requests' } as const
const pattern = { kind: 'pattern', path: '/status', pattern: '^ \\d+ \\d+ (\\d+)' } as const

describe('the number of requests', () => {
  test('is found by a JSON pointer, as a number or as text', () => {
    expect(requestsIn(pointer, '{"a/b":[{"requests":12}]}')).toBe(12)
    expect(requestsIn(pointer, '{"a/b":[{"requests":"12"}]}')).toBe(12)
  })

  test('is found by the group of a pattern', () => {
    expect(
      requestsIn(
        { ...pattern, pattern: 'handled requests\\s+\\d+ \\d+ (\\d+)' },
        'server accepts handled requests\n 1 1 7 \n',
      ),
    ).toBe(7)
  })

  test.each([
    [pointer, 'no json'],
    [pointer, '{}'],
    [pointer, '{"a/b":[{"requests":-1}]}'],
    [pointer, '{"a/b":[{"requests":1.5}]}'],
    [pointer, '{"a/b":[{"requests":""}]}'],
    [pointer, '{"a/b":[{"requests":{}}]}'],
    [pointer, '{"a/b":[{"requests":null}]}'],
    [pattern, 'nothing'],
  ])('is a problem, and no exception, when the page has none: %j', (settings, body) => {
    expect(requestsIn(settings, body)).toHaveProperty('problem')
  })
})

describe('a request counter', () => {
  let server: Server | undefined
  afterEach(() => server?.closeAllConnections())
  afterEach(() => server?.close())

  async function serve(answer: (served: number) => { status?: number; body: string }) {
    let served = 0
    server = createServer((_request, response) => {
      const { status = 200, body } = answer(++served)
      response.writeHead(status).end(body)
    })
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, statsPort: null }
  }
  const settings = { kind: 'pointer', path: '/stats', pointer: '/n' } as const

  test('takes its own looks out where the target counts them', async () => {
    let others = 0
    const target = await serve((served) => ({ body: `{"n":${served + others}}` }))
    const counter = createRequestCounter(settings, target, realClock)!
    expect(await counter.calibrate()).toEqual({ countsItself: true })
    const before = await counter.read()
    others = 5
    await counter.read()
    expect(counter.requestsBetween(before, await counter.read())).toEqual({ requests: 5, slack: 0 })
  })

  test('takes nothing out where the target does not', async () => {
    let others = 3
    const target = await serve(() => ({ body: `{"n":${others}}` }))
    const counter = createRequestCounter(settings, target, realClock)!
    expect(await counter.calibrate()).toEqual({ countsItself: false })
    const before = await counter.read()
    others = 10
    expect(counter.requestsBetween(before, await counter.read())).toEqual({ requests: 7, slack: 0 })
  })

  test('says so when something else moves the count while it calibrates', async () => {
    const target = await serve((served) => ({ body: `{"n":${served * 7}}` }))
    expect(await createRequestCounter(settings, target, realClock)!.calibrate()).toHaveProperty('problem')
  })

  test('gives a failed look as a problem, and as slack in what comes after', async () => {
    let fail = false
    const target = await serve((served) => (fail ? { status: 503, body: '' } : { body: `{"n":${served}}` }))
    const counter = createRequestCounter(settings, target, realClock)!
    await counter.calibrate()
    const before = await counter.read()
    fail = true
    const failed = await counter.read()
    expect(failed).toEqual({ problem: 'the status page answered 503' })
    fail = false
    expect(counter.requestsBetween(before, await counter.read())).toEqual({ requests: 1, slack: 1 })
    expect(counter.requestsBetween(before, failed)).toBe(failed)
  })

  test('gives a count that fell as a problem, and a target that refuses too', async () => {
    const target = await serve((served) => ({ body: `{"n":${10 - served}}` }))
    const counter = createRequestCounter(settings, target, realClock)!
    const [before, after] = [await counter.read(), await counter.read()]
    expect(counter.requestsBetween(before, after)).toHaveProperty('problem')
    server!.closeAllConnections()
    await new Promise((resolve) => server!.close(resolve))
    expect(await counter.read()).toHaveProperty('problem')
  })

  test('says that a target was started again, whose count began anew', async () => {
    const place = await serve((served) => ({ body: `{"n":${served % 3}}` }))
    const target = { ...place, restarts: 0 }
    const counter = createRequestCounter(settings, target, realClock)!
    const before = await counter.read()
    target.restarts = 2
    expect(counter.requestsBetween(before, await counter.read())).toEqual({ restarts: 2 })
    expect(counter.requestsBetween(await counter.read(), await counter.read())).not.toHaveProperty('restarts')
  })

  test('asks the port that is there for stats alone', async () => {
    const { url } = await serve(() => ({ body: '{"n":4}' }))
    const target = { url: 'udp://127.0.0.1:1', statsPort: Number(new URL(url).port) }
    expect(await createRequestCounter(settings, target, realClock)!.read()).toMatchObject({ requests: 4 })
  })

  test('does not exist where there are no stats', () => {
    expect(
      createRequestCounter({ kind: 'none' }, { url: 'http://127.0.0.1:1', statsPort: null }, realClock),
    ).toBeUndefined()
  })
})
