import { createServer } from 'node:http'
import { Server } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import { carryOut, loadProfile, planRun, realClock, serveMetrics } from '../../harness/index.ts'
import { parseExposition, samplesOf, type ScrapedMetric, sumOf } from '../support/exposition.ts'
import { errorOf } from '../support/rejection.ts'
import { listening } from '../support/sockets.ts'
import { armOf, openBench, startSoakrig } from '../support/soakrig.ts'

const loopback = { listen: { host: '127.0.0.1', port: 0 }, allowedHosts: [] }

async function scrape(url: string): Promise<ReadonlyMap<string, ScrapedMetric>> {
  const response = await fetch(url)
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/u)
  return parseExposition(await response.text())
}

/** Stress of two requests under resets, by a client of three policies. */
const stacked = {
  workload: {
    protocol: 'http',
    timeout: '2s',
    requests: ['hi', 'ho'].map((name) => ({ name, method: 'GET', path: `/echo/${name}`, expect: { body: name } })),
  },
  load: { model: 'closed', workers: 12, think: '2ms', processes: 2 },
  policies: { resets: { fault: { reset: { probability: '30%' } } } },
  stress: {
    smoke: {
      steps: [{ at: '0s', install: 'resets' }],
      client: {
        retry: { strategy: 'fixed', maxCalls: 3, baseDelay: '2ms' },
        circuitBreaker: { name: 'db', failureThreshold: 4, openFor: '20ms' },
        bulkhead: { maxConcurrent: 2, maxQueue: 0, per: 'request' },
      },
    },
  },
}

/** Carries out the stress stage of the profile above, scraping now and then, and once more when it is done. */
async function watchedRun() {
  await using bench = await openBench()
  const file = await bench.profile('metrics', stacked)
  const places = { cwd: bench.directory, packageProfilesDir: bench.directory }
  const profile = await loadProfile(file, { mode: 'smoke', flags: { duration: '1300ms' }, env: {} }, places)
  await using metrics = await serveMetrics(loopback)
  const meanwhile: Promise<ReadonlyMap<string, ScrapedMetric>>[] = []
  const { result } = await carryOut({
    plan: planRun(profile, { baseline: false, policies: false, stress: true }),
    kind: 'stress',
    clock: realClock,
    signal: new AbortController().signal,
    resultsDir: bench.results,
    allowedHosts: [],
    keepGoing: false,
    strict: false,
    sabotage: null,
    version: 'test',
    argv: [],
    tags: {},
    git: null,
    onProgress: ({ kind }) => void (kind === 'window' && meanwhile.push(scrape(metrics.url))),
    metrics: metrics.totals,
  })
  return { result, meanwhile: await Promise.all(meanwhile), done: await scrape(metrics.url) }
}

