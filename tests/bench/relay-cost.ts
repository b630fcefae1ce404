/**
 * What the relay costs with no fault: `node tests/bench/relay-cost.ts [rounds] [--seconds 3]`. CPU per request of its process
 * against that of a bare `socket.pipe` relay, under wrk with 50 connections on nginx, in interleaved rounds; what one hop adds
 * to the median of one request in flight; and CPU per Gbit of bulk. Exits with 1 when a median misses its limit.
 */
import { parseArgs } from 'node:util'
import { realClock } from '../../harness/kernel/clock.ts'
import { needTool } from '../support/bench-command.ts'
import { startChild } from '../support/bench-child.ts'
import { openEcho, receivedRate } from '../support/bench-exchange.ts'
import { moveToCore, twoCores } from '../support/bench-cores.ts'
import { quantile } from '../support/bench-moments.ts'
import { startNginx } from '../support/bench-nginx.ts'
import { cpuOfProcessMs } from '../support/bench-process.ts'
import { armOf, relayOf } from '../support/bench-relay.ts'
import { Findings, inTurns, row } from '../support/bench-rounds.ts'
import { runWrk } from '../support/bench-tools.ts'

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '3' } },
})
const rounds = Number(positionals[0] ?? 9)
const seconds = Number(flags.seconds)
const cores = twoCores(false)
const wrk = await needTool('wrk')
const findings = new Findings()

await using nginx = await startNginx({ core: cores?.target })
await using echo = await startChild('bench-echo.ts', [], cores?.target)
await using bare = await startChild('bench-pipe-relay.ts', [String(nginx.ports.http)], cores?.tool)
await using bareEcho = await startChild('bench-pipe-relay.ts', [String(echo.port)], cores?.tool)
await using relay = await relayOf([armOf('nginx', nginx.ports.http, null), armOf('echo', echo.port, null)])
moveToCore(cores?.tool, relay.pid)

/** CPU µs of a relay's process per request that wrk got through it. */
async function cpuPerRequest(
  pid: number,
  port: number,
): Promise<{ readonly cpuUs: number; readonly perSecond: number }> {
  const before = cpuOfProcessMs(pid)
  const url = `http://127.0.0.1:${port}/`
  const { requestsPerSecond } = await runWrk(wrk, url, { connections: 50, seconds, core: cores?.target })
  const requests = requestsPerSecond * seconds
  return { cpuUs: ((cpuOfProcessMs(pid) - before) * 1000) / requests, perSecond: requestsPerSecond }
}

console.log(row(['bare µs', 'relay µs', 'bare/s', 'relay/s']))
const all = await inTurns(
  rounds,
  {
    bare: () => cpuPerRequest(bare.pid, bare.port),
    relay: () => cpuPerRequest(relay.pid, relay.ports['nginx']!),
  },
  (round) => console.log(row([round.bare.cpuUs, round.relay.cpuUs, round.bare.perSecond, round.relay.perSecond])),
)
findings.ratio(
  'relay / bare pipe, CPU per request',
  all.map((round) => round.relay.cpuUs),
  all.map((round) => round.bare.cpuUs),
  { most: 1.5 },
)

async function medianMs(port: number): Promise<number> {
  const line = await openEcho(port)
  const times: number[] = []
  for (let n = 0; n < 3000; n++) times.push(await line.exchange(200))
  line.close()
  return quantile(times, 0.5)
}

const hops = await inTurns(
  rounds,
  {
    direct: () => medianMs(echo.port),
    bare: () => medianMs(bareEcho.port),
    relay: () => medianMs(relay.ports['echo']!),
  },
  () => {},
)
const added = hops.map((round) => round.relay - round.direct)
findings.value('added to the median of one request in flight, ms', quantile(added, 0.5), { most: 0.1 })
findings.value(
  'the same of the bare pipe, ms',
  quantile(
    hops.map((round) => round.bare - round.direct),
    0.5,
  ),
  null,
)

async function coreSeconds(pid: number, port: number): Promise<number> {
  const bytes = 500e6
  const before = cpuOfProcessMs(pid)
  await receivedRate(port, 65_536, bytes)
  await realClock.sleep(50e6)
  return (cpuOfProcessMs(pid) - before) / 1000 / ((bytes * 8) / 1e9)
}

const bulk = await inTurns(
  Math.min(rounds, 5),
  { bare: () => coreSeconds(bareEcho.pid, bareEcho.port), relay: () => coreSeconds(relay.pid, relay.ports['echo']!) },
  () => {},
)
findings.value(
  'cores for 1 Gbit/s of bulk',
  quantile(
    bulk.map((round) => round.relay),
    0.5,
  ),
  { most: 1 },
)
findings.value(
  'cores for 1 Gbit/s of bulk, bare pipe',
  quantile(
    bulk.map((round) => round.bare),
    0.5,
  ),
  null,
)
