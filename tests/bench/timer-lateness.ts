/**
 * How late timers fire, and what that costs, on an absolute schedule: `node tests/bench/timer-lateness.ts [rounds]
 * [--rate 5000] [--seconds 2]`. setTimeout, the precise clock and a timer wheel on it are interleaved; their order turns
 * from round to round. `others` is what the rest of the machine used meanwhile; where that is much, the row is not counted.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Clock, realClock } from '../../harness/kernel/clock.ts'
import { openPreciseClock } from '../../harness/kernel/precise-clock.ts'
import { TimerWheel, wheelEntry } from '../../harness/kernel/timer-wheel.ts'
import { createHistogram } from '../../harness/measure/histogram.ts'
import { medianInterval } from '../support/median-interval.ts'

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { rate: { type: 'string', default: '5000' }, seconds: { type: 'string', default: '2' } },
})
const rounds = Number(positionals[0] ?? 5)
const ratePerSecond = Number(flags.rate)
const seconds = Number(flags.seconds)
const count = ratePerSecond * seconds
if (!(rounds >= 1 && count >= 1)) throw new RangeError('rounds, rate and seconds: numbers over 0')

/** Calls `wake` at a time, once; asked again only after it was called. */
type Sleeper = (dueNs: number, wake: () => void) => void

const onClock =
  (clock: Clock): Sleeper =>
  (dueNs, wake) =>
    void clock.after(dueNs - clock.nowNs(), wake)

function onWheel(clock: Clock): Sleeper {
  const wheel = new TimerWheel(clock)
  let woken = (): void => {}
  const entry = wheelEntry(() => woken())
  return (dueNs, wake) => {
    woken = wake
    wheel.schedule(entry, dueNs)
  }
}

/** One round of one kind of timer. Lateness in ms, CPU in percent of one core. */
interface Figures {
  readonly p50: number
  readonly p99: number
  readonly max: number
  readonly early: number
  readonly wakesPerSecond: number
  readonly cpu: number
  /** The timer thread's part of it. */
  readonly thread: number
  readonly others: number
}

const ticksMs = 10

/** CPU time in ms of the whole machine, idle time left out (proc_stat(5): user nice system idle iowait irq softirq steal). */
function machineCpuMs(): number {
  const [, ...fields] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/u)
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields.map(Number)
  return (user + nice + system + irq + softirq + steal) * ticksMs
}

const ownCpuMs = (usage: NodeJS.CpuUsage): number => (usage.user + usage.system) / 1000

async function measure(sleep: Sleeper): Promise<Figures> {
  const histogram = createHistogram()
  const startNs = realClock.nowNs() + 20e6
  const dueNs = (index: number): number => startNs + (index * 1e9) / ratePerSecond
  const before = { own: process.cpuUsage(), main: process.threadCpuUsage(), machine: machineCpuMs() }
  let [done, wakes, early] = [0, 0, 0]
  await new Promise<void>((resolve) => {
    const wake = (): void => {
      wakes++
      const nowNs = realClock.nowNs()
      if (nowNs < dueNs(done)) early++
      for (; done < count && dueNs(done) <= nowNs; done++) histogram.record((nowNs - dueNs(done)) / 1000)
      if (done < count) sleep(dueNs(done), wake)
      else resolve()
    }
    sleep(dueNs(0), wake)
  })
  const cpuMs = ownCpuMs(process.cpuUsage(before.own))
  const percent = (ms: number): number => ms / (seconds * 10)
  const { p50, p99, max } = histogram.summary()
  histogram.destroy()
  return {
    p50: p50 ?? Number.NaN,
    p99: p99 ?? Number.NaN,
    max: max ?? Number.NaN,
    early,
    wakesPerSecond: wakes / seconds,
    cpu: percent(cpuMs),
    // What V8 and libuv do besides is in here too; it is next to nothing.
    thread: percent(cpuMs - ownCpuMs(process.threadCpuUsage(before.main))),
    others: Math.max(0, percent(machineCpuMs() - before.machine - cpuMs)),
  }
}

/** Above this the machine has no idle core to speak of. */
const busyPercent = 30

const columns = ['p50', 'p99', 'max', 'early', 'wakesPerSecond', 'cpu', 'thread', 'others'] as const
const digits = { p50: 3, p99: 3, max: 2, early: 0, wakesPerSecond: 0, cpu: 1, thread: 1, others: 0 } as const
const row = (name: string, figures: Figures): string =>
  name.padEnd(28) + columns.map((column) => figures[column].toFixed(digits[column]).padStart(10)).join('')

using clock = openPreciseClock()
const kinds: readonly (readonly [string, Sleeper])[] = [
  ['setTimeout', onClock(realClock)],
  ['precise clock', onClock(clock)],
  ['wheel on the precise clock', onWheel(clock)],
]
// Until the thread runs, the precise clock is setTimeout.
await realClock.sleep(300e6)

console.log(`${ratePerSecond} due times per second for ${seconds} s; lateness in ms, CPU in % of one core`)
const heads = ['p50', 'p99', 'max', 'early', 'wakes/s', 'CPU', 'thread', 'others']
console.log(''.padEnd(28) + heads.map((head) => head.padStart(10)).join(''))
const all = new Map<string, Figures[]>(kinds.map(([name]) => [name, []]))
for (let round = 0; round < rounds; round++) {
  for (let turn = 0; turn < kinds.length; turn++) {
    const [name, sleeper] = kinds[(round + turn) % kinds.length]!
    const figures = await measure(sleeper)
    const busy = figures.others > busyPercent
    if (!busy) all.get(name)!.push(figures)
    console.log(row(name, figures) + (busy ? '  busy' : ''))
  }
}

const medianOf = (list: readonly Figures[], column: keyof Figures): number =>
  medianInterval(
    list.map((figures) => figures[column]),
    0.95,
  ).median

console.log('medians of the rows that were not busy')
for (const [name, list] of all) {
  if (list.length === 0) throw new Error(`the machine was busy in every round of ${name}: measure again`)
  const medians = Object.fromEntries(columns.map((column) => [column, medianOf(list, column)])) as unknown as Figures
  console.log(row(name, medians))
}
for (const column of ['p50', 'p99', 'cpu'] as const) {
  const [theirs, ours] = [all.get('setTimeout')!, all.get('precise clock')!]
  const ratio = medianOf(ours, column) / medianOf(theirs, column)
  console.log(`precise clock / setTimeout, ${column}: ${ratio.toFixed(2)}`)
}
