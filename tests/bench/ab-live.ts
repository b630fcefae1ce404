/**
 * How often real runs of `soakrig ab` on `profiles/ab.json` are right: `node tests/bench/ab-live.ts [--minutes 60] [--ledger FILE]
 * [--keep DIR] [--tell]`. Twenty runs of a build beside itself must not fail, and of ten runs each, a build that takes 5 % longer for an
 * answer, one whose slowest 3 % of answers, and so its p99, take 10 % longer, and one that keeps 500 bytes of each request must fail by
 * just that figure, the last one by its memory or by its heap. A run takes minutes and all of them hours: each is a line of the ledger as soon as it has ended, with what
 * every round differed by, and the next start goes on behind them. A ledger of another profile is refused; runs on different hosts are told by themselves.
 * `--keep` archives the whole results too, `--tell` only tells what is there. Exits with 1 as soon as a run was wrong.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Result, ResultComparison } from '../../harness/archive/result.ts'
import { medianOf, quantileOf } from '../../harness/judge/stats/median.ts'
import { significant } from '../../harness/kernel/units.ts'
import { Findings, row } from '../support/bench-rounds.ts'

const { values: flags } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    ledger: { type: 'string', default: fileURLToPath(new URL('ab-live.ndjson', import.meta.url)) },
    keep: { type: 'string' },
    tell: { type: 'boolean', default: false },
  },
})

/** What is done to the build under test, how often, and by which figures, one of them at least, it is to be found. */
const kinds = {
  same: { runs: 20, metrics: [] },
  throughput: { runs: 10, metrics: ['throughput'] },
  p99: { runs: 10, metrics: ['p99'] },
  leak: { runs: 10, metrics: ['rss', 'heap'] },
} as const satisfies Readonly<Record<string, { readonly runs: number; readonly metrics: readonly string[] }>>
type Kind = keyof typeof kinds

/** A run, as the ledger has it. */
interface Entry {
  readonly kind: Kind
  readonly number: number
  readonly shape: string
  readonly hostFingerprint: string
  readonly startedAt: string
  readonly durationMs: number
  readonly knobs: Readonly<Record<string, unknown>>
  readonly verdict: string
  readonly reasons: readonly string[]
  readonly doubts: readonly string[]
  readonly rounds: number
  /** Of the former build: operations a second, and the medians over its slices for latency, in ms. */
  readonly base: { readonly perSecond: number; readonly p50: number; readonly p95: number; readonly p99: number }
  readonly gated: readonly Pick<
    ResultComparison,
    'metric' | 'verdict' | 'logRatio' | 'interval' | 'p' | 'mde' | 'perRound'
  >[]
}

const profileFile = fileURLToPath(new URL('../../profiles/ab.json', import.meta.url))
const command = fileURLToPath(new URL('../../scripts/soakrig.ts', import.meta.url))
const profile = JSON.parse(readFileSync(profileFile, 'utf8')) as {
  readonly target: {
    readonly builtin: string
    readonly knobs: { readonly cpuTime: string; readonly tail: { readonly delay: string } }
  }
}
const shape = createHash('sha256').update(JSON.stringify(profile)).digest('hex').slice(0, 12)
const cpuUs = Number.parseFloat(profile.target.knobs.cpuTime)
const tailMs = Number.parseFloat(profile.target.knobs.tail.delay)

function entriesOf(file: string): Entry[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').trim().split('\n').filter(Boolean)
  const entries = lines.map((line) => JSON.parse(line) as Entry)
  if (entries.some((entry) => entry.shape !== shape)) throw new Error(`${file} is of another profiles/ab.json: move it`)
  return entries
}

/** The runs in their order: none of a kind is far from one of the others, whatever the machine does meanwhile. */
function order(): readonly { readonly kind: Kind; readonly number: number }[] {
  const turns = Array.from({ length: 10 }, (_, turn) => turn)
  return turns.flatMap((turn) => [
    { kind: 'same' as const, number: 2 * turn },
    { kind: 'throughput' as const, number: turn },
    { kind: 'p99' as const, number: turn },
    { kind: 'leak' as const, number: turn },
    { kind: 'same' as const, number: 2 * turn + 1 },
  ])
}

/** What the build under test is told to do. How fast the machine is tell the runs before. */
function knobsOf(kind: Kind, done: readonly Entry[]): Readonly<Record<string, unknown>> {
  const plain = profile.target.knobs
  const median = (of: (base: Entry['base']) => number): number => medianOf(done.map(({ base }) => of(base)))
  switch (kind) {
    case 'same':
      return plain
    case 'throughput':
      // Of a process that is busy all the time.
      return { ...plain, cpuTime: `${cpuUs + (1e6 / median(({ perSecond }) => perSecond)) * (1 / 0.95 - 1)}us` }
    case 'p99':
      // What is slowest, and so makes the p99, waits for a tenth of it longer.
      return { ...plain, tail: { ...plain.tail, delay: `${tailMs + 0.1 * median(({ p99 }) => p99)}ms` } }
    case 'leak':
      return { ...plain, leak: '500b' }
  }
}

