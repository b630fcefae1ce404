/**
 * How late requests leave at 5,000 per second against their schedule, whether all of the schedule leave, and whether the
 * Poisson schedule is one: `node tests/bench/send-lateness.ts [--rate 5000] [--seconds 30] [--pinned]`. The figures to judge
 * are of our worker on nginx, 50 connections. Beside them: when requests arrive at a server that only writes that down, ours
 * and autocannon's, for a third of the time. Exits with 1 when a limit is missed.
 */
import { parseArgs } from 'node:util'
import { createRng } from '../../harness/kernel/rng.ts'
import type { SliceReport, SliceTask } from '../../harness/load/protocol.ts'
import { createHistogram, decodeHistogram } from '../../harness/measure/histogram.ts'
import { steady } from '../../harness/plan/models.ts'
import { countUntil, createArrivals } from '../../harness/plan/pacer/arrivals.ts'
import type { OpenModel } from '../../harness/workload/model.ts'
import { tellOfK6 } from '../support/bench-command.ts'
import { coresText, twoCores } from '../support/bench-cores.ts'
import { startNginx } from '../support/bench-nginx.ts'
import { startReceiver } from '../support/bench-receiver.ts'
import { Findings, row } from '../support/bench-rounds.ts'
import { autocannonStartMs, runAutocannon } from '../support/bench-tools.ts'
import { mustSucceed, openWorker, plainRequest, sliceSoon, workerSeed } from '../support/bench-worker.ts'
import { exponentialFit } from '../support/kolmogorov.ts'
import { requestOf, workloadOf } from '../support/slice-task.ts'

const { values: flags } = parseArgs({
  options: {
    rate: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '30' },
    pinned: { type: 'boolean' },
  },
})
const perSecond = Number(flags.rate)
const seconds = Number(flags.seconds)
const cores = twoCores(!flags.pinned)
const core = cores?.tool
if (!(perSecond > 0 && seconds > 0)) throw new RangeError('rate and seconds: numbers over 0')

const whole = { index: 0, count: 1 }
const curve = steady(perSecond)
const findings = new Findings()

function openLoad(arrival: OpenModel['arrival']): OpenModel {
  const rate = { kind: 'absolute', perSecond: curve } as const
  return { model: 'open', rate, arrival, maxInFlight: 2000, connections: 50, iterations: null }
}

/** The schedule that a worker follows in a slice, in ns from its beginning. */
function scheduleOf({ load, arm, slice, discardNs, measureNs }: SliceTask): number[] {
  const { arrival } = load as OpenModel
  // As the worker derives it from its seed.
  const rng = createRng(workerSeed).fork('load').fork(arm, slice).fork('arrivals')
  const arrivals = createArrivals({ perSecond: curve, arrival, rng, shard: whole })
  const times: number[] = []
  for (let dueNs = arrivals.next(); dueNs < discardNs + measureNs; dueNs = arrivals.next()) times.push(dueNs)
  return times
}

const gapsOf = (times: readonly number[]): number[] =>
  times.slice(1).map((time, index) => time - (times[index] ?? Number.NaN))

function tellFit(name: string, times: readonly number[], judged: boolean): void {
  const { statistic, critical } = exponentialFit(gapsOf(times), 1e9 / perSecond)
  const text = `D = ${statistic.toFixed(5)}, ${critical.toFixed(5)} at 1 %, ${times.length} arrivals`
  if (judged) findings.fact(name, statistic < critical, text)
  else console.log(`${name}: ${text}`)
}

function tellLateness({ sendLateness }: SliceReport): void {
  const { p50, p99, max } = decodeHistogram(sendLateness ?? '').summary()
  findings.value('send lateness p50, ms', p50 ?? Number.NaN, { most: 0.2 })
  findings.value('send lateness p99, ms', p99 ?? Number.NaN, { most: 1 })
  findings.value('send lateness max, ms', max ?? Number.NaN, null)
}

/** Our worker on nginx; all its sends are counted, also those before the measured time. */
async function onNginx(arrival: OpenModel['arrival'], port: number): Promise<void> {
  await using worker = await openWorker(workloadOf([plainRequest], { timeoutNs: 5e9 }), core)
  const task = sliceSoon(port, openLoad(arrival), seconds)
  const report = await worker.slice(task)
  mustSucceed(report)
  console.log(`\nnginx, ${arrival} arrivals`)
  tellLateness(report)
  const schedule = scheduleOf(task)
  const { count, dropped } = report.all.iterations
  findings.fact(
    'sends',
    count === schedule.length && dropped === 0,
    `${count} of ${schedule.length}, ${dropped} dropped`,
  )
  if (arrival === 'constant') {
    const wanted = countUntil(curve, task.discardNs + task.measureNs, whole)
    findings.fact('the schedule by its closed form', wanted === schedule.length, `${wanted}`)
  } else tellFit("the schedule's gaps against the exponential", schedule, true)
  console.log(`CPU of the worker: ${((report.cpuMs * 1e8) / report.measuredNs).toFixed(1)} % of a core`)
}

/** How far arrivals are behind even ones of the rate; the earliest of them all is taken to be in time. */
function tellSpread(name: string, times: readonly number[]): void {
  const behindUs = times.map((time, index) => (time - (index * 1e9) / perSecond) / 1000)
  const earliestUs = behindUs.reduce((least, one) => Math.min(least, one), Number.POSITIVE_INFINITY)
  const histogram = createHistogram()
  for (const one of behindUs) histogram.record(one - earliestUs)
  const { p50, p99, max } = histogram.summary()
  histogram.destroy()
  console.log(name.padEnd(40) + row([p50 ?? Number.NaN, p99 ?? Number.NaN, max ?? Number.NaN, `${times.length}`]))
}

async function atReceiver(): Promise<void> {
  await using receiver = await startReceiver(cores?.target)
  const shortS = Math.max(1, Math.round(seconds / 3))
  const arrivals = async (arrival: OpenModel['arrival']): Promise<readonly number[]> => {
    await using worker = await openWorker(workloadOf([requestOf()], { timeoutNs: 5e9 }), core)
    const task = sliceSoon(receiver.port, openLoad(arrival), shortS)
    mustSucceed(await worker.slice(task))
    // Without those before the measured time, when connections are being made.
    return (await receiver.take()).slice(scheduleOf(task).filter((ns) => ns < task.discardNs).length)
  }
  console.log(
    `\n${'arrivals behind even ones, at a server'.padEnd(40)}${row(['p50 ms', 'p99 ms', 'max ms', 'arrivals'])}`,
  )
  tellSpread('soakrig, constant', await arrivals('constant'))
  const rate = ['--overallRate', String(perSecond), '--ignoreCoordinatedOmission']
  const peer = { connections: 50, seconds: shortS, core, startMs: await autocannonStartMs(core), flags: rate }
  await runAutocannon(`http://127.0.0.1:${receiver.port}/hi`, peer)
  tellSpread('autocannon -c 50 -R', await receiver.take())
  tellFit('soakrig, poisson: gaps at a server against the exponential', await arrivals('poisson'), false)
}

console.log(`${perSecond}/s for ${seconds} s over 50 connections; ${coresText(cores)}`)
await tellOfK6()
{
  await using server = await startNginx({ core: cores?.target })
  await onNginx('constant', server.ports.http)
  await onNginx('poisson', server.ports.http)
}
await atReceiver()
