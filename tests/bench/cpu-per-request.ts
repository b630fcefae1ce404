/**
 * CPU per request and throughput of soakrig's load generator, of wrk and of autocannon, on the same nginx that answers 12
 * bytes to 50 connections: `node tests/bench/cpu-per-request.ts [rounds] [--worker] [--unpinned] [--seconds 3]`. A round runs
 * each tool once; who begins turns from round to round. nginx has one core to itself, and the tool that runs the other with
 * all its threads and processes (taskset); without that (`--unpinned`) the kernel moves both about, a tool may use more than a
 * core, and CPU and throughput scatter more. With `--worker` the load worker runs without a conductor, to measure a change to
 * the hot path. What starting autocannon costs is taken off its figure, and is in that of its whole command. Exits with 1 when a median misses its limit.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loops } from '../../harness/plan/models.ts'
import { needTool, tellOfK6 } from '../support/bench-command.ts'
import { coresText, twoCores } from '../support/bench-cores.ts'
import { startNginx } from '../support/bench-nginx.ts'
import { Findings, inTurns, row } from '../support/bench-rounds.ts'
import {
  autocannonStartMs,
  runAutocannon,
  runSoakrig,
  runWorker,
  runWrk,
  type ToolRun,
} from '../support/bench-tools.ts'
import { plainRequest } from '../support/bench-worker.ts'
import { workloadOf } from '../support/slice-task.ts'

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    worker: { type: 'boolean' },
    unpinned: { type: 'boolean' },
    seconds: { type: 'string', default: '3' },
  },
})
const connections = 50
const rounds = Number(positionals[0] ?? 15)
const seconds = Number(flags.seconds)
const cores = twoCores(flags.unpinned)

const wrk = await needTool('wrk')
const directory = await mkdtemp(join(tmpdir(), 'soakrig-bench-'))
try {
  await using server = await startNginx({ core: cores?.target })
  const run = { connections, seconds, core: cores?.tool }
  const startMs = await autocannonStartMs(cores?.tool)
  const workload = workloadOf([plainRequest], { timeoutNs: 5e9 })
  console.log(`${connections} connections, ${seconds} s; ${coresText(cores)}`)
  await tellOfK6()
  console.log(`CPU µs per request (user + system); the start of autocannon is ${startMs.toFixed(0)} ms`)
  const heads = ['wrk', 'autocannon', 'generator', 'command']
  console.log(row([...heads, 'wrk/s', 'autocannon/s', 'soakrig/s']))
  const all = await inTurns<'wrk' | 'autocannon' | 'soakrig', ToolRun>(
    rounds,
    {
      wrk: () => runWrk(wrk, server.url, run),
      autocannon: () => runAutocannon(server.url, { ...run, startMs }),
      soakrig: () =>
        flags.worker
          ? runWorker(workload, server.ports.http, loops(connections), run)
          : runSoakrig(server.url, directory, run),
    },
    (round) => {
      const rates = [round.wrk, round.autocannon, round.soakrig].map((one) => one.requestsPerSecond.toFixed(0))
      console.log(
        row([round.wrk.cpuUs, round.autocannon.cpuUs, round.soakrig.cpuUs, round.soakrig.commandUs, ...rates]),
      )
    },
  )
  const of = (tool: 'wrk' | 'autocannon' | 'soakrig', figure: 'cpuUs' | 'commandUs' | 'requestsPerSecond'): number[] =>
    all.map((round) => round[tool][figure])
  const findings = new Findings()
  findings.ratio('generator / wrk, CPU', of('soakrig', 'cpuUs'), of('wrk', 'cpuUs'), { most: 1.1 })
  findings.ratio('generator / autocannon, CPU', of('soakrig', 'cpuUs'), of('autocannon', 'cpuUs'), { most: 0.55 })
  findings.ratio('whole command / wrk, CPU', of('soakrig', 'commandUs'), of('wrk', 'cpuUs'), null)
  const commands = [of('soakrig', 'commandUs'), of('autocannon', 'commandUs')] as const
  findings.ratio('whole command / autocannon with its start, CPU', ...commands, null)
  const [ours, theirs] = [of('soakrig', 'requestsPerSecond'), of('wrk', 'requestsPerSecond')]
  findings.ratio('throughput / wrk', ours, theirs, { least: 0.95 })
} finally {
  await rm(directory, { recursive: true, force: true })
}
