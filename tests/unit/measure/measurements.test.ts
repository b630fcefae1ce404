import { describe, expect, it } from 'vitest'
import type { ArmIdentity } from '../../../harness/measure/arm.ts'
import { emptyCounts } from '../../../harness/measure/counts.ts'
import { createHistogram } from '../../../harness/measure/histogram.ts'
import { addSlice, emptyArm, type SliceMeasurement } from '../../../harness/measure/measurements.ts'

const identity: ArmIdentity = { id: 'x', phase: 'x', phaseKind: 'policy', kind: 'policy', path: 'relay', policy: 'x' }

function slice(changes: Partial<SliceMeasurement> = {}): SliceMeasurement {
  const { identity: _identity, slices: _slices, ...empty } = emptyArm(identity, 1)
  const all = emptyCounts(1)
  all.operations.count = 5
  empty.latencies.ok.record(1000)
  return { ...empty, workers: 6, measuredNs: 1e9, all, ...changes }
}

describe('an arm', () => {
  it('has the counts and latencies of all its slices', () => {
    const arm = emptyArm(identity, 1)
    addSlice(arm, slice())
    addSlice(arm, slice({ tallies: { reset: { eligible: 4, fired: 1, bytes: 10 } }, policyCounters: { retries: 3 } }))
    expect(arm).toMatchObject({ slices: 2, workers: 6, measuredNs: 2e9, policyCounters: { retries: 3 } })
    expect(arm.all.operations.count).toBe(10)
    expect(arm.latencies.ok.count).toBe(2)
    expect(arm.tallies).toEqual({ reset: { eligible: 4, fired: 1, bytes: 10 } })
  })

  it('adds up what the target counted, and has no count where one slice has none', () => {
    const arm = emptyArm(identity, 1)
    addSlice(arm, slice({ server: { requests: 5, slack: 0 } }))
    addSlice(arm, slice({ server: { requests: 6, slack: 1 } }))
    expect(arm.server).toEqual({ requests: 11, slack: 1 })
    addSlice(arm, slice({ server: null }))
    expect(arm.server).toBeNull()
  })

  it("keeps the first problem of the target's own count", () => {
    const arm = emptyArm(identity, 1)
    addSlice(arm, slice({ server: { problem: 'first' } }))
    addSlice(arm, slice({ server: { requests: 6, slack: 0 } }))
    addSlice(arm, slice({ server: { problem: 'second' } }))
    expect(arm.server).toEqual({ problem: 'first' })
  })

  it('takes CPU that is not known as not measured, never as 0', () => {
    const arm = emptyArm(identity, 1)
    addSlice(arm, slice({ targetCpuMs: null, relayCpuMs: 5 }))
    addSlice(arm, slice({ targetCpuMs: null, relayCpuMs: null }))
    expect(arm.targetCpuMs).toBeNull()
    expect(arm.relayCpuMs).toBe(5)
  })

  it('keeps the first few distinct samples of errors', () => {
    const arm = emptyArm(identity, 1)
    addSlice(arm, slice({ errorSamples: ['a', 'b'] }))
    addSlice(arm, slice({ errorSamples: ['b', 'c', 'd', 'e', 'f'] }))
    expect(arm.errorSamples).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('has histograms of its own', () => {
    const arm = emptyArm(identity, 1)
    arm.latencies.ok.record(1)
    expect(createHistogram().count).toBe(0)
    expect(arm.latencies.failed.count).toBe(0)
  })
})
