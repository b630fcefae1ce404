/**
 * What a generator says of the latency of a target that stalls for 1 s in every 5 s, at 500 requests per second, against what
 * follows from the stall itself: `node tests/bench/coordinated-omission.ts [rounds] [--seconds 20] [--pinned]`. Seconds are
 * whole periods. Our worker's answer is judged, once on a target that answers at once but for the stall, and once on one that
 * takes 250 ms for each answer, so that more than 600 requests are in flight at once. What autocannon and wrk say of the
 * first one is printed beside it. Exits with 1 when ours is wrong.
 */
import { parseArgs } from 'node:util'
import type { SliceReport } from '../../harness/load/protocol.ts'
import { steady } from '../../harness/plan/models.ts'
import { countUntil } from '../../harness/plan/pacer/arrivals.ts'
import { type Knobs, plainKnobs } from '../../harness/target/builtin/knobs.ts'
import type { OpenModel } from '../../harness/workload/model.ts'
import { decodeHistogram, type LatencyHistogram } from '../../harness/measure/histogram.ts'
import { needTool, tellOfK6 } from '../support/bench-command.ts'
import { coresText, twoCores } from '../support/bench-cores.ts'
import { Findings, row } from '../support/bench-rounds.ts'
import { startBuiltin } from '../support/bench-target.ts'
import { autocannonStartMs, runAutocannon, runWrk } from '../support/bench-tools.ts'
import { mustSucceed, openWorker, sliceSoon } from '../support/bench-worker.ts'
import { requestOf, workloadOf } from '../support/slice-task.ts'

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '20' }, pinned: { type: 'boolean' } },
})
const rounds = Number(positionals[0] ?? 1)
const seconds = Number(flags.seconds)
const cores = twoCores(!flags.pinned)
const core = cores?.tool

const perSecond = 500
const stall = { everyNs: 5e9, forNs: 1e9 }
const windowNs = 20e6
if (!(rounds >= 1) || (seconds * 1e9) % stall.everyNs !== 0)
  throw new RangeError('rounds: an integer from 1; seconds: whole periods of 5')

const load: OpenModel = {
  model: 'open',
  rate: { kind: 'absolute', perSecond: steady(perSecond) },
  arrival: 'constant',
  maxInFlight: 2000,
  connections: null,
  iterations: null,
}
const workload = workloadOf([requestOf({ message: { path: '/echo/hi' } })], { timeoutNs: 10e9 })

interface Latencies {
  readonly p50: number
  readonly p90: number
  readonly p99: number
}

/** A slice of the load on a target with these knobs; `inFlight` is how many were in flight at the end of a window, at most. */
async function measure(knobs: Knobs, measureSeconds: number): Promise<{ report: SliceReport; inFlight: number }> {
  await using target = await startBuiltin(knobs, cores?.target)
  await using worker = await openWorker(workload, core)
  let ended = 0
  let inFlight = 0
  const task = sliceSoon(target.port, load, measureSeconds, { windowNs, drainNs: 4e9 })
  const before = countUntil(steady(perSecond), task.discardNs, { index: 0, count: 1 })
  const report = await worker.slice(task, (window) => {
    ended += window.ok + window.failed
    const dueUntilNs = task.discardNs + Math.min((window.index + 1) * windowNs, task.measureNs)
    const due = countUntil(steady(perSecond), dueUntilNs, { index: 0, count: 1 }) - before
    inFlight = Math.max(inFlight, due - ended)
  })
  mustSucceed(report)
  return { report, inFlight }
}

const correctedOf = (report: SliceReport): LatencyHistogram => decodeHistogram(report.correctedLatency ?? '')

function at(histogram: LatencyHistogram, percent: number): number {
  return histogram.percentileMs(percent) ?? Number.NaN
}

/**
 * The truth in ms. Arrivals are spread evenly over the period; those of the stall, one in five, wait for what is left of it,
 * anything from 0 to 1 s alike, and then take as long as any other. So below the 80th percentile lie those without a wait,
 * spread as without a stall, and above it the wait grows evenly.
 */