async function run(kind: Kind, number: number, done: readonly Entry[]): Promise<Entry> {
  const knobs = knobsOf(kind, done)
  const scratch = mkdtempSync(join(tmpdir(), 'soakrig-ab-'))
  const [file, out] = [join(scratch, 'ab.json'), join(scratch, 'result.json')]
  try {
    writeFileSync(
      file,
      JSON.stringify({ ...profile, $schema: undefined, name: `ab-${kind}`, target: { builtin: 'http', knobs } }),
    )
    const words = [
      'ab',
      file,
      '--seed',
      String(1 + number),
      '--results',
      flags.keep ?? scratch,
      '-q',
      '-o',
      `json=${out}`,
    ]
    const child = spawn(process.execPath, [command, ...words], { stdio: ['ignore', 'ignore', 'inherit'] })
    await once(child, 'exit')
    return entryOf({ kind, number, shape, knobs }, JSON.parse(readFileSync(out, 'utf8')) as Result)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function entryOf(head: Pick<Entry, 'kind' | 'number' | 'shape' | 'knobs'>, result: Result): Entry {
  const { run: ended, env, doubts, gate, comparisons, slices } = result
  const ofBase = slices.filter(({ arm }) => arm === 'base' || arm === 'twin')
  const quantile = (of: 'p50' | 'p95' | 'p99'): number =>
    significant(medianOf(ofBase.filter(({ use }) => use === 'latency').flatMap((slice) => slice[of] ?? [])))
  const speeds = ofBase.filter(({ use }) => use === 'throughput').map(({ ok, durationMs }) => (1000 * ok) / durationMs)
  return {
    ...head,
    hostFingerprint: env.hostFingerprint,
    startedAt: ended.startedAt,
    durationMs: ended.durationMs,
    verdict: ended.verdict,
    reasons: ended.reasons,
    doubts: doubts.map(({ kind }) => kind),
    rounds: gate?.rounds ?? 0,
    base: {
      perSecond: significant(medianOf(speeds)),
      p50: quantile('p50'),
      p95: quantile('p95'),
      p99: quantile('p99'),
    },
    gated: comparisons
      .filter(({ gated }) => gated)
      .map(({ metric, verdict, logRatio, interval, p, mde, perRound }) => {
        return { metric, verdict, logRatio, interval, p, mde, ...(perRound && { perRound }) }
      }),
  }
}

/** Whether a run said what it should: no failure of two equal builds, one by the worse figure of a build that is worse. */
function isRight({ kind, verdict, gated }: Entry): boolean {
  const metrics: readonly string[] = kinds[kind].metrics
  if (metrics.length === 0) return verdict !== 'fail'
  return verdict === 'fail' && gated.some((one) => metrics.includes(one.metric) && one.verdict === 'fail')
}

function shown({ kind, number, verdict, rounds, gated, durationMs }: Entry): string {
  const parts = gated.map(({ metric, verdict: own, logRatio }) => `${metric} ${percent(logRatio)} ${own}`)
  return `${kind} ${number + 1}: ${verdict} after ${rounds} rounds, ${Math.round(durationMs / 1000)} s; ${parts.join(', ')}`
}

function percent(logRatio: number | null): string {
  return logRatio === null ? '-' : `${(100 * Math.expm1(logRatio)).toFixed(2)} %`
}

function spreadOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
}

/** How many of how many on one host were right, and its noise. */
function tell(entries: readonly Entry[]): void {
  const findings = new Findings()
  for (const [kind, { runs, metrics }] of Object.entries(kinds) as [Kind, (typeof kinds)[Kind]][]) {
    const own = entries.filter((entry) => entry.kind === kind)
    if (own.length === 0) {
      console.log(`${kind}: none of ${runs} done`)
      continue
    }
    const right = own.filter(isRight)
    const wanted = metrics.length === 0 ? 'do not fail' : `fail by ${metrics.join(' or ')}`
    const voids = own.filter(({ verdict }) => verdict === 'void').length
    const told = `${right.length} of ${own.length} ${wanted}, ${runs} planned; ${voids} were void`
    findings.fact(kind, right.length === own.length, told)
    for (const metric of metrics) {
      const found = own
        .flatMap(({ gated }) => gated.filter((one) => one.metric === metric))
        .flatMap((one) => one.logRatio ?? [])
      if (found.length > 0) console.log(`  median of what they found of ${metric}: ${percent(medianOf(found))}`)
    }
  }
  console.log(row(['metric', 'rounds of a run differ by', 'p90', 'least to be found'], 28))
  for (const metric of ['throughput', 'p50', 'p99', 'cpu', 'rss', 'heap']) {
    const own = entries
      .filter(({ kind }) => kind === 'same')
      .flatMap(({ gated }) => gated.filter((one) => one.metric === metric))
    const spreads = own.flatMap(({ perRound = [] }) => (perRound.length > 1 ? [spreadOf(perRound)] : []))
    if (spreads.length === 0) continue
    const mdes = own.flatMap(({ mde }) => mde ?? [])
    console.log(
      row(
        [
          metric,
          percent(medianOf(spreads)),
          percent(
            quantileOf(
              spreads.toSorted((a, b) => a - b),
              0.9,
            ),
          ),
          percent(medianOf(mdes)),
        ],
        28,
      ),
    )
  }
}

const entries = entriesOf(flags.ledger)
const untilMs = performance.now() + Number(flags.minutes) * 60_000
for (const { kind, number } of flags.tell ? [] : order()) {
  if (performance.now() > untilMs) break
  if (entries.some((entry) => entry.kind === kind && entry.number === number)) continue
  const entry = await run(kind, number, entries)
  appendFileSync(flags.ledger, `${JSON.stringify(entry)}\n`)
  entries.push(entry)
  console.log(shown(entry))
}
const hosts = Map.groupBy(entries, ({ hostFingerprint }) => hostFingerprint)
if (hosts.size === 0) console.log('no runs done')
for (const [host, own] of hosts) {
  console.log(`host ${host}`)
  tell(own)
}
