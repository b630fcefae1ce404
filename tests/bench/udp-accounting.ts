/**
 * Whether the UDP driver counts right at full speed: `node tests/bench/udp-accounting.ts [--rate 20000] [--seconds 5]
 * [--size 64] [--sockets 4]`. Datagrams go on an absolute schedule through a path, in a process of its own, that drops,
 * duplicates and reorders a known seeded set of numbers, to the built-in target and back. What the kernel dropped on the
 * way (/proc/net/udp, all sockets of both processes) belongs to the truth. Exits with 1 where counts and truth differ.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { realClock } from '../../harness/kernel/clock.ts'
import { openPreciseClock } from '../../harness/kernel/precise-clock.ts'
import { createRng } from '../../harness/kernel/rng.ts'
import { TimerWheel, wheelEntry } from '../../harness/kernel/timer-wheel.ts'
import type { AttemptListener } from '../../harness/load/driver.ts'
import type { UdpCounters } from '../../harness/load/udp/counters.ts'
import { openUdpDriver } from '../../harness/load/udp/driver.ts'
import { readKernelDrops } from '../../harness/kernel/kernel-drops.ts'
import { createHistogram } from '../../harness/measure/histogram.ts'
import { plainKnobs } from '../../harness/target/builtin/knobs.ts'
import type { BuiltinServer } from '../../harness/target/builtin/service.ts'
import { startUdpTarget } from '../../harness/target/builtin/udp.ts'
import { openUdpPath, type PathHarm, type PathTruth, type UdpPath } from '../support/udp-path.ts'

const harm: PathHarm = { seed: 20260101, dropShare: 0.02, duplicateShare: 0.01, reorderShare: 0.01 }
const host = '127.0.0.1'
const timeoutNs = 1e9

/** What the other process tells: its port, and at the end what its path has done, the target's kernel drops included. */
type Told = { readonly port: number } | { readonly truth: PathTruth }

async function servePath(tell: (told: Told) => void): Promise<void> {
  await using target = await startUdpTarget({
    host,
    port: 0,
    knobs: plainKnobs,
    tls: null,
    clock: realClock,
    rng: createRng(1),
  })
  await using path = await openUdpPath(target.port, harm)
  tell({ port: path.port })
  await once(process, 'message')
  // What has piled up goes on its way until nothing moves any more.
  for (let before = -1, now = moved(path, target); now !== before; now = moved(path, target)) {
    before = now
    await realClock.sleep(300e6)
  }
  const atTarget = readKernelDrops([{ address: host, port: target.port }]) ?? Number.NaN
  const truth = path.truth()
  tell({ truth: { ...truth, kernelDrops: truth.kernelDrops + atTarget } })
  await once(process, 'disconnect')
}

/** Grows while anything goes through path and target. */
function moved(path: UdpPath, target: BuiltinServer): number {
  return path.truth().seen + target.stats().requests
}

interface Load {
  readonly port: number
  readonly ratePerSecond: number
  readonly seconds: number
  readonly sizeBytes: number
  readonly sockets: number
}

/** Sends on the schedule and waits until every attempt has ended, and `settled` says that nothing is on its way. */
async function run({ port, ratePerSecond, seconds, sizeBytes, sockets }: Load, settled: () => Promise<PathTruth>) {
  using clock = openPreciseClock()
  await clock.sleep(200e6)
  const wheel = new TimerWheel(clock)
  const counters: Record<string, number> = {}
  const driver = await openUdpDriver({
    connection: { receiveBufferBytes: 4 * 2 ** 20 },
    host,
    address: host,
    port,
    timeoutNs,
    connections: sockets,
    clock,
    wheel,
    rng: createRng(1),
    counters,
  })
  const request = driver.prepare({
    name: 'datagram',
    message: { sizeBytes, reply: true },
    expect: { status: null, body: null, checks: [] },
    extract: [],
    idempotent: false,
    templated: false,
    weight: 1,
    pause: { kind: 'none' },
  })
  const lateness = createHistogram()
  const count = ratePerSecond * seconds
  const free: { start(nowNs: number): void }[] = []
  const ends: Record<string, number> = {}
  let [due, ended, lanes] = [0, 0, 0]
  const { promise: allEnded, resolve } = Promise.withResolvers<void>()
  const addLane = () => {
    const listener: AttemptListener = {
      granted() {},
      connected() {},
      firstByte() {},
      resent() {},
      attemptEnded({ error }) {
        ends[error ?? 'ok'] = (ends[error ?? 'ok'] ?? 0) + 1
        free.push(own)
        if (++ended === count) resolve()
      },
    }
    const lane = driver.lane(listener)
    const own = { start: (nowNs: number) => lane.start(request, nowNs) }
    lanes++
    return own
  }
  const startNs = clock.nowNs() + 50e6
  const dueNs = (index: number): number => startNs + (index * 1e9) / ratePerSecond
  const entry = wheelEntry(() => {
    for (let nowNs = clock.nowNs(); due < count && dueNs(due) <= nowNs; nowNs = clock.nowNs()) {
      const lane = free.pop() ?? addLane()
      lateness.record((nowNs - dueNs(due++)) / 1000)
      lane.start(nowNs)
    }
    if (due < count) wheel.schedule(entry, dueNs(due))
  })
  const before = process.cpuUsage()
  wheel.schedule(entry, startNs)
  await allEnded
  const { user, system } = process.cpuUsage(before)
  const truth = await settled()
  await realClock.sleep(200e6)
  driver.close()
  return { truth, counters: counters as UdpCounters, ends, lanes, lateness, cpuUs: user + system, count }
}

