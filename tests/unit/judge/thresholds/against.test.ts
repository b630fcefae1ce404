import { describe, expect, test } from 'vitest'
import {
  baselinesOf,
  comparablesOf,
  noReference,
  type ReferenceFigures,
} from '../../../../harness/judge/thresholds/against.ts'
import { watchWindows } from '../../../../harness/judge/windows.ts'
import type { ArmIdentity } from '../../../../harness/measure/arm.ts'
import { type ArmMeasurement, emptyArm } from '../../../../harness/measure/measurements.ts'
import { stressArm, windowAt, type WindowShape } from '../../../support/stress-windows.ts'

const { phase } = stressArm

/** A baseline of ten successes of 10 ms and as many failures of 500 ms. */
function baseline(path: ArmIdentity['path'], slices = 1): [string, ArmMeasurement] {
  const arm = emptyArm({ ...stressArm, id: `baseline/baseline-${path}`, phase: 'baseline', path }, [])
  arm.slices = slices
  for (let count = 0; count < 10; count++) {
    arm.latencies.ok.record(10_000)
    arm.latencies.failed.record(500_000)
  }
  Object.assign(arm.measured.operations, { ok: 10, failed: 10 })
  return [arm.identity.id, arm]
}

function figuresOfReference(perSecond: number) {
  return { ...noFigures, okPerSecond: perSecond }
}

const noFigures = {
  judgedLatencyMs: { min: null, mean: null, p50: null, p90: null, p95: null, p99: null, p999: null, max: null },
  percentileMs: () => null,
  errorRate: null,
  okPerSecond: null,
  failed: 0,
  ended: 0,
  degraded: 0,
}

const reference: ReferenceFigures = {
  whyNone: null,
  arm: (id) => (id === phase ? figuresOfReference(1) : null),
  successes: (id) => (id === phase ? figuresOfReference(2) : null),
  windows: (of, faults) => (of === phase ? figuresOfReference(3 + faults.length) : null),
}

function comparables(windows: readonly WindowShape[], measured: readonly [string, ArmMeasurement][], stepped = true) {
  const watch = watchWindows(stepped ? [phase] : [])
  for (const [index, shape] of windows.entries()) watch.add(windowAt(index, shape))
  return comparablesOf({
    arms: [stressArm],
    baselines: baselinesOf(new Map(measured)),
    windows: () => watch.read(),
    reference,
  })
}

describe('what a limit is relative to', () => {
  test('of an arm, is the baseline of its own path', () => {
    const found = comparables([], [baseline('relay'), baseline('direct', 0)])
    expect(found.ofArm({ id: 'x', path: 'relay' }).baseline?.judgedLatencyMs.p99).toBeCloseTo(500, -1)
    // An arm whose only slice failed was not measured.
    expect(found.ofArm({ id: 'x', path: 'direct' }).baseline).toBeNull()
    expect(found.ofArm({ id: phase, path: 'relay' }).reference?.okPerSecond).toBe(1)
  })

  test('of windows without a fault, is the successes of that baseline, as windows have no others', () => {
    const against = comparables([{}], [baseline('direct')], false).ofWindows(phase, [])
    expect(against.baseline?.judgedLatencyMs.max).toBeCloseTo(10, 0)
    expect(against.baseline?.percentileMs(99)).toBeCloseTo(10, 0)
    expect(against.baseline?.errorRate).toBe(0.5)
    expect(against.reference?.okPerSecond).toBe(2)
  })

  test('of windows under a policy, is those of the same phase without a fault', () => {
    const windows = [{ ms: 90, faults: ['slow'] }, { ms: 20 }, { ms: 20 }]
    const found = comparables(windows, [baseline('direct')])
    expect(found.ofWindows(phase, ['slow']).baseline?.percentileMs(50)).toBeCloseTo(20, 0)
    expect(found.ofWindows(phase, []).baseline?.percentileMs(50)).toBeCloseTo(10, 0)
    expect(
      [found.ofWindows(phase, ['slow']), found.ofWindows(phase, [])].map((one) => one.reference?.okPerSecond),
    ).toEqual([4, 3])
    expect(comparables([{ faults: ['slow'] }], [baseline('direct')]).ofWindows(phase, ['slow']).baseline).toBeNull()
  })

  test('is nothing where nobody looked for a reference, and that says why', () => {
    expect([noReference.arm(phase), noReference.successes(phase), noReference.windows(phase, [])]).toEqual([
      null,
      null,
      null,
    ])
    expect(noReference.whyNone).toMatch(/^no reference/u)
  })
})
