import { fileURLToPath } from 'node:url'
import type { Result } from '../../harness/archive/result.ts'
import type { LoadModel } from '../../harness/workload/model.ts'
import type { Workload } from '../../harness/workload/workload.ts'
import { timed } from './bench-command.ts'
import { mustSucceed, openWorker, sliceSoon } from './bench-worker.ts'
import { medianInterval } from './median-interval.ts'
import { script } from './soakrig.ts'

/** What one run of one tool came to. */
export interface ToolRun {
  readonly requestsPerSecond: number
  /** User and system time of what makes the requests, per request. */
  readonly cpuUs: number
  /** User and system time of everything that was started, per request. */
  readonly commandUs: number
  /** In ms, as the tool tells them; null where a bench does not ask. */
  readonly latency: { readonly p50: number; readonly p90: number; readonly p99: number } | null
}

/** One closed loop per connection for so long. */
interface ClosedRun {
  readonly connections: number
  readonly seconds: number
  readonly core: number | undefined
}

const unitsMs: Readonly<Record<string, number>> = { us: 1e-3, ms: 1, s: 1e3, m: 60e3 }

/** wrk with one thread. Rejects when a request failed. */
export async function runWrk(wrk: string, url: string, { connections, seconds, core }: ClosedRun): Promise<ToolRun> {
  const words = [wrk, '-t1', `-c${connections}`, `-d${seconds}s`, '--latency', url]
  const { stdout, cpuMs } = await timed(words, core)
  const requests = Number(/(\d+) requests in/u.exec(stdout)?.[1])
  if (!requests || /Non-2xx|Socket errors/u.test(stdout)) throw new Error(stdout)
  const at = (percent: number): number => {
    const [, value, unit = ''] = new RegExp(`^ +${percent}% +([\\d.]+)(us|ms|s|m) *$`, 'mu').exec(stdout) ?? []
    return Number(value) * (unitsMs[unit] ?? Number.NaN)
  }
  const cpuUs = (cpuMs * 1000) / requests
  const latency = { p50: at(50), p90: at(90), p99: at(99) }
  return { requestsPerSecond: requests / seconds, cpuUs, commandUs: cpuUs, latency }
}

const autocannon = fileURLToPath(new URL('../../node_modules/autocannon/autocannon.js', import.meta.url))

interface AutocannonRun extends ClosedRun {
  /** What the command costs before it does anything, in ms: `autocannonStartMs`. */
  readonly startMs: number
  /** Further flags, such as a rate. */
  readonly flags?: readonly string[]
}

/** What merely starting autocannon costs, in ms of CPU. */
export async function autocannonStartMs(core: number | undefined): Promise<number> {
  const costs: number[] = []
  for (let run = 0; run < 5; run++) costs.push((await timed([process.execPath, autocannon, '--version'], core)).cpuMs)
  return medianInterval(costs, 0.95).median
}

/** autocannon in one thread, by this process's Node; `cpuUs` is without its start. Rejects when a request failed. */
export async function runAutocannon(
  url: string,
  { connections, seconds, core, startMs, flags = [] }: AutocannonRun,
): Promise<ToolRun> {
  const settings = ['--json', '--connections', String(connections), '--duration', String(seconds), ...flags]
  const { stdout, cpuMs } = await timed([process.execPath, autocannon, ...settings, url], core)
  const told = JSON.parse(stdout) as {
    readonly '2xx': number
    readonly non2xx: number
    readonly errors: number
    readonly mismatches: number
    readonly duration: number
    readonly latency: { readonly p50: number; readonly p90: number; readonly p99: number }
  }
  const requests = told['2xx']
  if (!requests || told.non2xx + told.errors + told.mismatches > 0) throw new Error(stdout)
  const { p50, p90, p99 } = told.latency
  return {
    requestsPerSecond: requests / told.duration,
    cpuUs: ((cpuMs - startMs) * 1000) / requests,
    commandUs: (cpuMs * 1000) / requests,
    latency: { p50, p90, p99 },
  }
}

/** `soakrig load`, whose worker counts its own CPU between the first and the last measured operation. */
export async function runSoakrig(
  url: string,
  results: string,
  { connections, seconds, core }: ClosedRun,
): Promise<ToolRun> {
  const flags = ['-c', String(connections), '-d', `${seconds}s`, '--json', '--results', results]
  const { stdout, cpuMs } = await timed([process.execPath, script, 'load', url, ...flags], core)
  const { phases } = JSON.parse(stdout) as Result
  const arm = phases.flatMap(({ arms }) => arms)[0]
  if (!arm || arm.operations.failed > 0) throw new Error(`failures: ${JSON.stringify(arm?.errors)}`)
  return {
    requestsPerSecond: (arm.attempts.count * 1000) / arm.measuredMs,
    cpuUs: (arm.resources.generators.cpuMs * 1000) / arm.attempts.count,
    commandUs: (cpuMs * 1000) / arm.all.attempts.count,
    latency: null,
  }
}

/** The load worker alone, in a fresh process. */
export async function runWorker(
  workload: Workload,
  port: number,
  load: LoadModel,
  { seconds, core }: Pick<ClosedRun, 'seconds' | 'core'>,
): Promise<ToolRun> {
  await using worker = await openWorker(workload, core)
  const report = await worker.slice(sliceSoon(port, load, seconds))
  mustSucceed(report)
  const { attempts } = report.measured
  return {
    requestsPerSecond: (attempts.count * 1e9) / report.measuredNs,
    cpuUs: (report.cpuMs * 1000) / attempts.count,
    commandUs: (worker.cpuMs() * 1000) / report.all.attempts.count,
    latency: null,
  }
}
