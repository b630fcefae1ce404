/**
 * CPU per request of soakrig's load worker on nginx with TLS, beside autocannon's and wrk's, and over HTTP/2, with and without
 * TLS, beside undici's: `node tests/bench/tls-and-http2.ts [rounds] [--only tls|h2c|h2] [--seconds 3] [--streams 100]
 * [--connections 1] [--unpinned]`. Streams and connections are those of HTTP/2; with TLS over HTTP/1.1 there are 50
 * connections, kept alive. Our worker verifies the certificate, as undici does; autocannon and wrk take any. The tools of a
 * round run one after the other, ours and undici's in a fresh process each. Exits with 1 when ours is not the cheaper one.
 */
import { parseArgs } from 'node:util'
import { loops } from '../../harness/plan/models.ts'
import type { TlsSettings } from '../../harness/workload/tls.ts'
import { needTool, tellOfK6 } from '../support/bench-command.ts'
import { coresText, twoCores } from '../support/bench-cores.ts'
import { nginxBody, startNginx } from '../support/bench-nginx.ts'
import { Findings, inTurns, row } from '../support/bench-rounds.ts'
import { autocannonStartMs, runAutocannon, runWorker, runWrk, type ToolRun } from '../support/bench-tools.ts'
import { runUndici } from '../support/bench-undici.ts'
import { plainRequest } from '../support/bench-worker.ts'
import { makeAuthority } from '../support/certificates.ts'
import { plainHttp, workloadOf } from '../support/slice-task.ts'

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    seconds: { type: 'string', default: '3' },
    streams: { type: 'string', default: '100' },
    connections: { type: 'string', default: '1' },
    unpinned: { type: 'boolean' },
  },
})
const rounds = Number(positionals[0] ?? 15)
const seconds = Number(flags.seconds)
const streams = Number(flags.streams)
const sessions = Number(flags.connections)
const connections = 50
if (![rounds, streams, sessions].every((one) => Number.isInteger(one) && one >= 1) || !(seconds > 0))
  throw new RangeError('rounds, streams, connections: integers from 1; seconds: over 0')

const cores = twoCores(flags.unpinned)
const core = cores?.tool
const authority = await makeAuthority()
const tls: TlsSettings = {
  ca: authority.ca,
  cert: null,
  key: null,
  servername: null,
  verify: true,
  sessionReuse: true,
}
const findings = new Findings()
const wrk = await needTool('wrk')
await using server = await startNginx({ core: cores?.target, certificate: await authority.server() })
const { ports } = server

/** Ours against others, the first of which is judged. */
async function compare<Name extends string>(
  title: string,
  ours: () => Promise<ToolRun>,
  judged: Name,
  others: Readonly<Record<Name, () => Promise<ToolRun>>>,
): Promise<void> {
  const names = ['soakrig', ...(Object.keys(others) as Name[])] as const
  console.log(`\n${title}: CPU µs per request (user + system)`)
  console.log(row([...names, ...names.map((name) => `${name}/s`)]))
  const tools = { soakrig: ours, ...others } as Readonly<Record<Name | 'soakrig', () => Promise<ToolRun>>>
  const all = await inTurns(rounds, tools, (round) => {
    const rates = names.map((name) => round[name].requestsPerSecond.toFixed(0))
    console.log(row([...names.map((name) => round[name].cpuUs), ...rates]))
  })
  for (const name of names) {
    if (name === 'soakrig') continue
    const of = (tool: Name | 'soakrig', figure: 'cpuUs' | 'requestsPerSecond') =>
      all.map((round) => round[tool][figure])
    const limit = name === judged ? ({ most: 1 } as const) : null
    findings.ratio(`soakrig / ${name}, CPU`, of('soakrig', 'cpuUs'), of(name, 'cpuUs'), limit)
    const rates = [of('soakrig', 'requestsPerSecond'), of(name, 'requestsPerSecond')] as const
    findings.ratio(`soakrig / ${name}, throughput`, ...rates, null)
  }
}

async function overTls(): Promise<void> {
  const url = `https://127.0.0.1:${ports.https}/`
  const run = { connections, seconds, core }
  const startMs = await autocannonStartMs(core)
  const workload = workloadOf([plainRequest], { connection: { ...plainHttp, tls }, timeoutNs: 5e9 })
  await compare<'autocannon' | 'wrk'>(
    `HTTP/1.1 with TLS, ${connections} connections`,
    () => runWorker(workload, ports.https, loops(connections), run),
    'autocannon',
    {
      autocannon: () => runAutocannon(url, { ...run, startMs }),
      wrk: () => runWrk(wrk, url, run),
    },
  )
}

async function overHttp2(secure: boolean): Promise<void> {
  const port = secure ? ports.h2 : ports.h2c
  const connection = { ...plainHttp, version: '2', streams, tls: secure ? tls : null } as const
  // undici's process compares the body, too.
  const request = { ...plainRequest, expect: { ...plainRequest.expect, body: nginxBody } }
  const workload = workloadOf([request], { connection, timeoutNs: 5e9 })
  const load = { ...loops(streams * sessions), connections: sessions }
  const origin = `${secure ? 'https' : 'http'}://127.0.0.1:${port}`
  const ca = secure ? authority.ca : null
  await compare(
    `HTTP/2 ${secure ? 'with' : 'without'} TLS, ${sessions} connections of ${streams} streams`,
    () => runWorker(workload, port, load, { seconds, core }),
    'undici',
    { undici: () => runUndici({ origin, body: nginxBody, ca, connections: sessions, streams, seconds }, core) },
  )
}

const parts: Readonly<Record<string, () => Promise<void>>> = {
  tls: overTls,
  h2c: () => overHttp2(false),
  h2: () => overHttp2(true),
}
console.log(`${seconds} s each; ${coresText(cores)}`)
await tellOfK6()
for (const [name, part] of Object.entries(parts)) if (flags.only === undefined || flags.only === name) await part()
