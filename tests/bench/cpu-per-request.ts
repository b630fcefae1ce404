/**
 * CPU per request of soakrig's load generator against wrk's, on the same nginx:
 * `node tests/bench/cpu-per-request.ts [pairs] [--worker]`. Pairs are interleaved, the order within a pair alternates, and
 * neither tool is pinned. With `--worker` the load worker runs without a conductor, to measure a change to the hot path.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import type { Result } from '../../harness/archive/result.ts'
import { realClock } from '../../harness/kernel/clock.ts'
import type { ShardCommand, ShardReply } from '../../harness/load/protocol.ts'
import { readStat } from '../../harness/target/proc.ts'
import { forkEntry } from '../support/forked.ts'
import { medianInterval } from '../support/median-interval.ts'
import { requestOf, taskOf } from '../support/slice-task.ts'

const connections = '50'
const seconds = 3
const { values: flags, positionals } = parseArgs({ allowPositionals: true, options: { worker: { type: 'boolean' } } })
const pairs = Number(positionals[0] ?? 6)
const soakrig = fileURLToPath(new URL('../../scripts/soakrig.ts', import.meta.url))

/** What one run of one tool cost. */
interface Cost {
  readonly requestsPerSecond: number
  /** User and system time of the generator alone, per request; of wrk the same as of its command. */
  readonly generatorUs: number
  /** User and system time of everything that the command started, per request. */
  readonly commandUs: number
}

const run = promisify(execFile)