const show = (name: string, value: number | string): void =>
  console.log(`${name.padEnd(44)}${String(value).padStart(12)}`)

/** Prints a count beside its truth; false when they differ. */
function compare(name: string, counted: number, truth: number): boolean {
  const equal = counted === truth
  show(name, `${counted} / ${truth}`.padStart(20) + (equal ? '  equal' : '  DIFFERENT'))
  return equal
}

async function bench(load: Omit<Load, 'port'>): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), { serialization: 'advanced' })
  try {
    const [{ port }] = (await once(child, 'message')) as [{ port: number }]
    const { truth, counters, ends, lanes, lateness, cpuUs, count } = await run({ ...load, port }, async () => {
      const told = once(child, 'message') as Promise<[{ truth: PathTruth }]>
      child.send('over')
      const [{ truth: path }] = await told
      return path
    })
    const of = (name: string): number => counters[`udp.${name}` as keyof UdpCounters]
    const drops = of('kernelDrops') + truth.kernelDrops
    show('datagrams per second, size, sockets', `${load.ratePerSecond}, ${load.sizeBytes}, ${load.sockets}`)
    show('receive buffer per socket', of('receiveBufferBytes') / of('sockets'))
    show('CPU per datagram and its answer (µs)', (cpuUs / count).toFixed(2))
    show('CPU (% of one core)', (cpuUs / load.seconds / 1e4).toFixed(1))
    show('send lateness p50, p99 (ms)', [50, 99].map((p) => lateness.percentileMs(p)?.toFixed(3)).join(', '))
    show('lanes used', lanes)
    show('ends', JSON.stringify(ends))
    show('kernel drops: here, on the path', `${of('kernelDrops')}, ${truth.kernelDrops}`)
    const arrived = ['received', 'late', 'duplicated', 'corrupt', 'forgotten', 'unclaimed', 'stray'].reduce(
      (sum, name) => sum + of(name),
      0,
    )
    console.log('counted / truth')
    const all = [
      compare('sent, as the schedule has them', of('sent'), count),
      compare('sent less what arrived', of('sent') - arrived, truth.dropped - truth.duplicated + drops),
      compare('received and lost', of('received') + of('lost'), count),
      // What the kernel dropped may have been a datagram, an answer, or a copy of one.
      ...(drops === 0
        ? [
            compare('lost', of('lost'), truth.dropped),
            compare('duplicated', of('duplicated'), truth.duplicated),
            compare('reordered', of('reordered'), truth.reordered),
            compare('late', of('late'), 0),
            compare('corrupt', of('corrupt') + of('stray') + of('forgotten') + of('unclaimed'), 0),
          ]
        : []),
    ]
    console.log(all.every(Boolean) ? 'equal to the truth' : 'NOT equal to the truth')
    if (!all.every(Boolean)) process.exitCode = 1
  } finally {
    child.disconnect()
    await once(child, 'exit')
  }
}

if (process.send) await servePath((told) => process.send?.(told))
else {
  const { values } = parseArgs({
    options: {
      rate: { type: 'string', default: '20000' },
      seconds: { type: 'string', default: '5' },
      size: { type: 'string', default: '64' },
      sockets: { type: 'string', default: '4' },
    },
  })
  await bench({
    ratePerSecond: Number(values.rate),
    seconds: Number(values.seconds),
    sizeBytes: Number(values.size),
    sockets: Number(values.sockets),
  })
}
