import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { realClock } from '../../harness/kernel/clock.ts'
import type {
  Shard,
  ShardCommand,
  ShardReply,
  SliceReport,
  SliceTask,
  WindowDelta,
} from '../../harness/load/protocol.ts'
import { loops } from '../../harness/plan/models.ts'
import type { Workload } from '../../harness/workload/workload.ts'
import type { RunningSlice } from '../../harness/load/slice.ts'
import { decodeHistogram } from '../../harness/measure/histogram.ts'
import { parseClient } from '../../harness/resilience/settings.ts'
import { forkEntry } from '../support/forked.ts'
import { listening, serveSockets, type TestServer, until } from '../support/sockets.ts'
import { startRealSlice } from '../support/real-slice.ts'
import { requestOf, taskOf, workloadOf } from '../support/slice-task.ts'

const good = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'

interface Seen {
  readonly server: TestServer
  requests: number
  connections: number
  mostAtOnce: number
}

/** A server that answers each request by hand: the how-manieth of its connection it is, and of which connection. */
async function serve(
  answer: (socket: Socket, request: number, connection: number) => void,
): Promise<Seen & AsyncDisposable> {
  const seen = { requests: 0, connections: 0, mostAtOnce: 0 }
  const server = await serveSockets((socket) => {
    const connection = ++seen.connections
    seen.mostAtOnce = Math.max(seen.mostAtOnce, server.sockets.size)
    let request = 0
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        text = text.slice(end + 4)
        seen.requests++
        answer(socket, ++request, connection)
      }
    })
    socket.on('end', () => socket.end())
  })
  return Object.assign(seen, { server, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() })
}

interface Run {
  readonly report: SliceReport
  readonly windows: readonly WindowDelta[]
}

interface RunOptions {
  readonly shard?: Shard
  readonly workload?: Workload
  readonly meanwhile?: (slice: RunningSlice) => Promise<void>
}

/** Runs one slice in this process, with whatever `meanwhile` does to it; leaves no timer. */
async function run(
  port: number,
  changes: Partial<SliceTask> = {},
  { meanwhile, ...options }: RunOptions = {},
): Promise<Run> {
  const windows: WindowDelta[] = []
  const task = taskOf(port, realClock.nowNs() + 5e6, changes)
  const { slice, wheel } = await startRealSlice(task, { ...options, emit: (window) => windows.push(window) })
  const [report] = await Promise.all([slice.report, meanwhile?.(slice)])
  expect(wheel.size).toBe(0)
  checkSums(report, windows)
  return { report, windows }
}

/** What must hold of every slice, whatever the target did. */
function checkSums({ all, measured, okLatency, failedLatency }: SliceReport, windows: readonly WindowDelta[]): void {
  for (const { operations, errors, attempts, attemptErrors } of [all, measured]) {
    expect(operations.ok + operations.failed + operations.cutOff).toBe(operations.count)
    expect(Object.values(errors).reduce((a, b) => a + b, 0)).toBe(operations.failed)
    expect(Object.values(attemptErrors).reduce((a, b) => a + b, 0)).toBe(attempts.failed)
  }
  const sum = (of: (window: WindowDelta) => number) => windows.reduce((total, window) => total + of(window), 0)
  expect(sum(({ ok }) => ok)).toBe(measured.operations.ok)
  expect(sum(({ failed }) => failed)).toBe(measured.operations.failed)
  expect(sum((window) => decodeHistogram(window.okLatency).count)).toBe(measured.operations.ok)
  expect(decodeHistogram(okLatency).count).toBe(measured.operations.ok)
  expect(decodeHistogram(failedLatency).count).toBe(measured.operations.failed)
  expect(windows.map(({ index }) => index)).toEqual(windows.map((_, index) => index))
  for (const { fromNs, toNs } of windows) expect(toNs).toBeGreaterThanOrEqual(fromNs)
}