/** Where a tool lies; ends the bench with the package to install when it is missing. */
async function find(tool: string): Promise<string> {
  const path = `${process.env['PATH']}:/usr/sbin:/usr/local/sbin`
  try {
    return (await run('sh', ['-c', `command -v ${tool}`], { env: { ...process.env, PATH: path } })).stdout.trim()
  } catch {
    console.error(`${tool} is missing: install the package ${tool} to run this bench`)
    process.exit(1)
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** An nginx of our own that answers 12 bytes; with Debian's defaults otherwise. */
async function startNginx(nginx: string, directory: string) {
  const port = await freePort()
  const file = join(directory, 'nginx.conf')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  await writeFile(
    file,
    `daemon off; worker_processes 1; pid ${directory}/pid; error_log ${directory}/error.log;
     events { worker_connections 1024; }
     http { access_log off; default_type text/plain; ${temporary.map((name) => `${name}_temp_path ${directory};`).join(' ')}
       server { listen 127.0.0.1:${port}; location / { return 200 "hello world\\n"; } } }`,
  )
  const child = spawn(nginx, ['-e', join(directory, 'error.log'), '-p', directory, '-c', file], { stdio: 'inherit' })
  const url = `http://127.0.0.1:${port}/`
  for (let tries = 0; ; tries++) {
    const answer = await fetch(url).catch(() => null)
    if (answer?.ok && (await answer.text()).length === 12) break
    if (tries > 100 || child.exitCode !== null) throw new Error('nginx does not answer')
    await realClock.sleep(20e6)
  }
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

/** A command's output, and the user and system time of its whole tree as the shell's `times` tells them, in ms. */
async function timed(command: string, args: readonly string[]): Promise<{ stdout: string; cpuMs: number }> {
  const { stdout } = await run('sh', ['-c', '"$@" || exit; echo; echo =====; times', 'sh', command, ...args], {
    maxBuffer: 2 ** 26,
  })
  const [output = '', times = ''] = stdout.split('\n=====\n')
  const children = times.trim().split('\n').at(-1) ?? ''
  const parts = [...children.matchAll(/(\d+)m([\d.]+)s/gu)].map(
    ([, minutes, rest]) => Number(minutes) * 60 + Number(rest),
  )
  if (parts.length !== 2) throw new Error(`times said ${JSON.stringify(times)}`)
  return { stdout: output, cpuMs: parts.reduce((a, b) => a + b, 0) * 1000 }
}

async function runWrk(wrk: string, url: string): Promise<Cost> {
  const { stdout, cpuMs } = await timed(wrk, ['-t1', `-c${connections}`, `-d${seconds}s`, url])
  const requests = Number(/(\d+) requests in/u.exec(stdout)?.[1])
  if (!requests || /Non-2xx|Socket errors/u.test(stdout)) throw new Error(stdout)
  const costUs = (cpuMs * 1000) / requests
  return { requestsPerSecond: requests / seconds, generatorUs: costUs, commandUs: costUs }
}

async function runSoakrig(url: string, directory: string): Promise<Cost> {
  const args = ['-c', connections, '-d', `${seconds}s`, '--json', '--results', directory]
  const { stdout, cpuMs } = await timed(process.execPath, [soakrig, 'load', url, ...args])
  const { phases } = JSON.parse(stdout) as Result
  const arm = phases.flatMap(({ arms }) => arms)[0]
  if (!arm || arm.operations.failed > 0) throw new Error(`failures: ${JSON.stringify(arm?.errors)}`)
  return {
    requestsPerSecond: (arm.attempts.count * 1000) / arm.measuredMs,
    generatorUs: (arm.resources.generators.cpuMs * 1000) / arm.attempts.count,
    commandUs: (cpuMs * 1000) / arm.all.attempts.count,
  }
}

/** The load worker alone; its command is its process. */
async function runWorker(url: string): Promise<Cost> {
  await using worker = forkEntry<ShardCommand, ShardReply>('load')
  worker.send({ kind: 'open', id: 1, shard: { index: 0, count: 1 }, seed: 1, allowedHosts: [] })
  await worker.reply('done', 1)
  const task = taskOf(Number(new URL(url).port), realClock.nowNs() + 50e6, {
    requests: [requestOf({ path: '/', expect: { status: null, body: null } })],
    workers: Number(connections),
    connections: Number(connections),
    discardNs: 250e6,
    measureNs: seconds * 1e9,
    windowNs: 1e9,
    timeoutNs: 5e9,
  })
  worker.send({ kind: 'slice', id: 2, task })
  const { report } = await worker.reply('sliced', 2)
  if (report.all.operations.failed > 0) throw new Error(`failures: ${JSON.stringify(report.all.errors)}`)
  // A clock tick is 10 ms on every Linux that Node runs on.
  const cpuMs = (readStat(worker.child.pid ?? 0)?.cpuTicks ?? Number.NaN) * 10
  return {
    requestsPerSecond: report.measured.attempts.count / seconds,
    generatorUs: (report.cpuMs * 1000) / report.measured.attempts.count,
    commandUs: (cpuMs * 1000) / report.all.attempts.count,
  }
}

const row = (cells: readonly (string | number)[]): string =>
  cells.map((cell) => (typeof cell === 'number' ? cell.toFixed(2) : cell).padStart(14)).join('')

function summary(name: string, ratios: readonly number[]): string {
  const { median, lo, hi, confidence } = medianInterval(ratios, 0.95)
  const level = `${(confidence * 100).toFixed(1)} %`
  const short = confidence < 0.95 ? ': too few pairs for 95 %' : ''
  return `${name}: median of ratios ${median.toFixed(3)}, [${lo.toFixed(3)}, ${hi.toFixed(3)}] at ${level}${short}`
}

if (!Number.isInteger(pairs) || pairs < 1) throw new RangeError('pairs: an integer from 1')
const [nginx, wrk] = [await find('nginx'), await find('wrk')]
const directory = await mkdtemp(join(tmpdir(), 'soakrig-bench-'))
try {
  await using server = await startNginx(nginx, directory)
  console.log('CPU µs per request (user + system); wrk -t1, 50 connections, 3 s')
  console.log(row(['wrk', 'generator', 'ratio', 'command', 'ratio', 'wrk/s', 'soakrig/s']))
  const generator: number[] = []
  const command: number[] = []
  for (let pair = 0; pair < pairs; pair++) {
    const tools = [
      () => runWrk(wrk, server.url),
      () => (flags.worker ? runWorker(server.url) : runSoakrig(server.url, directory)),
    ]
    const first = pair % 2
    const early = await tools[first]!()
    const late = await tools[1 - first]!()
    const [theirs, ours] = first === 0 ? [early, late] : [late, early]
    generator.push(ours.generatorUs / theirs.generatorUs)
    command.push(ours.commandUs / theirs.commandUs)
    const ratios = [generator.at(-1)!, command.at(-1)!] as const
    const rates = [theirs, ours].map(({ requestsPerSecond }) => Math.round(requestsPerSecond).toString())
    console.log(row([theirs.generatorUs, ours.generatorUs, ratios[0], ours.commandUs, ratios[1], ...rates]))
  }
  console.log(summary('generator / wrk', generator))
  console.log(summary('whole command / wrk', command))
} catch (error) {
  console.error(await readFile(join(directory, 'error.log'), 'utf8').catch(() => ''))
  throw error
} finally {
  await rm(directory, { recursive: true, force: true })
}