function truthOf(withoutStall: LatencyHistogram): Latencies {
  const stalled = stall.forNs / stall.everyNs
  const waitMs = (percent: number): number => (((percent / 100 - (1 - stalled)) / stalled) * stall.forNs) / 1e6
  const service = at(withoutStall, 50)
  return { p50: at(withoutStall, 50 / (1 - stalled)), p90: waitMs(90) + service, p99: waitMs(99) + service }
}

const line = (name: string, { p50, p90, p99 }: Latencies, more = ''): void =>
  console.log(name.padEnd(52) + row([p50, p90, p99]) + more)
const findings = new Findings()

/** Our worker on one of the targets. */
async function judge(name: string, knobs: Knobs, leastInFlight: number | null): Promise<void> {
  const service = await measure(knobs, 3)
  const truth = truthOf(correctedOf(service.report))
  console.log(`\n${name}`.padEnd(53) + row(['p50 ms', 'p90 ms', 'p99 ms']))
  line('truth', truth)
  for (let round = 0; round < rounds; round++) {
    const { report, inFlight } = await measure({ ...knobs, stall }, seconds)
    const corrected = correctedOf(report)
    const ours = { p50: at(corrected, 50), p90: at(corrected, 90), p99: at(corrected, 99) }
    line('soakrig, from the intended start (corrected)', ours)
    const ok = decodeHistogram(report.okLatency)
    line('soakrig, from the send (service time)', { p50: at(ok, 50), p90: at(ok, 90), p99: at(ok, 99) })
    const due = countUntil(steady(perSecond), seconds * 1e9, { index: 0, count: 1 })
    const told = report.measured.operations.count
    findings.fact('operations', told === due, `${told} of ${due} arrivals`)
    findings.value('p50, off by ms', Math.abs(ours.p50 - truth.p50), { most: 0.5 })
    findings.value('p90, off by a share of', Math.abs(ours.p90 / truth.p90 - 1), { most: 0.03 })
    findings.value('p99, off by a share of', Math.abs(ours.p99 / truth.p99 - 1), { most: 0.03 })
    findings.value(
      'in flight at once',
      inFlight,
      leastInFlight === null ? null : { least: leastInFlight },
      `${inFlight}`,
    )
  }
}

const wrk = await needTool('wrk')
console.log(
  `${perSecond}/s for ${seconds} s, a stall of ${stall.forNs / 1e9} s every ${stall.everyNs / 1e9} s; ${coresText(cores)}`,
)
await tellOfK6()
// Windows tell of the end of the last 20 ms only, in which ten of 500 arrive.
await judge('answers at once', plainKnobs, perSecond - 1.5 * (windowNs / 1e9) * perSecond)
await judge('answers after 250 ms', { ...plainKnobs, serviceTimeNs: 250e6 }, 600)

console.log('\nwhat others say of the target that answers at once')
const startMs = await autocannonStartMs(core)
const peer = { connections: 100, seconds, core }
const rate = ['--overallRate', String(perSecond)]
const peers: Readonly<Record<string, (url: string) => ReturnType<typeof runWrk>>> = {
  'autocannon -c 100 -R 500 -C (as measured)': (url) =>
    runAutocannon(url, { ...peer, startMs, flags: [...rate, '--ignoreCoordinatedOmission'] }),
  'autocannon -c 100 -R 500 (its correction)': (url) => runAutocannon(url, { ...peer, startMs, flags: rate }),
  'wrk -t1 -c 50 --latency (closed loop, no rate)': (url) => runWrk(wrk, url, { ...peer, connections: 50 }),
}
for (const [name, run] of Object.entries(peers)) {
  await using target = await startBuiltin({ ...plainKnobs, stall }, cores?.target)
  const { latency, requestsPerSecond } = await run(`${target.url}/echo/hi`)
  if (latency) line(name, latency, `   ${requestsPerSecond.toFixed(0)}/s`)
}
