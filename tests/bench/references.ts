/**
 * How often a run fails by its reference though nothing changed, and what change is found: simulated nights of the family of
 * twelve figures, by distributions of what nights differ by, beside the median of the nights and beside one that is pinned.
 * `node tests/bench/references.ts [runs]`; exits 1 where more than one healthy run in a hundred fails, or where the nightly
 * misses a build that is 20 % slower everywhere.
 */
import { decideReference } from '../../harness/judge/reference/decide.ts'
import type { Estimand, EstimandMetric } from '../../harness/judge/reference/estimand.ts'
import { createRng } from '../../harness/kernel/rng.ts'
import { significant } from '../../harness/kernel/units.ts'
import { type Shape, shapes } from '../support/noise/nights.ts'

const runs = Number(process.argv[2] ?? 10_000)
const powerRuns = Math.min(runs, 400)
const atMost = 0.01
/** Nights of which nothing that looks at the results alone keeps the promise; `docs/compare.md` tells how far from it they are. */
const tooBad: readonly string[] = ['some nights slow', 'bad nights']

const speed: readonly EstimandMetric[] = ['throughput', 'p50', 'p99', 'cpu']
/** What p99 differs by between nights, for each that the others do. */
const noisier = 3

interface Night {
  readonly deviation: number
  /** By how much everything is slower, as a logarithm. */
  readonly slower: number
}

/** The twelve figures of a night: four of speed, memory, and seven policies. */
function nightOf(draw: () => number, { deviation, slower }: Night): Estimand[] {
  const figure = (kind: Estimand['kind'], scope: string, metric: EstimandMetric, change: number): Estimand => ({
    kind,
    scope,
    against: kind === 'resources' ? null : 'baseline/yardstick-direct',
    metric,
    value: significant(1 + change + (metric === 'p99' ? noisier : 1) * deviation * draw()),
    error: null,
    rounds: 24,
    tainted: [],
  })
  return [
    ...speed.map((metric) => figure('speed', 'baseline/baseline-direct', metric, slower)),
    figure('resources', 'stress', 'memory', 0),
    ...Array.from({ length: 7 }, (_, index) => figure('fragility', `policy.p${index}/policy-direct`, 'throughput', 0)),
  ]
}

/** What a run is held against: the median of so many nights, or one that is pinned, of which they tell the spread. */
interface Beside {
  readonly count: number
  readonly pinned: boolean
}

const unknown = { process: null, build: null }

function failures(shape: Shape, { count, pinned }: Beside, { deviation, slower }: Night, total: number): number {
  let failed = 0
  for (let run = 0; run < total; run++) {
    const draw = shape(createRng('references').fork(count, deviation, slower, run))
    const healthy = { deviation, slower: 0 }
    const nights = Array.from({ length: count }, () => nightOf(draw, healthy))
    const own = nightOf(draw, { deviation, slower })
    // What is pinned is older than the nights that tell the spread.
    const held = pinned
      ? { references: [nightOf(draw, healthy)], history: nights }
      : { references: nights, history: null }
    const terms = { absent: [], leftOut: [], calibration: unknown, sameHost: true, advisory: null }
    const answer = decideReference({ own, ...held, ...terms })
    if (answer.verdict === 'fail') failed++
  }
  return failed
}

let missed = 0
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`
const kinds = [false, true]
const named = (pinned: boolean): string => (pinned ? 'one that is pinned' : 'the median')

for (const pinned of kinds) {
  console.log(`beside ${named(pinned)}: healthy runs that fail, of ${runs} each; at most ${percent(atMost)} should`)
  for (const [name, shape] of Object.entries(shapes)) {
    for (const count of [5, 10]) {
      const cells = [0.01, 0.02, 0.03].map((deviation) => {
        const share = failures(shape, { count, pinned }, { deviation, slower: 0 }, runs) / runs
        if (share > atMost && !tooBad.includes(name)) missed++
        return percent(share)
      })
      console.log(`  ${name.padEnd(24)} n=${String(count).padEnd(3)} sd 1, 2, 3 %: ${cells.join('  ')}`)
    }
  }
}

const slowdowns = [0.05, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.4]
for (const pinned of kinds) {
  console.log(`beside ${named(pinned)}: builds slower everywhere that are found with ten results, of ${powerRuns} each`)
  for (const deviation of [0.01, 0.015, 0.02, 0.03]) {
    const shares = slowdowns.map((slowdown) => {
      const night = { deviation, slower: Math.log(1 + slowdown) }
      return failures(shapes.normal, { count: 10, pinned }, night, powerRuns) / powerRuns
    })
    const found = slowdowns[shares.findIndex((share) => share >= 0.95)]
    const cells = slowdowns.map((slowdown, index) => `${100 * slowdown} %: ${(100 * (shares[index] ?? 0)).toFixed(0)}`)
    const from = found === undefined ? 'more' : percent(found)
    console.log(`  sd ${percent(deviation)}: ${cells.join('  ')}; 19 of 20 from ${from}`)
    if (deviation <= 0.015 && (shares[slowdowns.indexOf(0.2)] ?? 0) < 0.95) missed++
  }
}
process.exitCode = missed > 0 ? 1 : 0
