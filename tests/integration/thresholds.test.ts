import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Result, ResultLimit, ResultWindow } from '../../harness/archive/result.ts'
import { validateResult } from '../../harness/archive/validate.ts'
import { type Bench, openBench } from '../support/soakrig.ts'

let bench: Bench
let first: Awaited<ReturnType<Bench['soak']>>
let second: typeof first

const modes = {
  smoke: { duration: '2500ms', slices: 1, slice: '450ms', discard: '120ms', warmup: '400ms', window: '200ms' },
}

beforeAll(async () => {
  bench = await openBench()
  const kept = {
    latency: [{ threshold: 'p(99)<=max(baseline*100, 2s)', window: '600ms' }],
    throughput: ['rate>=baseline*0.01', 'rate>=reference*0.01'],
    degraded: ['count==0'],
    rss: ['max<8gib', 'slope<1MiB/h'],
    fds: ['max<10000'],
    threads: ['avg>=1'],
    cpu: [{ threshold: 'max<100', abortOnFail: true }],
  }
  first = await bench.soak(await bench.profile('held', { modes, thresholds: kept }))
  const throughput = [
    'rate>=reference*0.01',
    { threshold: 'rate>=100000000', abortOnFail: true, delayAbortEval: '500ms' },
  ]
  second = await bench.soak(await bench.profile('held', { modes, thresholds: { throughput } }))
}, 120_000)

afterAll(() => bench[Symbol.asyncDispose]())

/** The limits of a result on an expression. */
const limitsOn = ({ thresholds }: Result, expr: string): ResultLimit[] => thresholds.filter((one) => one.expr === expr)

test('thresholds of every kind are judged from what a run measures', () => {
  const { code, result } = first
  expect(validateResult(result)).toEqual([])
  expect([code, result.run.reasons]).toEqual([0, []])
  const judged = result.thresholds.filter(({ why }) => why === undefined)
  expect(judged.filter(({ ok }) => !ok)).toEqual([])
  expect(judged.map(({ scope, expr }) => `${scope}: ${expr}`)).toEqual([
    'baseline/baseline-direct: degraded: count==0',
    'stress.smoke: throughput: rate>=baseline*0.01',
    'stress.smoke: degraded: count==0',
    'stress.smoke, every 600ms: latency: p(99)<=max(baseline*100, 2s)',
    'stress stage: rss: max<8gib',
    'stress stage: fds: max<10000',
    'stress stage: threads: avg>=1',
    'stress stage: cpu: max<100',
  ])
  const [relative] = limitsOn(result, 'throughput: rate>=baseline*0.01')
  const baseline = result.phases
    .find(({ id }) => id === 'baseline')
    ?.arms.find(({ arm, path }) => arm === 'baseline' && path === 'direct')
  expect(relative?.limit).toBeCloseTo((baseline?.operations.perSecond ?? 0) / 100, 2)
})

test('what a run cannot judge passes nothing, and is told: in its limits, its doubts and what was not measured', () => {
  const { result } = first
  const unjudged = result.thresholds.filter(({ why }) => why !== undefined)
  expect(unjudged.map(({ scope, expr, ok, limit }) => [scope, expr, ok, limit])).toEqual([
    ['baseline/baseline-direct', 'throughput: rate>=reference*0.01', false, null],
    ['stress.smoke', 'throughput: rate>=reference*0.01', false, null],
    ['stress stage', 'rss: slope<1MiB/h', false, 1024],
  ])
  expect(unjudged[0]?.why).toBe('no earlier smoke of held')
  expect(result.doubts.filter(({ kind }) => kind === 'limit-left-out')).toHaveLength(2)
  const told = result.plan.notMeasured.map(({ what }) => what)
  expect(told).toContain('threshold throughput: rate>=reference*0.01 of stress.smoke')
  expect(told).toContain('threshold rss: slope<1MiB/h of stress stage')
  expect(result.config.warnings.map(({ where }) => where)).toContain('/thresholds/rss/1')
})

test('a threshold that says so ends the stress stage once its delay is over, with 99 and a whole result', () => {
  const { code, result } = second
  expect(validateResult(result)).toEqual([])
  expect(code).toBe(99)
  expect(result.run).toMatchObject({ status: 'aborted', abortedBy: 'threshold', verdict: 'fail' })
  expect(result.run.reasons[0]).toMatch(/^a threshold that says so \(abortOnFail\) ended the run/u)
  const [ended] = limitsOn(result, 'throughput: rate>=100000000').filter(({ scope }) =>
    scope.endsWith('until it was ended'),
  )
  expect(ended).toMatchObject({ scope: 'stress.smoke, until it was ended', limit: 100_000_000, ok: false })
  const spanMs = (ended?.window?.toMs ?? 0) - (ended?.window?.fromMs ?? 0)
  expect(spanMs).toBeGreaterThanOrEqual(500)
  expect(spanMs).toBeLessThan(2000)
  const stress = result.phases.find(({ id }) => id === 'stress.smoke')?.arms[0]
  expect(stress?.measuredMs).toBeLessThan(2500)
})

test('the run before it is the reference that it is held against', () => {
  const { result } = second
  expect(result.reference.results.map(({ id }) => id)).toEqual([first.result.run.id])
  const perSecond = first.result.phases.find(({ id }) => id === 'stress.smoke')?.arms[0]?.operations.perSecond ?? 0
  const held = limitsOn(result, 'throughput: rate>=reference*0.01').find(({ scope }) => scope === 'stress.smoke')
  expect(held).toMatchObject({ ok: true })
  expect(held?.limit).toBeCloseTo(perSecond / 100, 2)
})

test('windows have what limits on them are computed from', async () => {
  const { windows, run } = first.result
  const file = join(bench.results, run.profile, windows?.file ?? '')
  const lines = (await readFile(file, 'utf8')).trim().split('\n')
  const stress = lines.map((line) => JSON.parse(line) as ResultWindow).filter(({ phase }) => phase === 'stress.smoke')
  expect(stress.length).toBeGreaterThan(10)
  expect(stress.every(({ degraded }) => degraded === 0)).toBe(true)
  // A sample that comes late on a busy machine leaves windows as short as these without; those that have one tell of threads too.
  const sampled = stress.filter(({ memoryKb }) => memoryKb !== null)
  expect(sampled.length).toBeGreaterThan(1)
  expect(sampled.filter(({ threads }) => threads === null)).toEqual([])
  expect(Math.max(...sampled.map(({ cpuCores }) => cpuCores ?? 0))).toBeGreaterThan(0)
})
