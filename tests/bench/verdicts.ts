/**
 * What verdicts are worth under noise: `node tests/bench/verdicts.ts [quick|full] [--only noise,power,…] [--like high]
 * [--runs 2000] [--seed 1]`. Runs on machines of statistics.md B3 are simulated and decided. `quick` takes some minutes and
 * fails where it is as good as sure (99 %) that a bound is missed; `full` takes hours, has 10,000 runs for each rate of false
 * failures, and fails where the figure itself misses its bound.
 */
import { parseArgs } from 'node:util'
import { clopperPearsonLower, clopperPearsonUpper } from '../../harness/measure/binomial.ts'
import { createRng } from '../../harness/kernel/rng.ts'
import { significant } from '../../harness/kernel/units.ts'
import { calibrate, type ControlRun, noiseOf } from '../../harness/judge/calibration/calibration.ts'
import { compareFound, type PairedComparison } from '../../harness/judge/paired/compare-arms.ts'
import { differencesOf, knownDifferences } from '../../harness/judge/paired/differences.ts'
import { type Look, looksOf } from '../../harness/judge/paired/looks.ts'
import { type MetricName, pairedMetrics } from '../../harness/judge/paired/metrics.ts'
import { rulerOf } from '../../harness/judge/paired/ruler.ts'
import { Findings, type Limit, row } from '../support/bench-rounds.ts'
import { momentsOf } from '../support/bench-moments.ts'
import { Chance } from '../support/noise/chance.ts'
import { control, foundBy, fourPolicies, gates, judgedRun, Tally, tallyOf } from '../support/noise/judged.ts'
import { type NoiseKindName, noiseKinds, type NoiseLevelName, noiseLevels } from '../support/noise/levels.ts'
import { type Disturbance, type Effect, type NoisyRun, type NoisySlice, noisyRounds } from '../support/noise/run.ts'

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    like: { type: 'string', default: '' },
    runs: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
})
const full = positionals[0] === 'full'
const findings = new Findings()
const levels = Object.keys(noiseLevels) as NoiseLevelName[]
const kinds = Object.keys(noiseKinds) as NoiseKindName[]
const loud = ['medium', 'high'] as const
const controls = ['none', 'split', 'whole'] as const

/** How many runs of a case there are. */
const sizeOf = (whole: number, quick: number): number => Number(flags.runs ?? (full ? whole : quick))

/** Seeds of a part of the bench: other ones than those of the tests, and of other parts. */
const named = (...names: readonly (string | number)[]): string => ['bench', flags.seed, ...names].join('/')

