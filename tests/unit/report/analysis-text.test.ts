import { expect, test } from 'vitest'
import { analyzeDocument, type ResultAnswer } from '../../../harness/judge/trace/analyze.ts'
import { answerLine, renderAnalysis } from '../../../harness/report/analysis-text.ts'

const options = { color: false, width: 140 }
const slice = (arm: string, order: number, ok: number) => ({ arm, order, startMs: 0, durationMs: 1000, ok, failed: 0 })
const trace = analyzeDocument({
  schema: 'soakrig/trace@1',
  id: 'x',
  gate: [['slower', 'throughput']],
  rounds: Array.from({ length: 12 }, (_, round) => ({
    slices: [slice('baseline', 0, 10_000 + round), slice('policy:slower', 1, 9000 + 2 * round)],
  })),
})
const series = analyzeDocument({ schema: 'soakrig/series@1', id: 's', values: [1, 1, 1, 1, 2, 2, 2, 2] })
const unknown = analyzeDocument({ schema: 'other', id: 'u' })

test('an answer is one line of JSON, also where there is none', () => {
  for (const outcome of [trace, series, unknown]) expect(answerLine(3, outcome)).not.toContain('\n')
  expect(JSON.parse(answerLine(3, series))).toEqual({
    id: 's',
    changePoints: [{ index: 4, before: 1, after: 2, p: 0 }],
  })
  expect(JSON.parse(answerLine(3, unknown))).toMatchObject({
    id: 'u',
    error: { code: 'not-analysed', line: 3, problems: [{ where: '/schema' }] },
  })
})

test('for people a trace is its verdict, its comparisons and its doubts', () => {
  const lines = renderAnalysis(1, trace, options).split('\n')
  expect(lines[0]).toBe('x: fail')
  expect(
    lines
      .find((line) => line.startsWith('slower  throughput'))
      ?.split(/ {2,}/u)
      .slice(2, 5),
  ).toEqual(['yes', 'fail', '11%'])
  expect(lines.at(-1)).toBe(
    'uncalibrated (note): no calibration: the standard floors and margins hold, and what two runs of one build differ by may fail this one',
  )
})

test('for people a series is its change points', () => {
  const [title, , row] = renderAnalysis(1, series, options).split('\n')
  expect(title).toBe('s: 1 change point')
  expect(row?.trim().split(/ +/u)).toEqual(['4', '1', '2', '100%', '0.0'])
})

test('for people a trace of memory is why, and how steep', () => {
  const samples = Array.from({ length: 900 }, (_, second) => [second, 50_000 + second, 400 * second])
  const memory = analyzeDocument({ schema: 'soakrig/memory-trace@1', id: 'm', calibration: null, samples, faults: [] })
  const [title, reason, slope] = renderAnalysis(1, memory, options).split('\n')
  expect(title).toMatch(/^m: (fail|pass|inconclusive|void)$/u)
  expect(reason).not.toBe('')
  // A KiB per second.
  expect(slope).toMatch(/^slope \+60\S* KiB\/min \(95 %: \+\d\S* to \+\d\S*\), without the first \d+ s$/u)
})

test('a document that cannot be analysed is named, or its line is', () => {
  expect(renderAnalysis(3, unknown, options)).toBe('u: not analysed')
  expect(renderAnalysis(3, analyzeDocument([]), options)).toBe('line 3: not analysed')
})

test('for people a result is its verdict, whether the file says so, what differs, and what was believed', () => {
  const answer: ResultAnswer = {
    id: 'r',
    verdict: 'fail',
    exitCode: 99,
    reasons: ['bound of p broken: errors: rate<1%, found 0.5'],
    reproduced: false,
    differences: [{ where: '/run/verdict', recorded: 'pass', found: 'fail' }],
    comparisons: [],
    doubts: [{ kind: 'one-round', detail: 'one round', taints: [], effect: 'note' }],
    judged: { comparisons: 0, references: 4, limits: 3, effects: 2, doubts: 0 },
    believed: ['/ceilings/1/actual', 'one-round'],
  }
  expect(renderAnalysis(1, { answer, exit: 'void' }, options).split('\n')).toEqual([
    'r: fail, and the result says otherwise',
    '/run/verdict: recorded "pass", found "fail"',
    'bound of p broken: errors: rate<1%, found 0.5',
    'one-round (note): one round',
    'judged again: 0 comparisons, 4 references, 3 limits, 2 effects, 0 doubts',
    'believed: /ceilings/1/actual, one-round',
  ])
  const [first] = renderAnalysis(1, { answer: { ...answer, reproduced: true }, exit: 'broken' }, options).split('\n')
  expect(first).toBe('r: fail, as the result says')
})
