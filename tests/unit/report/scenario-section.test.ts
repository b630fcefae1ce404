import { expect, test } from 'vitest'
import type { ResultScenario } from '../../../harness/archive/scenario.ts'
import { scenarioSection } from '../../../harness/report/scenario-section.ts'
import { exampleResult } from '../../fixtures/results/example.ts'

const steps = 40
const each = (value: number): number[] => Array.from({ length: steps }, () => value)

const scenario: ResultScenario = {
  expected: 'metastable',
  verdict: 'slow-drain',
  ok: false,
  reason: 'the goodput stays at 0 % of what it was, but the age of the queue falls: it will take 71s more',
  cure: 'no-retries',
  trigger: { fromMs: 10_000, toMs: 12_000 },
  amplification: { before: 1, peak: 2.1, end: 1.6, level: 'warn' },
  goodput: { before: 1, during: 0.4, end: 0, ratio: 0 },
  wastedShare: 0.97,
  synchrony: { peakToMean: 3, autocorrelation: 0.5, lagMs: 1000 },
  timeToRecoverMs: null,
  drainMs: 71_000,
  bands: [{ figure: 'endAmplification', lo: 1.8, hi: 2.1, actual: 1.6, ok: false }],
  series: {
    stepMs: 1000,
    offered: each(280),
    good: each(0),
    attempts: each(448),
    served: each(300),
    wasted: Array.from({ length: steps }, () => null),
    queueAgeMs: each(2500),
  },
}

test('a scenario is told by its verdict, its figures, and what happened when', () => {
  const { lines, table } = scenarioSection({ ...exampleResult(), scenario })
  expect(lines).toEqual([
    `slow-drain, expected metastable, with the cure no-retries: ${scenario.reason}`,
    'attempts per operation: 1.00 before, 2.10 at most, 1.60 at the end (warn)',
    'good answers per operation: 1.00 before, 0.40 while the trigger lasted, 0.00 at the end',
    'served to clients that had gone, at the end: 97%',
    'attempts at once: x3.000 the mean of 100 ms at most, autocorrelation 0.50 at 1s',
    'drained in about 71s',
    'broken: endAmplification from 1.8 to 2.1, found 1.60',
  ])
  // Three steps in each row.
  expect(table?.rows).toHaveLength(14)
  expect(table?.rows[0]).toEqual(['0ms', '', '280', '0', '448', '', '2.5s'])
  expect(table?.rows.map(([from, mark]) => (mark === '' ? '' : from)).filter(Boolean)).toEqual(['9s'])
})

test('a figure that is not known is not called broken', () => {
  const bands = [{ figure: 'wastedShare', lo: 0, hi: 1, actual: null, ok: false }]
  const { lines } = scenarioSection({ ...exampleResult(), scenario: { ...scenario, bands } })
  expect(lines.at(-1)).toBe('unknown: wastedShare from 0 to 1, found nothing')
})

test('a run that is no scenario tells nothing of one', () => {
  expect(scenarioSection(exampleResult())).toEqual({ title: 'scenario', lines: [] })
})
