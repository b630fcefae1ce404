/**
 * How often the memory verdict is right on generated targets: `node tests/bench/memory-verdicts.ts [runs] [--seed bench]`, 400 runs of
 * each row by default, about a minute. Rows of `windows` are decided as a live run does it, by the lower ends of windows. Told per row: how many of a hundred runs fail, are inconclusive and pass, and how
 * often the true slope is within the interval. Exits with 1 when healthy targets of a kind fail in over 1 % of the runs of any
 * length, or a leak is found in less than 95 %. What fills slowly is judged from 20 minutes on, since noise hides in less that
 * it decays; a tide that is longer than the run is not.
 */
import { parseArgs } from 'node:util'
import { decideMemoryTrace, type MemoryTrace } from '../../harness/judge/trace/memory-trace.ts'
import { createRng, type Rng } from '../../harness/kernel/rng.ts'
import { Findings, row } from '../support/bench-rounds.ts'
import { decideInWindows } from '../support/memory-windows.ts'
import { countRun, heapRun, type MemoryNoise, memoryRun } from '../support/memory-noise.ts'

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: 'bench' } },
})
const runs = Number(positionals[0] ?? 400)
if (!(runs >= 1)) throw new RangeError('runs: a number over 0')
const findings = new Findings()
const rng = createRng(flags.seed)

/** Of a hundred runs. */
interface Rates {
  readonly fail: number
  readonly covered: number
}

console.log(row(['target', 'minutes', 'leak', 'fail %', 'unclear %', 'pass %', 'covered %']))

/** What is told of an answer. */
interface Told {
  readonly verdict: string
  readonly interval: readonly [number, number] | null
}

function decideLive(trace: MemoryTrace): Told {
  const { verdict, trend } = decideInWindows(trace)
  return { verdict, interval: trend && [trend.lower, trend.upper] }
}

/** Decides so many runs and tells what they came to; `truth` is the slope per minute. */
function tell(
  name: string,
  minutes: number,
  leak: number,
  truth: number,
  make: (rng: Rng) => MemoryTrace,
  decide: (trace: MemoryTrace) => Told = decideMemoryTrace,
): Rates {
  const answers = Array.from({ length: runs }, (_, run) => decide(make(rng.fork(name, minutes, leak, run))))
  const share = (test: (answer: (typeof answers)[number]) => boolean): number =>
    (answers.filter(test).length / runs) * 100
  const fail = share(({ verdict }) => verdict === 'fail')
  const inconclusive = share(({ verdict }) => verdict === 'inconclusive')
  const pass = share(({ verdict }) => verdict === 'pass')
  const covered = share(({ interval }) => interval !== null && interval[0] <= truth && truth <= interval[1])
  console.log(row([name, String(minutes), String(leak), fail, inconclusive, pass, covered]))
  return { fail, covered }
}

const lengths = [5, 10, 12, 20, 30]
const mixed: readonly MemoryNoise[] = ['warmup', 'sawtooth', 'steps', 'wander']
const healthy: Readonly<Record<string, readonly MemoryNoise[]>> = {
  warmup: ['warmup'],
  sawtooth: ['sawtooth'],
  steps: ['steps'],
  wander: ['wander'],
  'late plateau': ['late', 'sawtooth', 'wander'],
  'one step': ['step', 'sawtooth', 'wander'],
  mixed,
  'rough mixed': [...mixed, 'steps', 'steps', 'wander'],
  'step and late': [...mixed, 'late', 'step'],
  'slow warm-up': ['slow', 'sawtooth', 'wander'],
  'log cache': ['log', 'sawtooth', 'wander'],
  'warm-up and log cache': ['warmup', 'log', 'sawtooth', 'wander'],
  wave: ['wave', 'sawtooth', 'wander'],
  tide: ['tide', 'sawtooth', 'wander'],
}
/** Those whose level does not change: their slope is 0 wherever the warm-up was cut. */
const still = ['sawtooth', 'steps', 'wander']
/** What even a person would take for a leak at times: told, not judged. */
const beyond = ['step and late', 'tide']
/** What fills for longer than a short run takes: judged from so many minutes on. */
const filling = ['slow warm-up', 'log cache', 'warm-up and log cache']
const leastFilling = 20

