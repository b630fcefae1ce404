/**
 * What the order of slices is worth: `node tests/bench/interleaving.ts [runs] [--seed 1]`. Each design loads two equal arms
 * for 240 s on simulated machines of statistics.md B3; told is the standard deviation of the ratio of throughputs that it
 * estimates. Processes are all alike here, so that only the order counts; what restarts are worth comes on top. Exits with 1
 * where ours has more than half of that of AABB.
 */
import { parseArgs } from 'node:util'
import { differencesOf } from '../../harness/judge/paired/differences.ts'
import type { PairedSlice } from '../../harness/judge/paired/slice.ts'
import { locate } from '../../harness/judge/stats/walsh.ts'
import { momentsOf } from '../support/bench-moments.ts'
import { Findings, row } from '../support/bench-rounds.ts'
import type { NoiseKindName, NoiseLevelName } from '../support/noise/levels.ts'
import { noiseLevels } from '../support/noise/levels.ts'
import type { SliceOrderName } from '../support/noise/orders.ts'
import { conditionsOf, type SliceCondition } from '../support/noise/run.ts'

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' } },
})
const runs = Number(positionals[0] ?? 1500)
const findings = new Findings()

interface Design {
  readonly rounds: number
  readonly slices: number
  readonly order: SliceOrderName
}

/** All of them have 60 slices of 2 s of each arm. */
const designs = {
  'AABB, once': { rounds: 1, slices: 60, order: 'AABB' },
  'AABB in 12 rounds': { rounds: 12, slices: 5, order: 'AABB' },
  'ABAB in 12 rounds': { rounds: 12, slices: 5, order: 'ABAB' },
  'ABBA in 12 rounds': { rounds: 12, slices: 5, order: 'ABBA' },
  ours: { rounds: 12, slices: 5, order: 'random cycles' },
} as const satisfies Readonly<Record<string, Design>>

const pairing = { policy: 'a', against: 'baseline', arms: ['policy:a'], baseArms: ['baseline'] }

/** A slice of which only the throughput is asked, without what is the process's. */
function sliceOf({ arm, machine }: SliceCondition): PairedSlice {
  const ok = 1e9 * Math.exp(-machine.mean)
  return { arm, durationMs: 1750, ok, failed: 0, latencyMs: null, slow: null, cpuMs: null, throughput: true }
}

/** The difference of the means over all rounds, or the estimate that verdicts have. */
function estimate(seed: string, level: NoiseLevelName, kind: NoiseKindName, design: Design, ours: boolean): number {
  const rounds = conditionsOf(seed, { level, kind, policies: ['a'], control: 'none', ...design }).map((conditions) => ({
    slices: conditions.map(sliceOf),
  }))
  if (ours) return locate(differencesOf(rounds, pairing, 'throughput').values).estimate
  const logs = (of: string): number[] =>
    rounds.flatMap(({ slices }) => slices.filter(({ arm }) => arm === of).map(({ ok }) => Math.log(ok)))
  return momentsOf([logs('baseline')]).mean - momentsOf([logs('policy:a')]).mean
}

function deviation(level: NoiseLevelName, kind: NoiseKindName, name: keyof typeof designs): number {
  const estimates = Array.from({ length: runs }, (_, index) => {
    const seed = ['interleaving', flags.seed, level, kind, index].join('/')
    return estimate(seed, level, kind, designs[name], name === 'ours')
  })
  return 100 * momentsOf([estimates]).sigma
}

const names = Object.keys(designs) as (keyof typeof designs)[]
console.log(`standard deviation of the estimate in percent, ${runs} runs each`)
console.log(row(['', '', ...names], 20))
for (const level of Object.keys(noiseLevels) as NoiseLevelName[]) {
  for (const kind of ['plain', 'wave of 9 s', 'wave of 60 s', 'trend'] as const) {
    const deviations = names.map((name) => deviation(level, kind, name))
    console.log(row([level, kind, ...deviations], 20))
    const ours = deviations[names.indexOf('ours')] ?? Number.NaN
    const [once = 0, rounds = 0] = deviations
    const held = kind === 'plain' ? ({ most: 0.5 } as const) : null
    findings.value(`  ours by AABB once, ${level}, ${kind}`, ours / once, held)
    // Half a minute is too short for an idle machine to drift: what is left there is noise of every half second, in any order.
    findings.value(`  ours by AABB in each round, ${level}, ${kind}`, ours / rounds, level === 'quiet' ? null : held)
  }
}
