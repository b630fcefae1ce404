/**
 * How right the faults are, on an idle machine: `node tests/bench/fault-accuracy.ts [--only delay,jitter,rate,loss]`. The
 * relay, the server and the client are processes of their own, as in a run. Prints the table of docs/faults.md; exits
 * with 1 when a figure misses its limit. Delays are judged twice: by the relay's own histogram of added less asked, and by what
 * the client sees more than through a path with nothing added. Rates are measured at the receiver.
 */
import { createSocket } from 'node:dgram'
import { parseArgs } from 'node:util'
import { realClock } from '../../harness/kernel/clock.ts'
import { decodeHistogram } from '../../harness/measure/histogram.ts'
import { startChild } from '../support/bench-child.ts'
import { openEcho, receivedRate } from '../support/bench-exchange.ts'
import { momentsOf, quantile } from '../support/bench-moments.ts'
import { armOf, relayOf } from '../support/bench-relay.ts'
import { Findings } from '../support/bench-rounds.ts'

const { values: flags } = parseArgs({ options: { only: { type: 'string', default: 'delay,jitter,rate,loss' } } })
const parts = flags.only.split(',')
const findings = new Findings()

/**
 * Round trips on some connections at once, one after the other on each, in ms. A pause before each, as long as a fault
 * delays, lets all processes fall asleep as they do there: what waking them costs is not the fault's. The connections
 * start `apartMs` after each other: what comes in one burst waits for its turn, and that is not the fault's either.
 */
async function roundTrips(
  port: number,
  connections: number,
  each: number,
  pauseMs = 0,
  apartMs = 0,
): Promise<number[][]> {
  return Promise.all(
    Array.from({ length: connections }, async (_, index) => {
      const line = await openEcho(port)
      await realClock.sleep(index * apartMs * 1e6)
      const times: number[] = []
      for (let n = 0; n < each; n++) {
        if (pauseMs > 0) await realClock.sleep(pauseMs * 1e6)
        times.push(await line.exchange(200))
      }
      line.close()
      return times
    }),
  )
}

/** Added delay: what the relay says of itself, and what the client sees. */
async function delays(server: number): Promise<void> {
  for (const { delayMs, connections, each } of [
    { delayMs: 0.5, connections: 1, each: 1500 },
    { delayMs: 1.5, connections: 1, each: 1000 },
    { delayMs: 5, connections: 1, each: 400 },
    { delayMs: 40, connections: 1, each: 60 },
    { delayMs: 40, connections: 24, each: 60 },
    { delayMs: 200, connections: 24, each: 12 },
  ]) {
    const fault = { latency: { delay: `${delayMs}ms` } }
    await using relay = await relayOf([armOf('plain', server, null), armOf('late', server, fault)])
    await roundTrips(relay.ports['plain']!, connections, 50)
    await roundTrips(relay.ports['late']!, connections, 5)
    await relay.readQuiet('late', 1e9)
    const apartMs = delayMs / connections
    const plain = quantile((await roundTrips(relay.ports['plain']!, connections, each, delayMs, apartMs)).flat(), 0.5)
    const late = (await roundTrips(relay.ports['late']!, connections, each, 0, apartMs)).flat()
    const seen = late.map((ms) => ms - plain - delayMs)
    const { arms } = await relay.readQuiet('late', 1e9)
    const own = decodeHistogram(arms['late']!.delays!.error)
    const name = `delay ${delayMs} ms, ${connections} connection${connections > 1 ? 's' : ''}`
    findings.value(`${name}: relay's error p50`, own.percentileMs(50)!, { most: 0.3 })
    findings.value(`${name}: relay's error p95`, own.percentileMs(95)!, { most: 1 })
    findings.value(`${name}: client's error p50`, quantile(seen, 0.5), { most: 0.3 })
    findings.value(`${name}: client's error p95`, quantile(seen, 0.95), { most: 1 })
    findings.value(`${name}: client's earliest`, quantile(seen, 0), { least: -0.05 - plain })
    findings.value(`${name}: relay's earliest`, own.percentileMs(0)!, { least: -0.05 })
    own.destroy()
  }
}

/** Realised jitter: messages further apart than the jitter, 20 connections beside each other. */
async function jitters(server: number): Promise<void> {
  const wanted = {
    uniform: { sigma: 5 / Math.sqrt(3), settings: {} },
    normal: { sigma: 5, settings: { distribution: 'normal' } },
    correlated: { sigma: 5 / Math.sqrt(3), settings: { correlation: '50%' } },
  }
  for (const [name, { sigma, settings }] of Object.entries(wanted)) {
    const fault = { latency: { delay: '30ms', jitter: '5ms', ...settings } }
    await using relay = await relayOf([armOf('plain', server, null), armOf('late', server, fault)])
    const plain = quantile((await roundTrips(relay.ports['plain']!, 20, 100, 30)).flat(), 0.5)
    const seen = (await roundTrips(relay.ports['late']!, 20, 400)).map((times) => times.map((ms) => ms - plain))
    const moments = momentsOf(seen)
    const lag1 = name === 'correlated' ? 0.5 : 0
    findings.value(`jitter ${name}: mean / 30 ms`, Math.abs(moments.mean / 30 - 1), { most: 0.02 })
    findings.value(`jitter ${name}: sigma / ${sigma.toFixed(2)} ms`, Math.abs(moments.sigma / sigma - 1), {
      most: 0.05,
    })
    findings.value(`jitter ${name}: lag-1 correlation less ${lag1}`, Math.abs(moments.lag1 - lag1), { most: 0.03 })
  }
}

