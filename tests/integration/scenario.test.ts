import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Result } from '../../harness/archive/result.ts'
import { type Bench, openBench, soakrig } from '../support/soakrig.ts'

let bench: Bench

beforeAll(async () => {
  bench = await openBench()
})

afterAll(() => bench[Symbol.asyncDispose]())

async function stress(profile: string, ...flags: readonly string[]) {
  const args = ['stress', profile, '--mode', 'smoke', '--results', bench.results, '--json', '-q', ...flags]
  const { code, stdout } = await soakrig(args)
  return { code, result: JSON.parse(stdout) as Result }
}

test('an overload is judged by what it comes to after its trigger, with a cure and without', async () => {
  const profile = await bench.profile('overload', {
    target: { builtin: 'http', knobs: { capacity: { perSecond: 1000, servers: 2 } } },
    load: { model: 'open', rate: 200 },
    modes: {
      smoke: {
        duration: '4s',
        slices: 1,
        slice: '300ms',
        discard: '80ms',
        warmup: '200ms',
        window: '200ms',
        policies: [],
      },
    },
    policies: { standstill: { fault: { pause: { every: '400ms', for: '300ms' } } } },
    stress: {
      smoke: {
        client: { timeout: { attempt: '150ms' }, retry: { strategy: 'fixed', baseDelay: '0ms', maxCalls: 2 } },
        steps: [{ at: '1s', install: 'standstill', for: '800ms' }],
      },
    },
    ceilings: { errorRate: null, rssDeltaKb: null },
    scenario: { expect: 'metastable', cures: { more: { target: { knobs: { capacity: { perSecond: 2000 } } } } } },
  })
  const [cured, plain] = await Promise.all([stress(profile, '--cure', 'more'), stress(profile)])
  expect([cured.code, cured.result.run.reasons]).toEqual([0, []])
  expect(cured.result.run.profile).toBe('overload.more')
  expect(cured.result.scenario).toMatchObject({ expected: 'recovered', verdict: 'recovered', ok: true, cure: 'more' })
  // It recovers without a cure too, which is not what was expected.
  expect(plain.code).toBe(99)
  expect(plain.result.run.reasons).toEqual([
    expect.stringMatching(/^scenario: expected metastable, found recovered: the goodput was back/u),
  ])
  const { amplification, series, trigger } = cured.result.scenario!
  expect(trigger).toEqual({ fromMs: 1000, toMs: 1800 })
  expect(amplification.peak).toBeGreaterThan(1)
  expect(series.stepMs).toBe(200)
  // The last one of twenty is left out.
  expect(series.offered).toHaveLength(19)
  // The target itself told what it had served.
  expect(series.served.filter((count) => count !== null && count > 0).length).toBeGreaterThan(5)
})