describe('the metrics of a run', () => {
  test.concurrent('come to what its result says, while it runs one state of a breaker at a time (S18, P75)', async () => {
    const { result, meanwhile, done } = await watchedRun()
    const { policyCounters, all, operations } = armOf(result, 'stress.smoke', 'baseline')
    const arm = 'stress.smoke'
    const of = (name: string, labels = {}): number => sumOf(done, name, { ...labels, arm })
    const counted = samplesOf(done, 'soakrig_policy_count_total', { arm })
    expect(Object.fromEntries(counted.map(({ labels, value }) => [labels['counter'], value]))).toEqual(policyCounters)
    const { retries, recovered, circuitFailures, bulkheadRejected } = policyCounters
    const first = of('retry_attempts_total', { attempt: '1' })
    expect({
      retries: of('retry_attempts_total') - first,
      recovered: of('retry_success_total'),
      circuitFailures: of('circuit_breaker_failures_total'),
      bulkheadRejected: of('bulkhead_rejected_calls_total'),
    }).toEqual({ retries, recovered, circuitFailures, bulkheadRejected })
    expect(Math.min(...[retries, recovered, circuitFailures, bulkheadRejected].map(Number))).toBeGreaterThan(0)
    expect(of('retry_duration_seconds_count')).toBe(first)
    expect(of('soakrig_operations_total', { outcome: 'ok' })).toBe(all.operations.ok)
    expect(of('soakrig_operations_total', { outcome: 'failed' })).toBe(all.operations.failed)
    expect(of('soakrig_attempts_total')).toBe(all.attempts.count)
    expect(of('soakrig_ok_latency_seconds_count')).toBe(operations.ok)
    expect(sumOf(done, 'soakrig_target_rss_bytes')).toBeGreaterThan(1e6)
    expect(samplesOf(done, 'soakrig_phase').map(({ labels }) => labels['phase'])).toEqual(['done'])

    const during = meanwhile.filter((metrics) => samplesOf(metrics, 'circuit_breaker_state').length > 0)
    expect(during.length).toBeGreaterThan(0)
    for (const metrics of [...during, done]) {
      const states = samplesOf(metrics, 'circuit_breaker_state')
      expect(states.map(({ labels }) => labels['state'])).toEqual(['closed', 'open', 'half_open'])
      expect(states.reduce((sum, { value }) => sum + value, 0)).toBe(1)
      expect(new Set(states.map(({ labels }) => labels['name']))).toEqual(new Set([`${arm}:db`]))
    }
    const labelsOf = (name: string, label: string) => new Set(samplesOf(done, name).map(({ labels }) => labels[label]))
    expect(labelsOf('retry_attempts_total', 'attempt')).toEqual(new Set(['1', '2', '3', '4', '5', '6+']))
    expect(labelsOf('retry_attempts_total', 'operation')).toEqual(new Set(['hi', 'ho']))
    expect(labelsOf('bulkhead_active_calls', 'resource')).toEqual(new Set([`${arm}:hi`, `${arm}:ho`]))
  })

  test.concurrent('are served by the command while it lasts, where it says so', async () => {
    await using server = await listening(createServer((_, response) => response.end('hi')))
    await using bench = await openBench()
    const target = `http://127.0.0.1:${server.port}/`
    const flags = ['-R', '50', '-d', '1200ms', '-q', '--results', bench.results]
    const run = startSoakrig(['load', target, ...flags, '--metrics', '127.0.0.1:0'])
    const url = await metricsOf(run)
    let seen = 0
    while (seen === 0) {
      await realClock.sleep(100e6)
      seen = sumOf(await scrape(url), 'soakrig_operations_total', { outcome: 'ok' })
    }
    expect((await run).exitCode).toBe(0)
    await expect(fetch(url)).rejects.toThrow('fetch failed')
  })

  test.concurrent('are served on this machine only, unless told otherwise', async () => {
    const foreign = await errorOf(serveMetrics({ ...loopback, listen: { host: '192.0.2.1', port: 0 } }))
    expect(foreign).toMatchObject({ code: 'host-not-allowed', exitCode: 104 })
  })

  test.concurrent('have one path, and only are read', async () => {
    await using metrics = await serveMetrics(loopback)
    expect((await fetch(new URL('/', metrics.url))).status).toBe(404)
    expect((await fetch(metrics.url, { method: 'POST' })).status).toBe(405)
    expect((await fetch(`${metrics.url}?name=x`)).status).toBe(200)
    const port = Number(new URL(metrics.url).port)
    const taken = await errorOf(serveMetrics({ ...loopback, listen: { host: '127.0.0.1', port } }))
    expect(taken).toMatchObject({ code: 'port-taken', exitCode: 106 })
  })
})

test('metrics go on being served where connections could not be accepted, however often', async () => {
  const listen = vi.spyOn(Server.prototype, 'listen')
  await using metrics = await serveMetrics(loopback)
  const [server] = listen.mock.contexts as Server[]
  listen.mockRestore()
  for (let time = 0; time < 2; time++) server?.emit('error', new Error('accept EMFILE'))
  expect((await fetch(metrics.url)).status).toBe(200)
})

/** Waits until a command has said where its metrics are. */
function metricsOf(run: ReturnType<typeof startSoakrig>): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    run.stderr.on('data', (text: Buffer) => {
      said += text.toString()
      const [, url] = /metrics at (\S+)\n/u.exec(said) ?? []
      if (url !== undefined) resolve(url)
    })
    run.nodeChildProcess.once('exit', () => reject(new Error(`it ended: ${said}`)))
  })
}
