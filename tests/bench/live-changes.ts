/**
 * Rules that change while traffic flows: `node tests/bench/live-changes.ts [changes]`. Some connections exchange numbered
 * bytes without end through one arm of a relay in a process of its own, while its rules are replaced again and again: none, one,
 * several, the same with other settings. No byte may be lost or swapped, no connection dropped, none hang, and the relay's
 * memory must not grow. Exits with 1 where one of it does not hold.
 */
import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { once } from 'node:events'
import { realClock } from '../../harness/kernel/clock.ts'
import { createRng } from '../../harness/kernel/rng.ts'
import { startChild } from '../support/bench-child.ts'
import { quantile } from '../support/bench-moments.ts'
import { residentKb } from '../support/bench-process.ts'
import { armOf, layersOf, relayOf } from '../support/bench-relay.ts'
import { Findings } from '../support/bench-rounds.ts'

const changes = Number(process.argv[2] ?? 10_000)
const lines = 8
const rng = createRng(1)

/** Settings that change from one time to the next, so that no two are the same. */
const faults = [
  () => null,
  () => ({ latency: { delay: `${1 + rng.next() * 5}ms`, jitter: '1ms' } }),
  () => ({ uplink: { rate: `${20 + rng.next() * 100}mbps` }, downlink: { rate: '50mbps' } }),
  () => ({ uplink: { slicer: { size: '500b' } }, downlink: { slicer: { size: '100b' } } }),
  () => ({ hang: { probability: `${rng.next() * 100}%` } }),
  () => ({ loss: { probability: '5%' }, reorder: { probability: '10%', delay: '5ms' } }),
  () => ({ duplicate: { probability: '20%' }, slowClose: { delay: '10ms' } }),
  () => ({ latency: { delay: '1h' } }),
  () => ({ partition: true }),
]

/** Writes and reads until told to stop; both ways the same bytes must pass, in their order. */
async function talk(port: number, stopped: () => boolean): Promise<{ readonly ok: boolean; readonly bytes: number }> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  await once(socket, 'connect')
  const [sent, received] = [createHash('sha256'), createHash('sha256')]
  let bytes = 0
  socket.write('echo\n')
  const back = (async () => {
    for await (const chunk of socket) {
      received.update(chunk as Buffer)
      bytes += (chunk as Buffer).length
    }
  })()
  for (let n = 0; !stopped(); n++) {
    const message = Buffer.alloc(1 + Math.floor(rng.next() * 8000), String(n))
    sent.update(message)
    if (!socket.write(message)) await Promise.race([once(socket, 'drain'), realClock.sleep(5e9)])
    await realClock.sleep(1e6)
  }
  socket.end()
  await Promise.race([back, realClock.sleep(20e9).then(() => Promise.reject(new Error('a connection hangs')))])
  return { ok: sent.digest('hex') === received.digest('hex'), bytes }
}

await using echo = await startChild('bench-echo.ts')
await using relay = await relayOf([armOf('busy', echo.port, null)])
let stopped = false
const talks = Array.from({ length: lines }, () => talk(relay.ports['busy']!, () => stopped))
const memory: number[] = []
const startNs = realClock.nowNs()
for (let n = 0; n < changes; n++) {
  const fault = faults[Math.floor(rng.next() * faults.length)]!()
  const more =
    rng.next() < 0.3 ? layersOf({ latency: { delay: '2ms' } }).map((layer) => ({ ...layer, name: 'more' })) : []
  await relay.setLayers('busy', [...layersOf(fault), ...more])
  if (n % 50 === 0) memory.push(residentKb(relay.pid))
}
await relay.setLayers('busy', [])
const seconds = (realClock.nowNs() - startNs) / 1e9
stopped = true
const outcomes = await Promise.allSettled(talks)
const findings = new Findings()
const good = outcomes.filter((outcome) => outcome.status === 'fulfilled' && outcome.value.ok).length
const bytes = outcomes.reduce((sum, outcome) => sum + (outcome.status === 'fulfilled' ? outcome.value.bytes : 0), 0)
for (const outcome of outcomes) if (outcome.status === 'rejected') console.log(String(outcome.reason))
console.log(
  `${changes} changes in ${seconds.toFixed(1)} s, ${(bytes / 1e6).toFixed(1)} MB through ${lines} connections`,
)
findings.fact('connections whose bytes came whole and in order', good === lines, `${good} of ${lines}`)
const { arms } = await relay.readQuiet('busy', 2e9)
findings.fact(
  'the relay holds nothing',
  arms['busy']!.heldBytes === 0 && arms['busy']!.open === 0,
  `${arms['busy']!.heldBytes} bytes`,
)
const quarter = Math.floor(memory.length / 4)
const growth = quantile(memory.slice(-quarter), 0.5) - quantile(memory.slice(quarter, 2 * quarter), 0.5)
findings.value('memory, last quarter less the second, MiB', growth / 1024, { most: 8 })
