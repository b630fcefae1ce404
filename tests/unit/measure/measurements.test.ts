import { describe, expect, it } from 'vitest'
import type { ArmIdentity } from '../../../harness/measure/arm.ts'
import { emptyCounts } from '../../../harness/measure/counts.ts'
import { createHistogram } from '../../../harness/measure/histogram.ts'
import { addSlice, emptyArm, type SliceMeasurement } from '../../../harness/measure/measurements.ts'

const identity: ArmIdentity = { id: 'x', phase: 'x', phaseKind: 'policy', kind: 'policy', path: 'relay', policy: 'x' }

function slice(changes: Partial<SliceMeasurement> = {}): SliceMeasurement {
  const { identity: _identity, slices: _slices, throughput: _throughput, ...empty } = emptyArm(identity, ['a'])
  const all = emptyCounts(['a'])
  all.operations.count = 5
  empty.latencies.ok.record(1000)
  return { ...empty, use: 'both', workers: 6, measuredNs: 1e9, all, ...changes }
}

describe('an arm', () => {
  it('has the counts and latencies of all its slices', () => {
    const arm = emptyArm(identity, ['a'])
    addSlice(arm, slice())
    addSlice(arm, slice({ tallies: { reset: { eligible: 4, fired: 1, bytes: 10 } }, policyCounters: { retries: 3 } }))
    expect(arm).toMatchObject({ slices: 2, workers: 6, measuredNs: 2e9, policyCounters: { retries: 3 } })
    expect(arm.all.operations.count).toBe(10)
    expect(arm.latencies.ok.count).toBe(2)
    expect(arm.tallies).toEqual({ reset: { eligible: 4, fired: 1, bytes: 10 } })
  })

  it('adds up what the target counted, and has no count where one slice has none', () => {
    const arm = emptyArm(identity, ['a'])
    addSlice(arm, slice({ server: { requests: 5, slack: 0 } }))
    addSlice(arm, slice({ server: { requests: 6, slack: 1 } }))
    expect(arm.server).toEqual({ requests: 11, slack: 1 })
    addSlice(arm, slice({ server: null }))
    expect(arm.server).toBeNull()
  })

  it("keeps the first problem of the target's own count", () => {
    const arm = emptyArm(identity, ['a'])
    addSlice(arm, slice({ server: { problem: 'first' } }))
    addSlice(arm, slice({ server: { requests: 6, slack: 0 } }))
    addSlice(arm, slice({ server: { problem: 'second' } }))
    expect(arm.server).toEqual({ problem: 'first' })
  })

  it('takes CPU that is not known as not measured, never as 0', () => {
    const arm = emptyArm(identity, ['a'])
    addSlice(arm, slice({ targetCpuMs: null, relayCpuMs: 5 }))
    addSlice(arm, slice({ targetCpuMs: null, relayCpuMs: null }))
    expect(arm.targetCpuMs).toBeNull()
    expect(arm.relayCpuMs).toBe(5)
  })

  it('counts texts of errors, twenty of them apart and the rest as other (P34)', () => {
    const arm = emptyArm(identity, ['a'])
    addSlice(arm, slice({ errorTexts: { a: 2, b: 1 } }))
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`text ${index}`, 1]))
    addSlice(arm, slice({ errorTexts: { b: 4, ...many } }))
    expect(arm.errorTexts).toMatchObject({ a: 2, b: 5, 'text 0': 1, 'text 17': 1, other: 12 })
    expect(Object.keys(arm.errorTexts)).toHaveLength(21)
  })

  it('takes throughput and latency each from the slices that serve it', () => {
    const arm = emptyArm(identity, ['a'])
    const measured = emptyCounts(['a'])
    measured.operations.ok = 90
    measured.operations.failed = 10
    Object.assign(measured.iterations, { count: 52, ok: 40, failed: 10, interrupted: 2 })
    addSlice(arm, slice({ use: 'throughput', measured }))
    expect(arm.latencies.ok.count).toBe(0)
    addSlice(arm, slice({ use: 'latency', measured }))
    expect(arm.latencies.ok.count).toBe(1)
    expect(arm.throughput).toEqual({ ok: 90, iterations: 50, ns: 1e9 })
    expect(arm.measured.operations.ok).toBe(180)
  })

  it('has histograms of its own', () => {
    const arm = emptyArm(identity, ['a'])
    arm.latencies.ok.record(1)
    expect(createHistogram().count).toBe(0)
    expect(arm.latencies.failed.count).toBe(0)
  })
})