describe('a slice against a server that is fine', () => {
  test('counts what the server saw, warm-up and drain included, and measures the rest', async () => {
    await using seen = await serve((socket) => socket.write(good))
    const { report, windows } = await run(seen.server.port, { discardNs: 150e6 })
    const { all, measured } = report
    expect(all.operations).toMatchObject({ count: seen.requests, ok: seen.requests, failed: 0, cutOff: 0 })
    expect(all.attempts).toEqual({ count: seen.requests, failed: 0, cancelled: 0 })
    expect(all.wire).toMatchObject({ connects: 2, staleReconnects: 0, bytesReceived: seen.requests * good.length })
    expect(all.requests['hi']).toMatchObject({ responses: seen.requests, bytesReceived: seen.requests * good.length })
    expect(all.iterations).toMatchObject({ count: seen.requests, ok: seen.requests, dropped: 0 })
    expect(measured.operations.count).toBeGreaterThan(0)
    expect(measured.operations.count).toBeLessThan(all.operations.count)
    expect(windows).toHaveLength(3)
    expect(report.measuredNs).toBe(150e6)
    expect(report.cpuMs).toBeGreaterThan(0)
    expect(report.attemptLatency).toBeNull()
    expect(report.correctedLatency).toBeNull()
    expect(report.errorTexts).toEqual({})
  })

  test('closes its connections at the end', async () => {
    await using seen = await serve((socket) => socket.write(good))
    await run(seen.server.port)
    await until('all are closed', () => seen.server.sockets.size === 0)
    expect(seen.connections).toBe(2)
  })

  test('speaks with node:http, chunked bodies and trailers included', async () => {
    let requests = 0
    const http = createServer((request, response) => {
      requests++
      request.resume()
      response.writeHead(200, { Trailer: 'X-Sum' })
      response.write('h')
      response.addTrailers({ 'X-Sum': '1' })
      response.end('i')
    })
    await using server = await listening(http)
    const request = requestOf({
      message: { method: 'POST', body: { kind: 'text', text: 'grün' }, headers: { 'Content-Type': 'text/plain' } },
    })
    const { report } = await run(server.port, {}, { workload: workloadOf([request]) })
    expect(report.all.operations).toMatchObject({ count: requests, ok: requests })
  })

  test('shares fewer connections than workers, and says how long they waited', async () => {
    await using seen = await serve((socket) => void realClock.sleep(5e6).then(() => socket.write(good)))
    const { report } = await run(seen.server.port, { load: { ...loops(6), connections: 2 } })
    expect(seen.mostAtOnce).toBe(2)
    expect(report.all.operations).toMatchObject({ count: seen.requests, failed: 0 })
    // Two others are served before one's turn comes.
    expect(decodeHistogram(report.queue).percentileMs(50)).toBeGreaterThan(5)
  })

  test('mixes named requests by weight', async () => {
    await using seen = await serve((socket) => socket.write(good))
    const requests = [requestOf({ name: 'a', weight: 3 }), requestOf({ name: 'b', message: { path: '/b' } })]
    const { report } = await run(seen.server.port, {}, { workload: workloadOf(requests) })
    const { a: { responses: a } = { responses: 0 }, b: { responses: b } = { responses: 0 } } = report.all.requests
    expect(decodeHistogram(report.requestLatency['a']!).count).toBe(report.measured.requests['a']!.ok)
    expect(a + b).toBe(seen.requests)
    expect(a / b).toBeGreaterThan(2)
    expect(a / b).toBeLessThan(4.5)
  })

  test('is carried by two shards that add up to it', async () => {
    await using seen = await serve((socket) => socket.write(good))
    const runs = await Promise.all(
      [0, 1].map((index) => run(seen.server.port, { load: loops(3) }, { shard: { index, count: 2 } })),
    )
    expect(runs.map(({ report }) => report.all.wire.connects)).toEqual([2, 1])
    expect(runs.reduce((sum, { report }) => sum + report.all.operations.count, 0)).toBe(seen.requests)
  })
})