/** How many of a hundred runs failed, of the length of which most did; of all lengths that are judged, and of the others. */
function judgeHealthy(name: string, where: string, lengths: readonly number[], fails: readonly number[]): void {
  const isJudged = (minutes: number): boolean => !filling.includes(name) || minutes >= leastFilling
  const worst = (judged: boolean): number =>
    Math.max(...fails.filter((_, at) => isJudged(lengths[at] as number) === judged))
  findings.value(`${name}${where} fails at most, %`, worst(true), beyond.includes(name) ? null : { most: 1 })
  if (filling.includes(name))
    findings.value(`${name}${where} fails at most, in less than ${leastFilling} minutes, %`, worst(false), null)
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const perMinute = (bytesPerRequest: number): number => (bytesPerRequest * 400 * 60) / 1024

for (const [name, noises] of Object.entries(healthy)) {
  const rates = lengths.map((minutes) => tell(name, minutes, 0, 0, (own) => memoryRun({ minutes, noises }, own)))
  judgeHealthy(
    name,
    '',
    lengths,
    rates.map(({ fail }) => fail),
  )
  const covered = mean(rates.map((rate) => rate.covered))
  if (still.includes(name)) findings.value(`${name} within the interval, %`, covered, { least: 93 })
}

for (const [minutes, leak] of [10, 12, 20, 30].flatMap((length) =>
  [25, 50, 100].map((bytes) => [length, bytes] as const),
)) {
  const make = (noises: readonly MemoryNoise[]) => (own: Rng) =>
    memoryRun({ minutes, noises, leakBytesPerRequest: leak }, own)
  const found = tell('mixed', minutes, leak, perMinute(leak), make(mixed))
  const limit = minutes === 12 && leak === 100 ? { least: 95 } : null
  if (limit) findings.value(`a leak of ${leak} B per request in ${minutes} minutes of RSS, %`, found.fail, limit)
  if (limit) tell('rough mixed', minutes, leak, perMinute(leak), make(healthy['rough mixed'] ?? mixed))
}

/** As a run has them: 24, or as many as there are ten seconds. */
const epochSecondsOf = (minutes: number): number => Math.max(10, Math.round((minutes * 60) / 24))

const heaps = [5, 10, 20, 30].map((minutes) => ({
  minutes,
  rates: [0, 25, 50, 100].map((leak) =>
    tell('heap', minutes, leak, perMinute(leak), (own) =>
      heapRun({ minutes, epochSeconds: epochSecondsOf(minutes), leakBytesPerRequest: leak }, own),
    ),
  ),
}))
const heapFails = heaps.map(({ rates }) => rates[0]?.fail ?? 100)
findings.value('a healthy heap fails at most, %', Math.max(...heapFails), { most: 1 })
findings.value('a leak of 100 B per request in 5 minutes of heap, %', heaps[0]?.rates[3]?.fail ?? 0, { least: 95 })

for (const [kind, leak] of [
  ['fds', 4],
  ['threads', 3],
] as const) {
  const fails = lengths.map((minutes) => tell(kind, minutes, 0, 0, (own) => countRun({ minutes, kind }, own)).fail)
  const [ofFive = 100, ...others] = fails
  findings.value(`healthy ${kind} fail at most, %`, Math.max(...others), { most: 1 })
  findings.value(
    `healthy ${kind} fail in a trace of 5 minutes, shorter than any run that is judged by them, %`,
    ofFive,
    null,
  )
  const found = tell(kind, 12, leak, leak, (own) => countRun({ minutes: 12, kind, leakPerMinute: leak }, own))
  findings.value(`a leak of ${leak} ${kind} a minute in 12 minutes, %`, found.fail, { least: 95 })
}

const liveLengths = [10, 12, 20, 30]
for (const [name, noises] of Object.entries(healthy)) {
  const rates = liveLengths.map((minutes) =>
    tell(`${name}, windows`, minutes, 0, 0, (own) => memoryRun({ minutes, noises }, own), decideLive),
  )
  judgeHealthy(
    name,
    ', in windows',
    liveLengths,
    rates.map(({ fail }) => fail),
  )
}
for (const kind of ['fds', 'threads'] as const) {
  const fails = liveLengths.map(
    (minutes) => tell(`${kind}, windows`, minutes, 0, 0, (own) => countRun({ minutes, kind }, own), decideLive).fail,
  )
  findings.value(`healthy ${kind}, in windows, fail at most, %`, Math.max(...fails), { most: 1 })
}
const leaking = (own: Rng) => memoryRun({ minutes: 12, noises: mixed, leakBytesPerRequest: 100 }, own)
const foundLive = tell('mixed, windows', 12, 100, perMinute(100), leaking, decideLive).fail
findings.value('a leak of 100 B per request in 12 minutes of RSS, in windows, %', foundLive, { least: 95 })
