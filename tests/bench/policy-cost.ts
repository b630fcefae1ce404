/**
 * What each client policy costs where nothing goes wrong: `node tests/bench/policy-cost.ts [rounds] [--seconds 1.5]`. One load worker
 * of 16 closed loops on the built-in target with a service time of 1 ms, without a policy and with each, in interleaved rounds:
 * good operations per second as a ratio, and what is added to the median. Exits with 1 when a median misses its limit.
 */
import { parseArgs } from 'node:util'
import { realClock } from '../../harness/kernel/clock.ts'
import { decodeHistogram } from '../../harness/measure/histogram.ts'
import { loops } from '../../harness/plan/models.ts'
import { parseClient, type RawClient } from '../../harness/resilience/settings.ts'
import { parseKnobs } from '../../harness/target/builtin/knobs.ts'
import { twoCores } from '../support/bench-cores.ts'
import { quantile } from '../support/bench-moments.ts'
import { Findings, inTurns, row } from '../support/bench-rounds.ts'
import { startBuiltin } from '../support/bench-target.ts'
import { openWorker, plainRequest } from '../support/bench-worker.ts'
import { taskOf, workloadOf } from '../support/slice-task.ts'

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '1.5' } },
})
const rounds = Number(positionals[0] ?? 9)
const measureNs = Number(flags.seconds) * 1e9

/** Set so that none of them ever acts. */
const clients: Readonly<Record<string, RawClient>> = {
  none: {},
  retry: { retry: { strategy: 'exponential', budget: { kind: 'tokenBucket' } } },
  timeout: { timeout: { operation: '5s', attempt: '2s' } },
  circuitBreaker: { circuitBreaker: {} },
  rateLimit: { rateLimit: { algorithm: 'tokenBucket', rate: '1000000/s', burst: 1000 } },
  concurrencyLimit: { concurrencyLimit: { algorithm: 'gradient2', initial: 64, min: 32 } },
  bulkhead: { bulkhead: { maxConcurrent: 64 } },
  hedge: { hedge: { delay: '1s' } },
  pool: { pool: { max: 64 } },
  fallback: { fallback: { cache: {} } },
  use: { use: new URL('../fixtures/policies/three-calls.ts', import.meta.url).pathname },
  'retry, breaker, bulkhead, timeout': {
    retry: {},
    circuitBreaker: {},
    bulkhead: { maxConcurrent: 64 },
    timeout: { attempt: '2s' },
  },
}

const cores = twoCores(false)
const findings = new Findings()
await using target = await startBuiltin(parseKnobs({ serviceTime: '1ms' }), cores?.target)
await using worker = await openWorker(workloadOf([plainRequest]), cores?.tool)
let ordinal = 0

interface Figures {
  readonly perSecond: number
  readonly p50Ms: number
}

/** One slice with a client of its own. */
async function measure(name: string, raw: RawClient): Promise<Figures> {
  const report = await worker.slice(
    taskOf(target.port, realClock.nowNs() + 20e6, {
      arm: name,
      slice: ordinal++,
      load: loops(16),
      client: parseClient(raw),
      discardNs: 250e6,
      measureNs,
    }),
  )
  const { ok, failed } = report.measured.operations
  if (failed > 0) throw new Error(`${name}: ${failed} operations failed`)
  return { perSecond: (ok * 1e9) / report.measuredNs, p50Ms: decodeHistogram(report.okLatency).percentileMs(50) ?? 0 }
}

const names = Object.keys(clients)
console.log(row(names.map((name) => name.slice(0, 12))))
const all = await inTurns(
  rounds,
  Object.fromEntries(Object.entries(clients).map(([name, raw]) => [name, () => measure(name, raw)])),
  (round) => console.log(row(names.map((name) => round[name]?.perSecond ?? 0))),
)

for (const name of names.slice(1)) {
  const of = (pick: (figures: Figures) => number, which: string): number[] =>
    all.map((round) => pick(round[which] as Figures))
  const perSecond = (which: string): number[] => of((figures) => figures.perSecond, which)
  findings.ratio(`${name}: good operations per second`, perSecond(name), perSecond('none'), { least: 0.95 })
  const plain = of(({ p50Ms }) => p50Ms, 'none')
  const added = of(({ p50Ms }) => p50Ms, name).map((value, round) => value - (plain[round] ?? Number.NaN))
  findings.value(`${name}: added to the median, ms`, quantile(added, 0.5), { most: 0.5 })
}