describe('a slice against a server that closes', () => {
  test.each([
    ['by Connection: close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi'],
    ['by HTTP/1.0, with a body until the close', 'HTTP/1.0 200 OK\r\n\r\nhi'],
    ['by HTTP/1.1, with a body until the close', 'HTTP/1.1 200 OK\r\n\r\nhi'],
  ])('%s connects again each time, without a failure', async (_how, answer) => {
    await using seen = await serve((socket) => socket.end(answer))
    const { report } = await run(seen.server.port)
    expect(seen.requests).toBeGreaterThan(2)
    expect(report.all.operations).toMatchObject({ count: seen.requests, ok: seen.requests })
    expect(report.all.wire).toMatchObject({ connects: seen.requests, staleReconnects: 0 })
  })

  test('without saying so, while idle, is connected to again', async () => {
    await using seen = await serve((socket, _request, connection) => {
      if (connection % 2) socket.end(good.replace('200 OK', '503 Busy'))
      else socket.write(good)
    })
    // The wait before the repetition leaves the time to see the close.
    const client = parseClient({ retry: { strategy: 'fixed', baseDelay: '20ms' } })
    const { report } = await run(seen.server.port, { client, load: loops(1) })
    expect(report.all.operations).toMatchObject({ ok: report.all.operations.count, failed: 0 })
    expect(report.all.attempts).toMatchObject({ count: seen.requests, failed: 1 })
    expect(report.all.wire).toMatchObject({ connects: 2, staleReconnects: 0 })
  })

  test('without saying so, under the next request, has it sent once more', async () => {
    await using seen = await serve((socket) => socket.end(good))
    const { report } = await run(seen.server.port)
    expect(report.all.operations).toMatchObject({ ok: report.all.operations.count, failed: 0 })
    expect(report.all.operations.ok).toBeGreaterThan(2)
  })

  test('an idle connection under a request has the request sent once more', async () => {
    let unanswered = 0
    await using seen = await serve((socket, request) => {
      if (request === 1) socket.write(good)
      else {
        unanswered++
        socket.end()
      }
    })
    const { report } = await run(seen.server.port)
    expect(report.all.operations).toMatchObject({ count: seen.requests - unanswered, failed: 0, cutOff: 0 })
    expect(report.all.wire.staleReconnects).toBe(unanswered)
    expect(unanswered).toBeGreaterThan(1)
  })

  test('a connection that had served nothing fails the attempt', async () => {
    await using seen = await serve((socket) => socket.end())
    const { report } = await run(seen.server.port)
    expect(report.all.operations).toMatchObject({ count: seen.requests, ok: 0, failed: seen.requests })
    expect(report.all.errors).toEqual({ closed: seen.requests })
    expect(report.all.wire.staleReconnects).toBe(0)
  })

  test('in the middle of a response fails the attempt', async () => {
    await using seen = await serve((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi'))
    const { report } = await run(seen.server.port)
    expect(report.all.errors).toEqual({ closed: seen.requests })
    expect(report.all.wire.bytesReceived).toBeGreaterThan(0)
    expect(report.all.requests['hi']).toMatchObject({ responses: 0, bytesReceived: 0, failed: seen.requests })
  })

  test('a stale connection, and the new one too, fails the attempt', async () => {
    await using seen = await serve((socket, request, connection) => {
      if (request === 1 && connection === 1) socket.write(good)
      else socket.end()
    })
    const { report } = await run(seen.server.port, { load: loops(1) })
    expect(report.all.operations.ok).toBe(1)
    expect(report.all.wire.staleReconnects).toBe(1)
    expect(report.all.errors['closed']).toBe(report.all.operations.failed)
  })
})

describe('a slice against a server that fails', () => {
  test.each([
    ['resets', 'reset', (socket: Socket) => socket.resetAndDestroy()],
    ['answers another body', 'body', (socket: Socket) => socket.write(good.replace('hi', 'ho'))],
    ['answers another status', 'status', (socket: Socket) => socket.write(good.replace('200 OK', '503 Busy'))],
    ['answers with nonsense', 'protocol', (socket: Socket) => socket.write('HTTP/1.1 200 OK\n\n')],
    ['speaks another protocol', 'protocol', (socket: Socket) => socket.write('220 mail.test ESMTP')],
    ['answers more than it said', 'protocol', (socket: Socket) => socket.write(`${good}!`)],
  ] as const)('and %s counts each operation as failed, class %s', async (_how, error, answer) => {
    await using seen = await serve((socket) => void answer(socket))
    const { report } = await run(seen.server.port)
    expect(seen.requests).toBeGreaterThan(2)
    expect(report.all.operations).toMatchObject({ count: seen.requests, ok: 0, failed: seen.requests })
    expect(report.all.errors).toEqual({ [error]: seen.requests })
    expect(report.all.attemptErrors).toEqual(report.all.errors)
    const texts = Object.keys(report.errorTexts)
    expect(texts.every((text) => text.startsWith(`${error}: `))).toBe(true)
    expect(Object.values(report.errorTexts).reduce((a, b) => a + b, 0)).toBe(seen.requests)
  })

  test('and never answers times each attempt out', async () => {
    await using seen = await serve(() => {})
    const { report } = await run(seen.server.port, {}, { workload: workloadOf([requestOf()], { timeoutNs: 30e6 }) })
    expect(report.all.operations).toMatchObject({ count: seen.requests, ok: 0, failed: seen.requests })
    expect(report.all.errors).toEqual({ timeout: seen.requests })
    const failed = decodeHistogram(report.failedLatency).summary()
    expect(failed.min).toBeGreaterThanOrEqual(30)
    expect(failed.p50).toBeLessThan(60)
  })

  test('and accepts any status below 400 where none is expected', async () => {
    await using seen = await serve((socket, request) => socket.write(good.replace('200', request % 2 ? '302' : '404')))
    const requests = [requestOf({ expect: { status: null, body: null, checks: [] } })]
    const { report } = await run(seen.server.port, {}, { workload: workloadOf(requests) })
    expect(report.all.operations.failed).toBeGreaterThan(0)
    expect(report.all.operations.ok - report.all.operations.failed).toBeLessThanOrEqual(2)
    expect(report.all.errors).toEqual({ status: report.all.operations.failed })
  })

  test('and is not there is refused', async () => {
    const gone = await serve(() => {})
    await gone[Symbol.asyncDispose]()
    const { report } = await run(gone.server.port, { measureNs: 50e6 })
    expect(report.all.operations.count).toBeGreaterThan(2)
    expect(report.all.errors).toEqual({ refused: report.all.operations.count })
    expect(report.all.wire.connects).toBe(0)
  })
})

describe('what still runs at the end of the drain', () => {
  const patient = workloadOf([requestOf()], { timeoutNs: 10e9 })

  test('is cut off: neither ok nor failed', async () => {
    await using seen = await serve((socket, request) => request < 5 && socket.write(good))
    const { report } = await run(seen.server.port, { drainNs: 40e6 }, { workload: patient })
    expect(report.all.operations).toEqual({ count: 10, ok: 8, failed: 0, degraded: 0, cutOff: 2 })
    expect(report.all.attempts).toEqual({ count: 10, failed: 0, cancelled: 2 })
    expect(report.all.errors).toEqual({})
    await until('the connections are closed', () => seen.server.sockets.size === 0)
  })

  test('is cut off also where it waits for a connection', async () => {
    await using seen = await serve(() => {})
    const { report } = await run(
      seen.server.port,
      { load: { ...loops(5), connections: 2 }, drainNs: 30e6 },
      { workload: patient },
    )
    expect(report.all.operations).toMatchObject({ count: 5, cutOff: 5 })
    expect(report.all.attempts).toEqual({ count: 5, failed: 0, cancelled: 5 })
  })

  test('is drained as long as it ends in time', async () => {
    await using seen = await serve((socket) => void realClock.sleep(60e6).then(() => socket.write(good)))
    const { report } = await run(seen.server.port)
    expect(report.all.operations).toMatchObject({ count: seen.requests, ok: seen.requests, cutOff: 0 })
  })
})

describe('a slice with client policies', () => {
  test('counts attempts and operations apart', async () => {
    // Every third request of a connection is answered 503.
    await using seen = await serve((socket, request) =>
      socket.write(request % 3 ? good : good.replace('200 OK', '503 Busy')),
    )
    const client = parseClient({ retry: { strategy: 'fixed', baseDelay: '0ms', maxCalls: 3 } })
    const { report } = await run(seen.server.port, { client })
    expect(report.all.operations).toMatchObject({ ok: report.all.operations.count, failed: 0 })
    expect(report.all.attempts).toMatchObject({ count: seen.requests, cancelled: 0 })
    expect(report.policyCounters).toMatchObject({ retries: seen.requests - report.all.operations.count, exhausted: 0 })
    expect(report.all.attemptErrors).toEqual({ status: report.policyCounters['retries'] })
    expect(decodeHistogram(report.attemptLatency!).count).toBe(report.measured.attempts.count)
  })

  test('cancels the attempt that a timeout ends, and goes on with a new connection', async () => {
    await using seen = await serve((socket, request) => request % 2 && socket.write(good))
    const client = parseClient({ retry: { strategy: 'fixed', baseDelay: '1ms' }, timeout: { attempt: '20ms' } })
    const { report } = await run(seen.server.port, { client })
    expect(report.all.operations).toMatchObject({ ok: report.all.operations.count, failed: 0 })
    expect(report.all.attempts).toEqual({
      count: seen.requests,
      failed: 0,
      cancelled: report.policyCounters['timeouts'],
    })
    expect(report.all.wire.connects).toBe(2 + report.policyCounters['timeouts']!)
  })

  test('repeats after resets: more attempts, fewer failures', async () => {
    await using seen = await serve((socket, request) => (request === 4 ? socket.resetAndDestroy() : socket.write(good)))
    const client = parseClient({ retry: { strategy: 'fixed', baseDelay: '1ms' } })
    const { report } = await run(seen.server.port, { client })
    expect(report.all.operations.failed).toBe(0)
    expect(report.all.attempts.count).toBe(seen.requests)
    expect(report.all.attemptErrors).toEqual({ reset: report.policyCounters['retries'] })
    expect(report.policyCounters['retries']).toBeGreaterThan(2)
  })
})

describe('a slice that is stopped', () => {
  test('issues nothing more, drains, and measures what it had', async () => {
    await using seen = await serve((socket) => socket.write(good))
    const before = realClock.nowNs()
    const { report, windows } = await run(
      seen.server.port,
      { measureNs: 60e9, windowNs: 20e6 },
      { meanwhile: (slice) => realClock.sleep(80e6).then(() => slice.stop()) },
    )
    expect((realClock.nowNs() - before) / 1e6).toBeLessThan(1000)
    expect(report.all.operations).toMatchObject({ count: seen.requests, ok: seen.requests })
    expect(report.measuredNs).toBeGreaterThan(20e6)
    expect(report.measuredNs).toBeLessThan(1e9)
    expect(windows.at(-1)!.toNs - windows[0]!.fromNs).toBeCloseTo(report.measuredNs, -3)
  })

  test('before it measured anything says that it measured nothing', async () => {
    await using seen = await serve((socket) => void realClock.sleep(30e6).then(() => socket.write(good)))
    const { report } = await run(
      seen.server.port,
      { discardNs: 40e6 },
      { meanwhile: (slice) => realClock.sleep(30e6).then(() => slice.stop()) },
    )
    expect(report.measured.operations.count).toBe(0)
    expect(report.all.operations).toMatchObject({ count: seen.requests, ok: seen.requests })
    expect(report.measuredNs).toBe(0)
    expect(report.cpuMs).toBe(0)
  })
})

describe("the load worker's process", () => {
  const open: ShardCommand = {
    kind: 'open',
    id: 1,
    shard: { index: 0, count: 1 },
    seed: 1,
    allowedHosts: [],
    workloads: { test: workloadOf() },
    policyFiles: [],
  }
  const worker = () => forkEntry<ShardCommand, ShardReply>('load')

  test('has workloads of several programs at once, of which each slice names its own', async () => {
    await using seen = await serve((socket) => socket.write(good))
    await using load = worker()
    const other = workloadOf([requestOf({ name: 'other', message: { path: '/other' } })])
    load.send({ ...open, workloads: { test: workloadOf(), other } })
    await load.reply('done', 1)
    for (const [id, workload] of [
      [2, 'other'],
      [3, 'test'],
    ] as const) {
      const short = { workload, slice: id, measureNs: 50e6 }
      load.send({ kind: 'slice', id, task: taskOf(seen.server.port, realClock.nowNs() + 5e6, short) })
      const { report } = await load.reply('sliced', id)
      expect(Object.keys(report.all.requests)).toEqual([workload === 'other' ? 'other' : 'hi'])
      expect(report.all.operations.ok).toBeGreaterThan(0)
    }
  })

  test('runs slices, sends windows while they run, and reports', async () => {
    await using seen = await serve((socket) => socket.write(good))
    await using load = worker()
    load.send(open)
    await load.reply('done', 1)
    load.send({ kind: 'slice', id: 2, task: taskOf(seen.server.port, realClock.nowNs() + 5e6) })
    const first = await load.reply('sliced', 2)
    load.send({ kind: 'slice', id: 3, task: taskOf(seen.server.port, realClock.nowNs() + 5e6, { slice: 1 }) })
    const second = await load.reply('sliced', 3)
    const windows = load.replies.flatMap((reply) => (reply.kind === 'window' ? [reply.window] : []))
    expect(first.report.all.operations.count + second.report.all.operations.count).toBe(seen.requests)
    checkSums(
      first.report,
      windows.filter(({ slice }) => slice === 0),
    )
    checkSums(
      second.report,
      windows.filter(({ slice }) => slice === 1),
    )
    expect(first.report.cpuMs).toBeGreaterThan(0)
    expect(load.replies.findIndex(({ kind }) => kind === 'window')).toBeLessThan(
      load.replies.findIndex(({ kind }) => kind === 'sliced'),
    )
  })

  test('drains when it is told to stop, and leaves terminal signals to the conductor', async () => {
    await using seen = await serve((socket) => socket.write(good))
    await using load = worker()
    load.send(open)
    load.send({ kind: 'slice', id: 2, task: taskOf(seen.server.port, realClock.nowNs() + 5e6, { measureNs: 60e9 }) })
    await load.reply('window')
    for (const signal of ['SIGINT', 'SIGTERM'] as const) load.child.kill(signal)
    await realClock.sleep(30e6)
    load.send({ kind: 'stop', id: 3 })
    await load.reply('done', 3)
    const { report } = await load.reply('sliced', 2)
    expect(report.all.operations).toMatchObject({ count: seen.requests, ok: seen.requests, cutOff: 0 })
  })

  test('ends within a second of losing its channel, in the middle of a slice', async () => {
    await using seen = await serve((socket) => socket.write(good))
    await using load = worker()
    load.send(open)
    load.send({ kind: 'slice', id: 2, task: taskOf(seen.server.port, realClock.nowNs() + 5e6, { measureNs: 60e9 }) })
    await load.reply('window')
    const { afterMs, code } = await load.loseChannel()
    expect(afterMs).toBeLessThan(1000)
    expect(code).toBe(0)
    await until('its connections are gone', () => seen.server.sockets.size === 0)
  })

  test('refuses an address beyond loopback that nobody named', async () => {
    await using load = worker()
    load.send(open)
    load.send({ kind: 'slice', id: 2, task: taskOf(1, realClock.nowNs(), { host: '192.0.2.1' }) })
    expect(await load.reply('failed')).toMatchObject({ code: 'host-not-allowed' })
  })
})