async function rates(server: number): Promise<void> {
  for (const { rate, chunkBytes, seconds, delayMs = 0 } of [
    { rate: 64e3, chunkBytes: 65_536, seconds: 4 },
    { rate: 64e3, chunkBytes: 100, seconds: 4 },
    { rate: 1e6, chunkBytes: 1460, seconds: 2 },
    { rate: 20e6, chunkBytes: 100, seconds: 2 },
    { rate: 100e6, chunkBytes: 65_536, seconds: 2 },
    { rate: 200e6, chunkBytes: 1460, seconds: 2 },
    { rate: 1e9, chunkBytes: 65_536, seconds: 2 },
    { rate: 100e6, chunkBytes: 65_536, seconds: 2, delayMs: 100 },
    { rate: 25e6, chunkBytes: 65_536, seconds: 2, delayMs: 300 },
  ] as readonly { rate: number; chunkBytes: number; seconds: number; delayMs?: number }[]) {
    const late = delayMs === 0 ? {} : { latency: { delay: `${delayMs}ms` } }
    await using relay = await relayOf([armOf('slow', server, { rate: `${rate}bps`, ...late })])
    const bytes = await receivedRate(relay.ports['slow']!, chunkBytes, Math.round((rate / 8) * seconds))
    const text = `${rate / 1e6} Mbit/s in chunks of ${chunkBytes} B${delayMs > 0 ? `, ${delayMs} ms late` : ''}`
    findings.value(`rate ${text}: off by`, Math.abs((bytes * 8) / rate - 1), { most: 0.02 })
  }
}

/** Numbered datagrams through a lossy path: how many came, and in which runs the others did not. */
async function lost(
  fault: Readonly<Record<string, unknown>>,
  count: number,
): Promise<{ readonly share: number; readonly burst: number }> {
  const receiver = createSocket({ type: 'udp4', recvBufferSize: 2 ** 23 })
  await new Promise<void>((resolve) => receiver.bind(0, '127.0.0.1', resolve))
  const came = new Uint8Array(count)
  receiver.on('message', (message) => (came[message.readUInt32BE(0)] = 1))
  await using relay = await relayOf([armOf('lossy', receiver.address().port, fault, 'udp')])
  const sender = createSocket('udp4')
  for (let n = 0; n < count; n++) {
    const message = Buffer.alloc(32)
    message.writeUInt32BE(n, 0)
    sender.send(message, relay.ports['lossy']!, '127.0.0.1')
    if (n % 20 === 19) await realClock.sleep(1e6)
  }
  await realClock.sleep(300e6)
  const { arms } = await relay.read()
  sender.close()
  receiver.close()
  const fired = arms['lossy']!.tallies['loss']!
  const missing = came.filter((one) => one === 0).length
  findings.fact(
    '  lost to the receiver = lost by the fault',
    missing === fired.fired,
    `${missing} = ${fired.fired} of ${fired.eligible}`,
  )
  let bursts = 0
  for (let n = 0; n < count; n++) if (came[n] === 0 && (n === 0 || came[n - 1] === 1)) bursts++
  return { share: missing / count, burst: missing / bursts }
}

async function losses(): Promise<void> {
  const count = 40_000
  const plain = await lost({ uplink: { loss: { probability: '2%' } } }, count)
  const sigma = Math.sqrt((0.02 * 0.98) / count)
  findings.value('loss 2 %: off by so many sigma', Math.abs(plain.share - 0.02) / sigma, { most: 3 })
  const [p, r] = [0.01, 0.25]
  const gilbert = { gilbertElliott: { goodToBad: p, badToGood: r } }
  const burst = await lost({ uplink: { loss: gilbert } }, count)
  const share = p / (p + r)
  // The draws of a two-state chain are correlated by 1 - p - r: its mean varies by (2 - p - r) / (p + r) as much.
  const wide = Math.sqrt(((share * (1 - share)) / count) * ((2 - p - r) / (p + r)))
  findings.value('Gilbert-Elliott 1 %, 25 %: off by so many sigma', Math.abs(burst.share - share) / wide, { most: 3 })
  findings.value('Gilbert-Elliott 1 %, 25 %: mean burst / 4', Math.abs(burst.burst * r - 1), { most: 0.1 })
}

await using server = await startChild('bench-echo.ts')
if (parts.includes('delay')) await delays(server.port)
if (parts.includes('jitter')) await jitters(server.port)
if (parts.includes('rate')) await rates(server.port)
if (parts.includes('loss')) await losses()
