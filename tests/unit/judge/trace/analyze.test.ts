import { expect, test } from 'vitest'
import { analyzeDocument } from '../../../../harness/judge/trace/analyze.ts'

const slice = (arm: string, order: number, ok: number) => ({
  arm,
  order,
  startMs: 2000 * order,
  durationMs: 1750,
  ok,
  failed: 0,
  latencyMs: { p50: 1.2, p95: 2.9, p99: 5.1 },
  slow: 3,
  cpuMs: 610.5,
})

/** Twelve rounds in which the policy has this share of the baseline's throughput. */
const trace = (share: number) => ({
  schema: 'soakrig/trace@1',
  id: 'x',
  calibration: null,
  gate: [['slower', 'throughput']],
  rounds: Array.from({ length: 12 }, (_, round) => ({
    slices: [slice('baseline', 0, 10_000 + round), slice('policy:slower', 1, Math.round(share * (10_000 + 3 * round)))],
  })),
})

test('a trace has its verdict, with what matters most first', () => {
  const outcome = analyzeDocument(trace(0.8))
  expect(outcome).toMatchObject({ exit: 'regression', answer: { id: 'x', verdict: 'fail' } })
  const answer = 'answer' in outcome && 'comparisons' in outcome.answer ? outcome.answer : null
  expect(Object.keys(answer!).slice(0, 4)).toEqual(['id', 'verdict', 'comparisons', 'doubts'])
  expect(Object.keys(answer!.comparisons[0]!).slice(0, 7)).toEqual([
    'policy',
    'metric',
    'verdict',
    'estimate',
    'interval',
    'p',
    'mde',
  ])
})

test('a trace of memory has its verdict, in the order of its fields', () => {
  const samples = Array.from({ length: 900 }, (_, second) => [second, 50_000 + 20 * second, 400 * second])
  const outcome = analyzeDocument({ schema: 'soakrig/memory-trace@1', id: 'm', calibration: null, samples, faults: [] })
  expect(outcome).toMatchObject({ exit: 'drift', answer: { id: 'm', verdict: 'fail' } })
  const keys = 'answer' in outcome ? Object.keys(outcome.answer) : []
  expect(keys.slice(0, 6)).toEqual(['id', 'verdict', 'slopeKbPerMin', 'interval', 'cutSeconds', 'doubts'])
})

test('a pass ends with 0, and a series always does', () => {
  expect(analyzeDocument(trace(1))).toMatchObject({ exit: 'pass', answer: { verdict: 'pass' } })
  const series = { schema: 'soakrig/series@1', id: 's', values: [1, 2] }
  expect(analyzeDocument(series)).toEqual({ answer: { id: 's', changePoints: [] }, exit: 'pass' })
})

test('the same document has the same answer, byte by byte', () => {
  const text = JSON.stringify(trace(0.97))
  const answers = [1, 2].map(() => JSON.stringify(analyzeDocument(JSON.parse(text))))
  expect(answers[0]).toBe(answers[1])
})

test('a document of an unknown schema is told which there are', () => {
  const outcome = analyzeDocument({ schema: 'soakrig/result@0', id: 'r' })
  expect(outcome).toMatchObject({ id: 'r', problems: [{ where: '/schema' }] })
  const message = 'problems' in outcome ? outcome.problems[0]!.message : ''
  expect(message).toMatch(/^found "soakrig\/result@0", allowed: .*"soakrig\/trace@1".*"soakrig\/series@1"/u)
  for (const document of [null, 3, 'x', [], {}, { schema: 'constructor' }, { schema: ['soakrig/trace@1'] }])
    expect(analyzeDocument(document)).toMatchObject({ id: null, problems: [{}] })
})

test('problems of a known schema are by their places in the document', () => {
  const broken = { ...trace(1), rounds: [{ slices: [{ ...slice('policy:slower', 0, 1), ok: -1 }] }] }
  const outcome = analyzeDocument(broken)
  expect(outcome).toMatchObject({ id: 'x', problems: [{ where: '/rounds/0/slices/0/ok' }] })
})
