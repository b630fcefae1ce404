import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Result, ResultWindow } from '../../harness/archive/result.ts'
import { armOf, type Bench, openBench } from '../support/soakrig.ts'

let bench: Bench

beforeAll(async () => {
  bench = await openBench()
})

afterAll(() => bench[Symbol.asyncDispose]())

const policies = {
  latency: { fault: { latency: { delay: '30ms' } }, bounds: { latency: ['p(95)<100ms'], errors: ['rate<1%'] } },
  reset: { fault: { reset: { probability: '50%' } }, bounds: { errors: ['rate<70%'] } },
  pause: { fault: { pause: { every: '200ms', for: '60ms' } } },
}
// What settles after a fault takes a second and the timeout; windows are short so that some are clean.
const short = {
  workload: {
    protocol: 'http',
    timeout: '300ms',
    requests: [{ method: 'GET', path: '/echo/hi', expect: { body: 'hi' } }],
  },
  ceilings: { errorRate: 0.02 },
}

async function windowsOf(result: Result): Promise<ResultWindow[]> {
  const file = join(bench.results, result.run.profile, result.windows?.file ?? '')
  const lines = (await readFile(file, 'utf8')).trim().split('\n')
  return lines.map((line) => JSON.parse(line) as ResultWindow).filter(({ phase }) => phase === 'stress.smoke')
}

const smoke = (duration: string, steps: readonly object[], names: readonly string[] = []) => ({
  ...short,
  policies,
  modes: {
    smoke: {
      duration,
      slices: 1,
      slice: '300ms',
      discard: '80ms',
      warmup: '200ms',
      window: '200ms',
      policies: names,
      budget: '60s',
    },
  },
  stress: { smoke: { steps } },
})

// Side by side: most of each is waiting.
describe.concurrent('steps of the stress stage', () => {
  test('put policies in force while the load goes on: windows are marked, clean ones judged by the ceilings (F36, P11)', async () => {
    const profile = await bench.profile(
      'steps',
      smoke('3800ms', [
        { at: '600ms', install: 'latency', for: '800ms' },
        { at: '1s', install: 'reset' },
        { at: '1200ms', remove: 'reset' },
      ]),
    )
    const { code, result } = await bench.stage('stress', profile)
    expect(result.run.reasons).toEqual([])
    expect(code).toBe(0)
    const windows = await windowsOf(result)
    const marked = windows.filter(({ faults }) => faults.length > 0)
    expect(marked.some(({ settling }) => settling)).toBe(true)
    expect(new Set(marked.map(({ faults }) => faults.join()))).toEqual(new Set(['latency', 'latency,reset']))
    const clean = windows.filter(({ faults }) => faults.length === 0)
    expect(clean.length).toBeGreaterThanOrEqual(4)
    expect(clean.reduce((sum, { failed }) => sum + failed, 0)).toBe(0)
    expect(Math.max(...clean.map(({ p50 }) => p50 ?? 0))).toBeLessThan(20)
    expect(Math.max(...marked.map(({ p50 }) => p50 ?? 0))).toBeGreaterThan(29)
    const stress = armOf(result, 'stress.smoke', 'baseline', 'relay')
    expect(stress.rules['latency/latency']?.tallies['latency']?.fired).toBeGreaterThan(0)
    expect(stress.rules['reset/reset']?.tallies['reset']?.fired).toBeGreaterThan(0)
    expect(stress.all.operations.failed).toBeGreaterThan(0)
    expect(result.ceilings.map(({ scope }) => scope)).toContain('stress.smoke, windows without a fault')
    expect(result.ceilings.map(({ scope }) => scope)).not.toContain('stress.smoke')
  })

  test('hold a policy to its own bounds, and do not spare the target that breaks them', async () => {
    const profile = await bench.profile('steps-broken', {
      ...smoke('2s', [{ at: '300ms', install: 'reset', for: '1s' }]),
      policies: { reset: { fault: { reset: { probability: '80%' } }, bounds: { errors: ['rate<20%'] } } },
    })
    const { code, result } = await bench.stage('stress', profile)
    expect(code).toBe(99)
    expect(result.run.reasons[0]).toContain('bound of stress.smoke, windows under reset broken')
  })

  test('reach the target itself as well', async () => {
    const profile = await bench.profile('steps-pause', smoke('2500ms', [{ at: '200ms', install: 'pause', for: '1s' }]))
    const { code, result } = await bench.stage('stress', profile)
    expect(result.run.reasons).toEqual([])
    expect(code).toBe(0)
    const stress = armOf(result, 'stress.smoke', 'baseline', 'direct')
    expect(stress.rules['pause/pause']?.tallies['pause']?.fired).toBeGreaterThan(0)
    expect(stress.latencyMs.max).toBeGreaterThan(50)
  })
})
