import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Client, type Dispatcher, H2CClient } from 'undici'
import { realClock } from '../../harness/kernel/clock.ts'
import { createHistogram } from '../../harness/measure/histogram.ts'
import { moveToCore } from './bench-cores.ts'
import type { ToolRun } from './bench-tools.ts'

/** Closed loops over HTTP/2: so many at a time on each connection. */
interface UndiciRun {
  readonly origin: string
  /** What every answer must be, with status 200. */
  readonly body: string
  /** Trusted authority of a target with TLS, as PEM; null for none. */
  readonly ca: string | null
  readonly connections: number
  readonly streams: number
  readonly seconds: number
}

const warmUpNs = 250e6

/** undici's HTTP/2 client in a fresh process, which counts its own CPU over the measured time. Rejects when a request failed. */
export async function runUndici(run: UndiciRun, core: number | undefined): Promise<ToolRun> {
  const child = fork(fileURLToPath(import.meta.url), ['undici'])
  const exited = once(child, 'exit') as Promise<[number | null]>
  moveToCore(core, child.pid ?? 0)
  child.send(run)
  const answered = once(child, 'message') as Promise<[ToolRun]>
  const failed = exited.then(([code]) => Promise.reject(new Error(`undici's process ended with ${code}`)))
  const [costs] = await Promise.race([answered, failed])
  failed.catch(() => {})
  child.kill('SIGKILL')
  await exited
  return costs
}

function clientOf({ origin, ca, streams }: UndiciRun): Dispatcher {
  const limits = { pipelining: streams, maxConcurrentStreams: streams }
  return ca === null ? new H2CClient(origin, limits) : new Client(origin, { ...limits, allowH2: true, connect: { ca } })
}

/** By `dispatch`, undici's cheapest form, with the checks and the histogram of our worker and nothing else. */
async function measure(run: UndiciRun): Promise<ToolRun> {
  const expected = Buffer.from(run.body)
  const latency = createHistogram()
  const measureFromNs = realClock.nowNs() + warmUpNs
  let cpu: NodeJS.CpuUsage | null = null
  let startedNs = 0
  let requests = 0
  await new Promise<void>((resolve, reject) => {
    const ended = (nowNs: number): boolean => {
      if (cpu === null && nowNs >= measureFromNs) {
        cpu = process.cpuUsage()
        startedNs = nowNs
      } else if (cpu !== null) requests++
      return cpu !== null && nowNs >= startedNs + run.seconds * 1e9
    }
    const start = (client: Dispatcher, fromNs: number): void => {
      let at = 0
      let right = false
      client.dispatch(
        { path: '/', method: 'GET' },
        {
          onRequestStart() {},
          onResponseStart(_, status) {
            right = status === 200
          },
          onResponseData(_, chunk) {
            right &&= chunk.compare(expected, at, at + chunk.length) === 0
            at += chunk.length
          },
          onResponseEnd() {
            const nowNs = realClock.nowNs()
            if (!right || at !== expected.length) reject(new Error('an answer other than the expected one'))
            latency.record((nowNs - fromNs) / 1000)
            if (ended(nowNs)) resolve()
            else start(client, nowNs)
          },
          onResponseError: (_, error) => reject(error),
        },
      )
    }
    for (let connection = 0; connection < run.connections; connection++) {
      const client = clientOf(run)
      for (let stream = 0; stream < run.streams; stream++) start(client, realClock.nowNs())
    }
  })
  const { user, system } = process.cpuUsage(cpu ?? undefined)
  const cpuUs = (user + system) / requests
  const requestsPerSecond = (requests * 1e9) / (realClock.nowNs() - startedNs)
  return { requestsPerSecond, cpuUs, commandUs: cpuUs, latency: null }
}

if (process.argv[2] === 'undici')
  process.once('message', (run: UndiciRun) => {
    void measure(run).then((costs) => process.send?.(costs))
  })
