import { expect, test } from 'vitest'
import type { ResultGuard } from '../../../harness/archive/result.ts'
import { guardLines } from '../../../harness/report/guard-lines.ts'
import { exampleResult } from '../../fixtures/results/example.ts'

const budget: ResultGuard = {
  kind: 'failure-budget',
  settings: { threshold: 0.05, minSamples: 50, of: 'operations', windowMs: 30_000 },
  state: 'held',
  worst: 0.01,
  unit: 'share',
  atMs: null,
  samples: 400,
}
const watchdog: ResultGuard = {
  kind: 'watchdog',
  settings: { limitMs: 90_000 },
  state: 'held',
  worst: 20_000,
  unit: 'ms',
  atMs: null,
  samples: null,
}
const linesOf = (...guards: readonly ResultGuard[]): string[] => guardLines({ ...exampleResult(), guards })

test('a watchdog that had nothing to do is not told of, a failure budget always is', () => {
  expect(linesOf(budget, watchdog)).toEqual([
    'failure-budget held: at most 1% of 400 operations failed in 30s, allowed: 5%',
  ])
  expect(linesOf({ ...budget, worst: null, samples: null })).toEqual([
    'failure-budget held: never 50 operations in 30s',
  ])
})

test('a guard that has ended the run says when', () => {
  expect(
    linesOf(
      { ...budget, state: 'tripped', worst: 0.25, atMs: 12_000 },
      { ...watchdog, state: 'tripped', worst: 90_500, atMs: 90_000 },
    ),
  ).toEqual([
    'failure-budget tripped at 12s: at most 25% of 400 operations failed in 30s, allowed: 5%',
    'watchdog tripped at 90s: the run took 90.5s, allowed: 90s',
  ])
})

test('files of before there were guards have none', () => {
  expect(guardLines(exampleResult())).toEqual([])
})
