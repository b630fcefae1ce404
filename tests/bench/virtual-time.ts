/**
 * A million operations through client policies in virtual time: `node tests/bench/virtual-time.ts [OPERATIONS]`. It fails
 * where they take ten seconds or more for a million.
 */
import { parseClient, type RawPolicies } from '../../harness/resilience/settings.ts'
import { simulate } from '../../harness/simulate/simulate.ts'

const operations = Number(process.argv[2] ?? 1e6)
const perSecond = 1000
const mostNsEach = 10_000

const client: RawPolicies = {
  retry: { strategy: 'exponential', maxCalls: 3, baseDelay: '20ms' },
  circuitBreaker: { failureRate: '50%', window: '2s', openFor: '1s' },
  bulkhead: { maxConcurrent: 100, maxQueue: 100 },
  timeout: { attempt: '500ms' },
  pool: { min: 10, max: 100 },
}

function run(name: string, raw: RawPolicies, lossShare: number): void {
  const beginMs = performance.now()
  const { totals, counters } = simulate(
    {
      client: parseClient(raw),
      network: { delayNs: 1e6, lossShare },
      target: { servers: 8, serviceNs: 5e6, distribution: 'exponential', order: 'fifo', maxQueue: null, expire: false },
      perSecond: { from: perSecond, stages: [] },
      arrival: 'poisson',
      durationNs: Math.ceil(operations / perSecond) * 1e9,
      stalls: [],
    },
    1,
  )
  const seconds = (performance.now() - beginMs) / 1000
  const eachNs = (seconds * 1e9) / totals.operations
  console.log(`${name.padEnd(52)}${seconds.toFixed(2).padStart(7)} s  ${eachNs.toFixed(0).padStart(6)} ns each`)
  console.log(`  ${JSON.stringify(totals)} ${JSON.stringify(counters)}`)
  if (eachNs >= mostNsEach) process.exitCode = 1
}

const all = Object.keys(client).join(' + ')
run('no policy', {}, 0)
run(all, client, 0)
run(`${all}, 2% lost`, client, 0.01)