/** So many standard errors a mean is off once in a hundred times. */
const surely = 2.576

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`

/** Judges a share of so many runs. What a quick run sees must be as good as impossible under the bound to be a miss. */
function share(name: string, hits: number, runs: number, limit: Limit): void {
  const [low, high] = [clopperPearsonLower(hits, runs, 0.005), clopperPearsonUpper(hits, runs, 0.005)]
  const judged = full || limit === null ? hits / runs : 'most' in limit ? low : high
  const text = `${hits} of ${runs}, ${percent(hits / runs)} (99 %: ${percent(low)} to ${percent(high)})`
  findings.value(name, judged, limit, text)
}

const pair = (level: NoiseLevelName, rounds: number, more: Partial<NoisyRun> = {}): NoisyRun => ({
  level,
  rounds,
  policies: ['a'],
  ...more,
})
const four = (level: NoiseLevelName, rounds: number, more: Partial<NoisyRun> = {}): NoisyRun => ({
  level,
  rounds,
  policies: fourPolicies,
  ...more,
})

const fivePercent: Effect = { throughput: -Math.log(0.95) }
const tenPercent: Effect = { p99: Math.log(1.1) }

/** Standard deviations per round in percent, of the differences of means as B3 has them of a pair, and of ours. */
function noise(): void {
  const published = { quiet: [1.6, 2.2, 5.7, 9.6], medium: [2.4, 3.7, 6.2, 10.2], high: [4.2, 7.5, 8.7, 11.8] }
  const rounds = sizeOf(20_000, 2000)
  console.log(row(['', 'policies', 'control', '', ...gates.pair], 11))
  for (const level of levels) {
    console.log(row([level, '1', 'none', 'B3', ...published[level]], 11))
    for (const run of [
      ...controls.map((control) => pair(level, rounds, { control })),
      four(level, rounds, { control: 'whole' }),
    ]) {
      const simulated = noisyRounds(named('noise', level), run)
      const pairing = { policy: 'a', against: 'baseline', arms: ['policy:a'], baseArms: ['baseline', 'control'] }
      const logs = (slices: readonly NoisySlice[], arms: readonly string[], metric: MetricName): number[] =>
        slices
          .filter(({ arm }) => arms.includes(arm))
          .map((one) => Math.log(pairedMetrics[metric].of(one) ?? Number.NaN))
      const means = (metric: MetricName): number[] =>
        simulated.map(
          ({ slices }) =>
            momentsOf([logs(slices, pairing.arms, metric)]).mean -
            momentsOf([logs(slices, pairing.baseArms, metric)]).mean,
        )
      const deviation = (values: readonly number[]): number => 100 * momentsOf([values]).sigma
      const place = ['', String(run.policies.length), run.control ?? '']
      console.log(row([...place, 'means', ...gates.pair.map((metric) => deviation(means(metric)))], 11))
      const weighted = gates.pair.map((metric) => deviation(differencesOf(simulated, pairing, metric).values))
      console.log(row(['', '', '', 'ours', ...weighted], 11))
    }
  }
}

/** Healthy runs of four policies, every metric of each gated: the largest family there is, beyond what a run may gate. */
function falseFails(): void {
  for (const level of levels) {
    for (const kind of kinds) falseFailsOf(level, kind, 24, sizeOf(10_000, kind === 'plain' ? 400 : 100))
    for (const rounds of [12, 40]) falseFailsOf(level, 'plain', rounds, sizeOf(10_000, 100))
  }
}

function falseFailsOf(level: NoiseLevelName, kind: NoiseKindName, rounds: number, runs: number): void {
  const name = `false failures, ${level}, ${kind}, ${rounds} rounds`
  if (!name.includes(flags.like)) return
  const tally = tallyOf(named(name), runs, four(level, rounds, { kind }), gates.all)
  share(name, tally.verdicts.fail, runs, { most: 0.01 })
  const rest = `void ${percent(tally.share('void'))}, inconclusive ${percent(tally.share('inconclusive'))}`
  console.log(`  ${rest}${tally.reasons === '' ? '' : `; failed by: ${tally.reasons}`}`)
}

/** One pair, five metrics gated: the sizes that statistics.md B4 wants; and what other rates do for p99, in 15 and 8 minutes. */
function power(): void {
  const asked = [
    { level: 'medium', rounds: 12, metric: 'throughput' },
    { level: 'high', rounds: 24, metric: 'throughput' },
    { level: 'medium', rounds: 30, metric: 'p99' },
    { level: 'high', rounds: 40, metric: 'p99' },
  ] as const
  for (const control of controls)
    for (const one of asked) powerOf(one.level, one.rounds, one.metric, { control }, { least: 0.95 })
  powerOf('medium', 30, 'p99', { control: 'split', ratePerSecond: 400 }, null)
  powerOf('medium', 16, 'p99', { control: 'split', ratePerSecond: 2000 }, null)
}

function powerOf(
  level: NoiseLevelName,
  rounds: number,
  metric: 'throughput' | 'p99',
  more: Pick<NoisyRun, 'control' | 'ratePerSecond'>,
  limit: Limit,
): void {
  const rate = more.ratePerSecond === undefined ? '' : `, ${more.ratePerSecond} a second`
  const size = metric === 'p99' ? '10 %' : '5 %'
  const name = `found, ${metric} ${size}, ${level}, ${rounds} rounds, control ${more.control}${rate}`
  if (!name.includes(flags.like)) return
  const runs = sizeOf(2000, 200)
  const run = pair(level, rounds, { ...more, effects: { a: metric === 'p99' ? tenPercent : fivePercent } })
  const { found, voided } = foundIn(named(name), runs, run, gates.pair, metric)
  share(`${name}; void ${voided}`, found, runs, limit)
}

function foundIn(
  name: string,
  runs: number,
  run: NoisyRun,
  gate: readonly MetricName[],
  metric: MetricName,
): { readonly found: number; readonly voided: number } {
  let [found, voided] = [0, 0]
  for (let index = 0; index < runs; index++) {
    const answer = judgedRun(`${name}/${index}`, run, gate)
    if (foundBy(answer, 'a', metric)) found++
    if (answer.verdict === 'void') voided++
  }
  return { found, voided }
}

/** Four policies by throughput, p50 and p99: twelve tests. One policy has the effect. */
function table(): void {
  const effects = [
    { metric: 'throughput', sizes: [3, 5, 10] },
    { metric: 'p50', sizes: [5, 10] },
    { metric: 'p99', sizes: [10, 15, 20] },
  ] as const
  const lengths = full ? [8, 12, 16, 24, 30, 40] : [12, 24, 40]
  const runs = sizeOf(400, 25)
  console.log(`twelve tests, ${runs} runs each: percent found after so many rounds`)
  console.log(row(['', '', '', ...lengths], 12))
  for (const level of levels) {
    for (const { metric, sizes } of effects) {
      for (const size of sizes) {
        const effect = { [metric]: metric === 'throughput' ? -Math.log(1 - size / 100) : Math.log(1 + size / 100) }
        const found = lengths.map((rounds) => {
          const name = named('table', level, metric, size, rounds)
          return (
            (100 * foundIn(name, runs, four(level, rounds, { effects: { a: effect } }), gates.usual, metric).found) /
            runs
          )
        })
        console.log(row([level, metric, `${size} %`, ...found], 12))
      }
    }
  }
}

/** Healthy runs that know nothing at their end. */
function inconclusive(): void {
  const runs = sizeOf(2000, 150)
  for (const [level, rounds, most] of [
    ['medium', 24, 0.05],
    ['high', 40, 0.2],
  ] as const) {
    for (const control of controls) {
      const one = `inconclusive, a pair by five metrics, ${level}, ${rounds} rounds, control ${control}`
      const ofPair = tallyOf(named(one), runs, pair(level, rounds, { control }), gates.pair)
      share(one, ofPair.verdicts.inconclusive, runs, { most })
    }
    const many = `inconclusive, four policies by three metrics, ${level}, ${rounds} rounds`
    const ofFour = tallyOf(named(many), runs, four(level, rounds), gates.usual)
    share(`${many}; void ${ofFour.verdicts.void}`, ofFour.verdicts.inconclusive, runs, { most })
  }
}

/** How often the interval holds the truth, and how far off the estimate is in the mean. */
function coverage(): void {
  const effect = { throughput: 0.1, p50: 0.1, p95: 0.1, p99: 0.1, cpu: 0.1 }
  const all = { held: 0, count: 0 }
  console.log(row(['', '', '', ...gates.pair], 17))
  for (const [level, kind, rounds] of [
    ...levels.flatMap((one) => [12, 24, 40].map((count) => [one, 'plain', count] as const)),
    ...loud.flatMap((one) => kinds.filter((name) => name !== 'plain').map((name) => [one, name, 24] as const)),
  ]) {
    const runs = sizeOf(2000, 60)
    const held = new Map<MetricName, number>()
    const off = new Map<MetricName, number>()
    for (let index = 0; index < runs; index++) {
      const run = pair(level, rounds, { kind, control: 'split', effects: { a: effect } })
      for (const { metric, interval, estimate } of judgedRun(
        named('coverage', level, kind, rounds, index),
        run,
        gates.pair,
      ).comparisons) {
        const holds = (interval[0] ?? -Infinity) <= 0.1 && 0.1 <= (interval[1] ?? Infinity)
        held.set(metric, (held.get(metric) ?? 0) + Number(holds))
        off.set(metric, (off.get(metric) ?? 0) + ((estimate ?? 0) - 0.1) / runs)
      }
    }
    if (kind === 'plain') for (const count of held.values()) all.held += count
    if (kind === 'plain') all.count += runs * held.size
    const shares = gates.pair.map((metric) => (100 * (held.get(metric) ?? 0)) / runs)
    console.log(row([level, kind, `${rounds} rounds`, ...shares], 17))
    console.log(row(['', '', 'bias, %', ...gates.pair.map((metric) => 100 * (off.get(metric) ?? 0))], 17))
  }
  share('the 95 % interval holds the truth', all.held, all.count, { least: 0.93 })
  share('the 95 % interval misses the truth', all.count - all.held, all.count, { least: 0.03 })
}

/** Policies that are better in something, or in everything. */
function improvements(): void {
  const runs = sizeOf(2000, 100)
  const better: Readonly<Record<string, Effect>> = {
    'throughput by 5 %': { throughput: -0.05 },
    'p99 by 20 %': { p99: -0.2 },
    'everything by 5 %': { throughput: -0.05, p50: -0.05, p95: -0.05, p99: -0.05, cpu: -0.05 },
    'everything by half': { throughput: -0.7, p50: -0.7, p95: -0.7, p99: -0.7, cpu: -0.7 },
  }
  for (const level of loud) {
    const all = new Tally()
    let byBetter = 0
    for (const [name, effect] of Object.entries(better)) {
      const run = pair(level, 24, { control: 'split', effects: { a: effect } })
      const tally = tallyOf(named('better', level, name), runs, run, gates.pair)
      all.runs += tally.runs
      all.verdicts.fail += tally.verdicts.fail
      for (const metric of Object.keys(effect)) byBetter += tally.failedBy.get(metric) ?? 0
      console.log(`${level}, better ${name}: ${JSON.stringify(tally.verdicts)} ${tally.reasons}`)
    }
    findings.value(`failures by what is better, ${level}`, byBetter, { most: 0 })
    // A metric that is not better is healthy, and may fail as often as that.
    share(`failures of policies that are better in something, ${level}`, all.verdicts.fail, all.runs, { most: 0.01 })
  }
}

/** A neighbour that takes half of the machine whenever one arm is measured, in one round or in two. */
function disturbances(): void {
  const runs = sizeOf(2000, 60)
  const slowdown = Math.LN2
  const hogs: readonly Omit<Disturbance, 'arm'>[] = [
    { rounds: [3], slowdown, failed: 0 },
    { rounds: [3, 4], slowdown, failed: 0 },
    { rounds: [1, 7], slowdown, failed: 0 },
    { rounds: [3], slowdown, failed: 0.03 },
    { rounds: [3, 4], slowdown, failed: 0.03 },
  ]
  const ofPolicy = { fails: 0, runs: 0 }
  for (const [level, rounds, looks] of [
    ['medium', 12, [12]],
    ['medium', 24, [24]],
    ['medium', 24, [8, 16, 24]],
    ['high', 24, [24]],
  ] as const) {
    for (const hog of hogs) {
      for (const arm of ['policy:a', 'baseline']) {
        const run = pair(level, rounds, { control: 'split', disturbances: [{ ...hog, arm }] })
        const where = `${hog.failed > 0 ? 'that fails 3 % ' : ''}in rounds ${hog.rounds.join(', ')}`
        const name = `failures by a hog of ${arm} ${where}, ${level}, looks ${looks.join(', ')}`
        const tally = tallyOf(named(name), runs, run, gates.pair, looks)
        share(name, tally.verdicts.fail, runs, { most: 0.01 })
        console.log(`  ${JSON.stringify(tally.verdicts)} ${tally.reasons}`)
        if (arm === 'baseline') continue
        ofPolicy.fails += tally.verdicts.fail
        ofPolicy.runs += runs
      }
    }
  }
  share('failures by any of these hogs of the policy', ofPolicy.fails, ofPolicy.runs, { most: 0.01 })
}

/** The same in more rounds, of which nothing is promised: told. */
function longDisturbances(): void {
  const runs = sizeOf(2000, 100)
  for (const [level, rounds] of [
    ['quiet', 12],
    ['medium', 12],
    ['medium', 24],
    ['high', 24],
  ] as const) {
    for (const hog of [
      { rounds: [1, 4, 7], slowdown: 0.3, failed: 0 },
      { rounds: [0, 2, 5, 6], slowdown: 0.3, failed: 0 },
      { rounds: [1, 2, 3, 4], slowdown: 0.1, failed: 0 },
    ]) {
      const run = pair(level, rounds, { control: 'split', disturbances: [{ ...hog, arm: 'policy:a' }] })
      const name = `failures by ${100 * hog.slowdown} % in rounds ${hog.rounds.join(', ')} of ${rounds}, ${level}`
      share(name, tallyOf(named(name), runs, run, gates.pair).verdicts.fail, runs, null)
    }
  }
}

/** Healthy arms of which each fails 5 % of its operations in some of its rounds. */
function bursts(): void {
  const runs = sizeOf(2000, 100)
  for (const rounds of [12, 24]) {
    for (const often of [0.05, 0.1, 0.3]) {
      const name = `failures by bursts of 5 % in ${percent(often)} of the rounds of each arm, ${rounds} rounds`
      const run = four('medium', rounds, { bursts: { share: often, failed: 0.05 } })
      const { verdicts, reasons } = tallyOf(named(name), runs, run, gates.usual)
      share(name, verdicts.fail, runs, { most: 0.01 })
      console.log(`  ${JSON.stringify(verdicts)} ${reasons}`)
    }
  }
}

/** Arms that differ all through a run, by other amounts in the next: calibrated by 20 runs, and without. */
function betweenRuns(): void {
  const [calibrations, each] = [sizeOf(100, 8), 20]
  for (const offsets of [0, 0.005, 0.01, 0.02]) {
    const [known, unknown, held] = [new Tally(), new Tally(), { hits: 0, count: 0 }]
    for (let index = 0; index < calibrations; index++) {
      const name = named('between', offsets, index)
      const controlled = four('medium', 12, { offsets, policies: [] })
      const controlRuns = Array.from({ length: 20 }, (_, night) => controlRun(`${name}/${night}`, controlled))
      const calibration = calibrate(controlRuns)
      if (calibration === null) throw new Error('20 runs are a calibration')
      const ruler = rulerOf(noiseOf('bench', calibration))
      for (let run = 0; run < each; run++) {
        const judged = four('medium', 12, { offsets })
        const answer = judgedRun(`${name}/run/${run}`, judged, gates.usual, [12], ruler)
        known.add(answer)
        unknown.add(judgedRun(`${name}/run/${run}`, judged, gates.usual))
        for (const { interval } of answer.comparisons) {
          held.count++
          if ((interval[0] ?? -Infinity) <= 0 && 0 <= (interval[1] ?? Infinity)) held.hits++
        }
      }
    }
    const what = `arms that differ by ${percent(offsets)} all through a run`
    share(`failures of ${what}, calibrated by 20 runs`, known.verdicts.fail, known.runs, { most: 0.01 })
    console.log(`  ${JSON.stringify(known.verdicts)} ${known.reasons}`)
    share(`failures of ${what}, uncalibrated`, unknown.verdicts.fail, unknown.runs, null)
    console.log(`  ${JSON.stringify(unknown.verdicts)} ${unknown.reasons}`)
    share(`the 95 % interval holds the truth, calibrated, ${what}`, held.hits, held.count, { least: 0.93 })
  }
}

/** The control arms of a run, as a calibration keeps them. */
function controlRun(name: string, run: NoisyRun): ControlRun {
  const rounds = noisyRounds(name, run)
  const metrics = gates.usual.map((metric) => [metric, differencesOf(rounds, control, metric).values] as const)
  return { id: name, at: '2026-01-01T00:00:00Z', metrics: Object.fromEntries(metrics) }
}

/** How often an effect fails that is as large as the smallest one to be found, in the mean over runs. */
function smallest(): void {
  const runs = sizeOf(2000, 300)
  const shapes = {
    normal: (chance: Chance) => chance.normal(),
    'Student, 3 degrees': (chance: Chance) => chance.normal() / Math.sqrt(2 * chance.gamma(1.5)),
    // Half of the averages of two lie below 0.839.
    exponential: (chance: Chance) => chance.exponential() - 0.839,
  }
  for (const [rounds, tests] of [
    [8, 1],
    [12, 1],
    [12, 12],
    [24, 1],
    [24, 12],
    [40, 1],
    [40, 12],
  ] as const) {
    for (const [shape, draw] of Object.entries(shapes)) {
      const name = `effects found of the smallest size to be found, ${shape}, ${rounds} rounds, ${tests} tests`
      const chance = new Chance(createRng(named(name)))
      const samples = Array.from({ length: runs }, () => Array.from({ length: rounds }, () => 0.06 * draw(chance)))
      const said = (sample: readonly number[], worse: number): PairedComparison | undefined =>
        comparedAlone(
          sample.map((value) => significant(value + worse)),
          tests,
        )
      const size = samples.reduce((sum, sample) => sum + (said(sample, 0)?.mde ?? Number.NaN), 0) / runs
      const found = samples.filter((sample) => said(sample, size)?.verdict === 'fail').length
      // Fewer by heavy tails in few rounds, as docs/statistics.md says.
      const least = shape === 'Student, 3 degrees' && rounds < 24 ? 0.8 : 0.9
      share(name, found, runs, { least })
    }
  }
}

/** A comparison by these differences among so many tests of which the others say nothing. */
function comparedAlone(values: readonly number[], tests: number): PairedComparison | undefined {
  const quiet = values.map((_, index) => -0.3 - index / 1000)
  const found = Array.from({ length: tests }, (_, test) => ({
    planned: { pairing: control, metric: 'throughput', gated: true } as const,
    differences: knownDifferences(test === 0 ? values : quiet),
  }))
  return compareFound(found, rulerOf(null), looksOf([values.length])[0] as Look)[0]
}

/** After how many rounds a run may end by default. */
const looks = [8, 12, 16, 24]

/** What is worse by just a margin, gated alone, so that nothing else keeps it from passing. */
function margins(): void {
  const effects = { throughput: fivePercent, p50: { p50: Math.log(1.05) }, p99: tenPercent } as const
  const runs = sizeOf(2000, 60)
  for (const level of levels) {
    for (const kind of kinds) {
      for (const [metric, effect] of Object.entries(effects)) {
        const name = `passes with looks though worse by just a margin of ${metric}, ${level}, ${kind}`
        if (!name.includes(flags.like)) continue
        const run = pair(level, looks.at(-1) ?? 0, { kind, control: 'split', effects: { a: effect } })
        share(name, tallyOf(named(name), runs, run, [metric as MetricName], looks).verdicts.pass, runs, { most: 0.05 })
      }
    }
  }
}

/** Runs that may end early. */
function early(): void {
  const runs = sizeOf(4000, 150)
  for (const level of levels) {
    const healthy = tallyOf(named('early', level), runs, pair(level, 24, { control: 'split' }), gates.pair, looks)
    const costs = tallyOf(named('early costs', level), runs, four(level, 24), ['throughput'], looks)
    const many = tallyOf(named('early four', level), runs, four(level, 24), gates.usual, looks)
    for (const [name, tally, limit] of [
      ['a pair by five metrics', healthy, level === 'high' ? null : { most: 12 }],
      ['four policies by throughput', costs, { most: 12 }],
      ['four policies by three metrics', many, null],
    ] as const) {
      const { mean, error } = tally.meanRounds
      const judged = full ? mean : mean - surely * error
      const text = `${mean.toFixed(2)} (± ${(surely * error).toFixed(2)})`
      findings.value(`rounds of 24 of a healthy run, ${name}, ${level}`, judged, limit, text)
      console.log(`  ${JSON.stringify(tally.verdicts)} ${tally.reasons}`)
      share(`false failures with looks, ${name}, ${level}`, tally.verdicts.fail, runs, { most: 0.01 })
    }
    for (const [name, effect] of Object.entries({ '10 % of p99': tenPercent, '5 % of throughput': fivePercent })) {
      const run = pair(level, 24, { control: 'split', effects: { a: effect } })
      const worse = tallyOf(named('early worse', level, name), runs, run, gates.pair, looks)
      share(`passes with looks though worse by ${name}, ${level}`, worse.verdicts.pass, runs, { most: 0.05 })
      const rounds = worse.meanRounds.mean.toFixed(1)
      console.log(`  ${JSON.stringify(worse.verdicts)} after ${rounds} rounds`)
    }
  }
}

const parts = {
  noise,
  falseFails,
  power,
  table,
  inconclusive,
  coverage,
  improvements,
  disturbances,
  longDisturbances,
  bursts,
  betweenRuns,
  smallest,
  early,
  margins,
}
const wanted = flags.only?.split(',') ?? Object.keys(parts)
for (const [name, part] of Object.entries(parts)) {
  if (!wanted.includes(name)) continue
  console.log(`\n${name}`)
  part()
}
