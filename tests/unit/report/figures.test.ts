import { expect, test } from 'vitest'
import { figureSections } from '../../../harness/report/figures.ts'
import { told } from '../../../harness/report/section.ts'
import { exampleResult, loadResult, scheduledResult } from '../../fixtures/results/example.ts'

type Example = ReturnType<typeof exampleResult>

/** The arm that the figures of the example are of. */
const armOf = ({ phases }: Example) => phases.at(-1)!.arms[0]!

const section = (result: Example, title: string) =>
  told(figureSections(result)).find((one) => one.title.startsWith(title))

const line = (result: Example, start: string): string | undefined =>
  section(result, 'figures')?.lines.find((one) => one.startsWith(start))

const sliceOf = (result: Example, use: 'both' | 'throughput' | 'latency', durationMs: number) => ({
  ...result.slices[0]!,
  phase: result.phases.at(-1)!.id,
  arm: 'baseline' as const,
  path: 'direct' as const,
  use,
  durationMs,
})

test('figures are of the arm that is named, or of the one arm of the phase that is', () => {
  const result = exampleResult()
  result.phases.at(-1)!.id = 'stress.smoke'
  result.metrics.source = 'stress.smoke'
  expect(line(result, 'stress.smoke/baseline-direct: 20,000 ok/s, errors 0%')).toBeDefined()
  result.metrics.source = 'baseline/baseline-direct'
  expect(line(result, 'baseline/baseline-direct: 20,000 ok/s')).toBeDefined()
  result.metrics.source = null
  expect(figureSections(result)).toEqual([])
})

test('without a schedule there is service time only, and no word of schedule, iterations or what did not happen', () => {
  const result = exampleResult()
  expect(section(result, 'figures')?.lines).toEqual([
    'stress/baseline-direct: 20,000 ok/s, errors 0%, 40,000 operations in 2s',
    'wire: 330 MB/s in, 1.28 MB/s out, 12 connections made',
    'target: 50 µs of CPU per request, memory +544 KiB, files 0',
  ])
  const { head, rows } = section(result, 'latency')!.table!
  expect(head).toEqual(['stress/baseline-direct', 'mean', 'p50', 'p90', 'p95', 'p99', 'p99.9', 'max'])
  expect(rows.map(([label]) => label)).toEqual(['from send (service time)', 'to connect', 'to the first byte'])
  expect(section(result, 'requests')).toBeUndefined()
})

test('with a schedule each latency says what it is from', () => {
  const { rows } = section(scheduledResult(), 'latency')!.table!
  expect(rows.slice(0, 3)).toEqual([
    ['from intended start (corrected)', '2.04', '2', '2.61', '2.8', '3.11', '3.39', '3.56'],
    ['from send (service time)', '0.204', '0.2', '0.261', '0.28', '0.311', '0.339', '0.356'],
    ['send lateness', '0.102', '0.1', '0.131', '0.14', '0.155', '0.17', '0.178'],
  ])
})

test('what failed, was answered by a fallback or cut off is told where there was any', () => {
  const result = exampleResult()
  Object.assign(armOf(result).operations, { failed: 3, degraded: 2, cutOff: 1 })
  expect(line(result, 'stress')).toMatch(/ in 2s, 3 failed, 2 degraded, 1 cut off$/u)
})

test('iterations are told where they are not the operations', () => {
  const result = exampleResult()
  armOf(result).iterations = { count: 40_000, ok: 40_000, failed: 0, interrupted: 0, dropped: 0 }
  expect(line(result, 'iterations')).toBeUndefined()
  armOf(result).iterations = { count: 10_006, ok: 10_000, failed: 4, interrupted: 2, dropped: 0 }
  expect(line(result, 'iterations')).toBe('iterations: 5,000 ok/s, 10,000 ok, 4 failed, 2 interrupted')
  // Slices of throughput and of latency have rates of their own.
  result.slices.push(sliceOf(result, 'throughput', 1000), sliceOf(result, 'latency', 1000))
  expect(line(result, 'iterations')).toBe('iterations: 10,000 ok, 4 failed, 2 interrupted')
  expect(line(result, 'wire')).toBe('wire: 880 MB in, 3.41 MB out, 12 connections made')
})

test('bytes per second are those of the measured attempts, and connections made are told, those lost too (P13)', () => {
  const result = loadResult()
  const arm = armOf(result)
  arm.all.attempts.count = 2000
  arm.attempts = { ...arm.attempts, count: 1000 }
  arm.wire.staleReconnects = 2
  expect(line(result, 'wire')).toBe(
    'wire: 615 kB/s in, 20.3 kB/s out, 53 connections made, 2 requests sent again on a new one',
  )
  Object.assign(arm.wire, { bytesSent: 0, bytesReceived: 0, connects: 1, staleReconnects: 0 })
  expect(line(result, 'wire')).toBe('wire: 1 connection made')
  arm.wire.connects = 0
  expect(line(result, 'wire')).toBeUndefined()
})

test('of a target that nobody could watch nothing is told', () => {
  const result = exampleResult()
  Object.assign(result.metrics, { cpuUsPerRequest: null, rssDeltaKb: null, fdDelta: null })
  expect(line(result, 'target')).toBeUndefined()
  result.metrics.fdDelta = 2
  expect(line(result, 'target')).toBe('target: files +2')
})

test('more than one request has a row for each, up to twenty', () => {
  const result = exampleResult()
  const request = (name: string) => ({ name, ok: 1990, failed: 10, latencyMs: armOf(result).latencyMs })
  armOf(result).requests = [request('one')]
  expect(section(result, 'requests')).toBeUndefined()
  armOf(result).requests = [request('log in'), request('buy\u001B[31m\nnow')]
  expect(section(result, 'requests')).toMatchObject({
    lines: [],
    table: {
      head: ['request', 'ok', 'failed', 'p50 ms', 'p99 ms'],
      rows: [
        ['log in', '1,990', '10', '0.2', '0.311'],
        ['buy [31m now', '1,990', '10', '0.2', '0.311'],
      ],
    },
  })
  armOf(result).requests = Array.from({ length: 25 }, (_, index) => request(`r${index}`))
  expect(section(result, 'requests')?.table?.rows).toHaveLength(20)
  expect(section(result, 'requests')?.lines).toEqual(['the first 20; 5 more in the result file'])
})
