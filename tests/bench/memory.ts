/**
 * Whether the load worker's memory grows with what it does: `node tests/bench/memory.ts [--short] [--only NAME] [--unpinned]`.
 *
 * `requests`: its resident memory after 2 million requests of one slice (50 connections, nginx) against that after 20 million;
 * each is the median of five seconds from the mark on, at most 5 MB more.
 *
 * `errors`, `urls`, `script`: what is still in use after a collection (the least of five), when 100,000 errors with texts of
 * their own, different URLs, or calls of a script with names of their own have been, against the same after a million; at most
 * 2 MB more. Without a cap it would be some 100 MB. Resident memory is printed beside it, and not judged: how large V8 makes
 * its young generation for objects that live for a request differs from run to run by more.
 *
 * `--short` is a tenth of everything. Exits with 1 when one has grown, or when a cap does not hold.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { SliceReport } from '../../harness/load/protocol.ts'
import { errorTextCap, requestNameCap } from '../../harness/measure/measurements.ts'
import { loops } from '../../harness/plan/models.ts'
import type { Workload } from '../../harness/workload/workload.ts'
import { tellOfK6 } from '../support/bench-command.ts'
import { coresText, twoCores } from '../support/bench-cores.ts'
import { startNginx } from '../support/bench-nginx.ts'
import { startOddServer } from '../support/bench-odd-server.ts'
import { Findings } from '../support/bench-rounds.ts'
import { type BenchWorker, mustSucceed, openWorker, plainRequest, sliceSoon } from '../support/bench-worker.ts'
import { medianInterval } from '../support/median-interval.ts'
import { requestOf, workloadOf } from '../support/slice-task.ts'

const { values: flags } = parseArgs({
  options: { short: { type: 'boolean' }, only: { type: 'string' }, unpinned: { type: 'boolean' } },
})
const scale = flags.short ? 0.1 : 1
const cores = twoCores(flags.unpinned)
const windowNs = 250e6
const findings = new Findings()

/** Resident memory in MB. */
function rssMb({ pid }: BenchWorker): number {
  return Number(/^VmRSS:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

/** Reads the memory of a worker once per window, from a number of operations on. */
interface Mark {
  readonly operations: number
  readonly samples: Promise<number>[]
}

/** Runs 50 closed loops until `read` was called so often from each of the marks on. */
async function runPast(
  name: string,
  worker: BenchWorker,
  port: number,
  marks: readonly Mark[],
  { read, times }: { readonly read: () => Promise<number>; readonly times: number },
): Promise<SliceReport> {
  let operations = 0
  let stopped = false
  const report = await worker.slice(sliceSoon(port, loops(50), 3600, { windowNs }), (window) => {
    operations += window.ok + window.failed
    const samples = marks.findLast((mark) => operations >= mark.operations)?.samples
    if (samples && samples.length < times) samples.push(read())
    if (stopped || (marks.at(-1)?.samples.length ?? 0) < times) return
    stopped = true
    worker.stop()
  })
  console.log(`\n${name}: ${operations} operations, ${((operations * 1e9) / report.measuredNs).toFixed(0)}/s`)
  return report
}

const marksAt = (...operations: readonly number[]): Mark[] =>
  operations.map((wanted) => ({ operations: wanted * scale, samples: [] }))

async function requests(port: number): Promise<void> {
  await using worker = await openWorker(workloadOf([plainRequest], { timeoutNs: 5e9 }), cores?.tool)
  const marks = marksAt(2e6, 20e6)
  const read = async (): Promise<number> => rssMb(worker)
  mustSucceed(await runPast('requests', worker, port, marks, { read, times: 20 }))
  const medians: number[] = []
  for (const { operations, samples } of marks) {
    const all = await Promise.all(samples)
    medians.push(medianInterval(all, 0.95).median)
    console.log(`  from ${operations} on: ${Math.min(...all).toFixed(1)} to ${Math.max(...all).toFixed(1)} MB resident`)
  }
  judge('resident memory', medians, 5)
}

function judge(name: string, [early = Number.NaN, late = Number.NaN]: readonly number[], most: number): void {
  const text = `${early.toFixed(1)} MB, then ${late.toFixed(1)} MB: ${(late - early).toFixed(1)} MB more`
  findings.value(`  ${name}`, late - early, { most }, text)
}

/** A workload of which every operation is unlike all others. */
async function distinct(name: string, workload: Workload, port: number): Promise<SliceReport> {
  await using worker = await openWorker(workload, cores?.tool, { live: true })
  const marks = marksAt(100e3, 1e6)
  const resident: number[] = []
  const read = (): Promise<number> => {
    resident.push(rssMb(worker))
    return worker.liveMb()
  }
  const times = 5
  const report = await runPast(name, worker, port, marks, { read, times })
  console.log(`  resident: ${resident[0]?.toFixed(1)} MB, then ${resident[times]?.toFixed(1)} MB`)
  // What is in flight at the moment is in use, too, and some MB of buffers with it at times.
  const least = marks.map(async ({ samples }) => Math.min(...(await Promise.all(samples))))
  judge('in use', await Promise.all(least), 2)
  return report
}

function tellCap(name: string, found: Readonly<Record<string, unknown>>, cap: number): void {
  const texts = Object.keys(found).filter((text) => text !== 'other').length
  findings.fact(`  ${name}`, texts <= cap && 'other' in found, `${texts} of them and "other", the cap is ${cap}`)
}

async function errors(): Promise<void> {
  await using server = await startOddServer(cores?.target)
  const checks = [
    { kind: 'header', name: 'x-number', equals: '0' },
    { kind: 'json', pointer: '/number', equals: 0 },
  ] as const
  const request = requestOf({ expect: { status: null, body: null, checks } })
  const { all, errorTexts } = await distinct('errors', workloadOf([request], { timeoutNs: 5e9 }), server.port)
  findings.fact('  all have failed', all.operations.failed === all.operations.count, JSON.stringify(all.errors))
  tellCap('texts', errorTexts, errorTextCap)
}

async function urls(port: number): Promise<void> {
  const path = '/users/{{$user}}/orders/{{$iteration}}'
  const request = requestOf({ expect: plainRequest.expect, message: { path }, templated: true })
  mustSucceed(await distinct('urls', workloadOf([request], { timeoutNs: 5e9 }), port))
}

async function script(port: number): Promise<void> {
  const file = fileURLToPath(new URL('../fixtures/scripts/distinct-names.ts', import.meta.url))
  const report = await distinct('script', workloadOf([], { timeoutNs: 5e9, script: file }), port)
  mustSucceed(report)
  tellCap('names', report.all.requests, requestNameCap)
}

console.log(`50 connections; ${coresText(cores)}`)
await tellOfK6()
await using nginx = await startNginx({ core: cores?.target })
const parts: Readonly<Record<string, () => Promise<void>>> = {
  requests: () => requests(nginx.ports.http),
  errors,
  urls: () => urls(nginx.ports.http),
  script: () => script(nginx.ports.http),
}
for (const [name, part] of Object.entries(parts)) if (flags.only === undefined || flags.only === name) await part()
