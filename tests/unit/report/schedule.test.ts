import { expect, test } from 'vitest'
import { armsOf } from '../../../harness/compare/arms.ts'
import { renderResult } from '../../../harness/report/result-text.ts'
import { scheduleSection, scheduleTexts } from '../../../harness/report/schedule.ts'
import { exampleResult, scheduledResult } from '../../fixtures/results/example.ts'

type Example = ReturnType<typeof exampleResult>

const direct = 'baseline/baseline-direct'
const textsOf = (result: Example): string[] => scheduleTexts(armsOf(result).get(direct)!)
const slicesOf = ({ slices }: Example) =>
  slices.filter(({ phase, arm, path }) => phase === 'baseline' && arm === 'baseline' && path === 'direct')

test('a load without a schedule has nothing to tell', () => {
  expect(textsOf(exampleResult())).toEqual([])
  expect(scheduleSection(exampleResult()).table?.rows).toEqual([])
  expect(renderResult(exampleResult(), { color: false })).not.toContain('by a schedule')
})

test('the intended rate stands against that of the slices that have it', () => {
  const result = scheduledResult()
  const arm = result.phases[0]!.arms[0]!
  const [latency, throughput] = slicesOf(result)
  Object.assign(latency!, { use: 'latency', durationMs: 2000 })
  Object.assign(throughput!, { use: 'throughput', durationMs: 8000 })
  arm.sendLatenessMs!.count = 980
  expect(textsOf(result)).toEqual(['intended 500/s', 'achieved 490/s'])
  arm.iterations!.dropped = 20
  expect(textsOf(result)).toEqual(['intended 500/s', 'achieved 490/s', '20 dropped (2%)'])
})

test('of several slices the intended rate is that of the last, of a ramp both its ends', () => {
  const result = scheduledResult()
  expect(textsOf(result)[0]).toBe('intended 500/s (last slice)')
  result.phases[0]!.arms[0]!.schedule = { fromPerSecond: 100, toPerSecond: 1000 }
  result.slices = slicesOf(result).slice(1)
  expect(textsOf(result)[0]).toBe('intended 100 to 1,000/s')
})

test('a schedule of which nothing was started achieved nothing', () => {
  const result = scheduledResult()
  Object.assign(result.phases[0]!.arms[0]!, { sendLatenessMs: null, correctedLatencyMs: null })
  expect(textsOf(result)[1]).toBe('achieved 0/s')
})

test('every arm but the one of the figures has its latencies from both starts beside each other', () => {
  const result = scheduledResult()
  for (const one of result.slices) one.durationMs = 750
  const { table } = scheduleSection(result)
  expect(table?.head).toEqual(['arm', 'iterations', 'latency', 'p50', 'p90', 'p99', 'p99.9'])
  expect(table?.rows.slice(0, 3)).toEqual([
    [direct, 'intended 500/s (last slice)', 'from intended start (corrected)', '2', '2.44', '2.79', '2.97'],
    ['', expect.stringMatching(/^achieved \d+\/s$/u), 'from send (service time)', '0.2', '0.244', '0.279', '0.297'],
    ['', '', 'send lateness', '0.1', '0.122', '0.14', '0.148'],
  ])
  expect(table?.rows.some(([name]) => name?.startsWith('stress'))).toBe(false)
})
