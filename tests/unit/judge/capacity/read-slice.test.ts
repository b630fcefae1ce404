import { describe, expect, test } from 'vitest'
import { rateSliceOf } from '../../../../harness/judge/capacity/read-slice.ts'
import {
  type GeneratorState,
  type RateSlice,
  stepVerdict,
  troubleOf,
} from '../../../../harness/judge/capacity/rate-step.ts'
import { keepsAll, parseSlo, type Slo } from '../../../../harness/judge/capacity/slo.ts'

const windows = (counts: readonly (readonly [offered: number, ok: number, failed: number])[]) =>
  counts.map(([offered, ok, failed], index) => ({
    fromNs: index * 1e9,
    toNs: (index + 1) * 1e9,
    ok,
    failed,
    series: { offered, bins: [] },
  }))

const slo = (expr: string): Slo => {
  const parsed = parseSlo(expr)
  if ('allowed' in parsed) throw new Error(parsed.allowed)
  return parsed.slo
}

const fine: RateSlice = {
  seconds: 3,
  due: 100,
  sent: 100,
  ended: 100,
  ok: 100,
  errorRate: 0,
  inTime: true,
  generator: 'fine',
}

describe('a slice', () => {
  test('is read in its middle: neither the window in which it fills nor that of its drain counts', () => {
    const told = { due: 100, ok: 470, failed: 5, latencyMs: { p50: 1, p95: 2, p99: 3 }, generator: 'fine' } as const
    const counts = [
      [100, 40, 0],
      [100, 90, 1],
      [98, 90, 2],
      [99, 90, 3],
      [100, 160, 0],
    ] as const
    expect(rateSliceOf({ ...told, windows: windows(counts) }, [slo('p(99)<3ms')])).toEqual({
      seconds: 3,
      due: 100,
      sent: 99,
      ended: 92,
      ok: 90,
      errorRate: 0.0105263,
      inTime: false,
      generator: 'fine',
    })
  })

  test('that was too short to have a middle holds nothing', () => {
    const told = {
      due: 100,
      ok: 0,
      failed: 0,
      latencyMs: { p50: null, p95: null, p99: null },
      generator: 'fine',
    } as const
    const slice = rateSliceOf({ ...told, windows: [] }, [])
    expect(slice).toMatchObject({ sent: 0, ended: 0, errorRate: null, inTime: true })
    expect(troubleOf(slice)).not.toBeNull()
  })

  test.for([
    [{}, null],
    [{ ended: 98 }, null],
    [{ ended: 97.9 }, 'behind'],
    [{ due: 10, sent: 10, ended: 9.4 }, null],
    [{ due: 10, sent: 10, ended: 9 }, 'behind'],
    [{ seconds: 0, ended: 0 }, 'behind'],
    [{ errorRate: 0.01 }, null],
    [{ errorRate: 0.011 }, 'errors'],
    [{ errorRate: null }, 'behind'],
    [{ inTime: false }, 'slow'],
    [{ ended: 90, sent: 98 }, 'generator'],
    [{ ended: 90, generator: 'busy' }, 'generator'],
    [{ ended: 90, generator: 'late' }, 'behind'],
    [{ errorRate: 0.5, generator: 'busy' }, 'errors'],
    [{ errorRate: 0.5, generator: 'exhausted' }, 'generator'],
    [{ inTime: false, generator: 'late' }, 'generator'],
    [{ generator: 'busy' }, null],
  ] satisfies [Partial<RateSlice>, string | null][])('with %j is %s', ([changes, trouble]) => {
    expect(troubleOf({ ...fine, ...changes })).toBe(trouble)
  })
})

describe('a step', () => {
  const bad = { ...fine, ended: 50 }
  const own: RateSlice = { ...bad, generator: 'busy' satisfies GeneratorState }

  test.for([
    [[], null],
    [[fine], null],
    [[fine, fine], 'held'],
    [[bad, bad], 'behind'],
    [[fine, bad], null],
    [[fine, bad, fine], 'held'],
    [[fine, bad, bad], 'behind'],
    [[own, own], 'generator'],
    [[own, bad], 'behind'],
  ] as const)('is decided by two slices that agree (%#)', ([slices, verdict]) => {
    expect(stepVerdict(slices)).toBe(verdict)
  })
})

describe('the latency that a rate must keep', () => {
  test('is kept below its limit, or at it where it says so', () => {
    expect(keepsAll([slo('p(99)<100ms')], { p50: 1, p95: 2, p99: 100 })).toBe(false)
    expect(keepsAll([slo('p(99)<=100ms')], { p50: 1, p95: 2, p99: 100 })).toBe(true)
    expect(keepsAll([slo('med<1s'), slo('p(95)<2ms')], { p50: 1, p95: 2, p99: null })).toBe(false)
    expect(keepsAll([], { p50: null, p95: null, p99: null })).toBe(true)
    expect(keepsAll([slo('p(50)<1s')], { p50: null, p95: null, p99: null })).toBe(false)
  })
})
