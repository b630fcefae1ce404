/**
 * How often `history` is alarmed by results that did not change, and how soon it finds one that did:
 * `node tests/bench/history.ts [histories]`. Each history is of 20 figures; an alarm of any of them counts. The noise of a
 * figure is independent from result to result, but for `related`, whose results have 0.3 of the one before: no bound, since
 * a wandering machine is a change as far as its results can tell.
 */
import { parseArgs } from 'node:util'
import { historyOf } from '../../harness/compare/history.ts'
import type { Night } from '../../harness/compare/history/night.ts'
import { normalQuantile } from '../../harness/judge/stats/distributions.ts'
import { createRng, type Rng } from '../../harness/kernel/rng.ts'

const { positionals } = parseArgs({ allowPositionals: true })
const histories = Number(positionals[0] ?? 200)
if (!(histories >= 1)) throw new RangeError('histories: a number over 0')

const figures = 20
const mostFalse = 0.05
const leastFound = 0.9

const normal = (rng: Rng): number => normalQuantile(Math.min(1 - 1e-12, Math.max(1e-12, rng.next())))

/** Noise of one figure: a deviation of 1 but for its tails. */
const noises: Readonly<Record<string, (rng: Rng) => () => number>> = {
  normal: (rng) => () => normal(rng),
  'heavy tails': (rng) => () => normal(rng) / Math.sqrt((normal(rng) ** 2 + normal(rng) ** 2 + normal(rng) ** 2) / 3),
  outliers: (rng) => () => (rng.next() < 0.05 ? 6 : 1) * normal(rng),
  related: (rng) => {
    let last = normal(rng)
    return () => (last = 0.3 * last + Math.sqrt(1 - 0.09) * normal(rng))
  },
}

/** Whether a history has an alarm whose figures have this noise, the first of them a step after so many results. */
function isAlarmed(noise: (rng: Rng) => () => number, rng: Rng, count: number, step = 0, from = count): boolean {
  const draws = Array.from({ length: figures }, (_, figure) => noise(rng.fork(figure)))
  const nights = Array.from({ length: count }, (_, night): Night => ({
    id: `n${night}`,
    file: `n${night}.json`,
    startedAt: new Date(Date.UTC(2026, 0, 1 + night)).toISOString(),
    verdict: 'pass',
    gitSha: null,
    family: 'bench',
    figures: draws.map((draw, figure) => ({
      scope: 'bench',
      metric: `m${figure}`,
      unit: 'ms',
      better: 'less',
      value: 100 + draw() + (figure === 0 && night >= from ? step : 0),
    })),
  }))
  return historyOf({ profile: 'bench', mode: 'long', since: null }, nights).alarms > 0
}

/** The share of histories with an alarm; seeds are the names of what is measured. */
function share(name: string, ask: (rng: Rng) => boolean): number {
  const rng = createRng(`alarms of histories: ${name}`)
  return Array.from({ length: histories }, (_, run) => ask(rng.fork(run))).filter(Boolean).length / histories
}

const rows = [
  ...Object.entries(noises).flatMap(([name, noise]) =>
    [20, 60, 120].map((count) => {
      const what = `false alarm, ${name}, ${count} results`
      const measured = share(what, (rng) => isAlarmed(noise, rng, count))
      return {
        what,
        measured,
        bound: name === 'related' ? '' : `<= ${mostFalse}`,
        ok: name === 'related' || measured <= mostFalse,
      }
    }),
  ),
  ...[
    { step: 3, after: 3, least: 0 },
    { step: 3, after: 7, least: leastFound },
    { step: 4, after: 3, least: 0 },
    { step: 4, after: 5, least: leastFound },
    { step: 6, after: 3, least: leastFound },
  ].map(({ step, after, least }) => {
    const what = `found, ${step} deviations, 30 results before and ${after} after`
    const measured = share(what, (rng) =>
      isAlarmed(noises['normal'] as (typeof noises)[string], rng, 30 + after, step, 30),
    )
    return { what, measured, bound: least > 0 ? `>= ${least}` : '', ok: measured >= least }
  }),
]
console.table(rows)
if (rows.some(({ ok }) => !ok)) process.exitCode = 1
