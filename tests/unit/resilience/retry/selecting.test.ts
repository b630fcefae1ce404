import { describe, expect, it } from 'vitest'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { failure, success } from '../../../../harness/resilience/outcome.ts'
import { openSelecting } from '../../../../harness/resilience/retry/selecting.ts'
import { delaysOf, type OperationDelays } from '../../../../harness/resilience/retry/strategy.ts'

const reset = failure('reset')

/** Strategies that are told from one another by their delay. */
const options = [10, 20, 30].map((delayNs) => delaysOf(() => delayNs))
const open = (explore = 5, exploreShare = 0) => openSelecting(options, { explore, exploreShare })

/** One operation that fails once, and then ends as its strategy makes it; returns the delay that was chosen. */
function run(operation: OperationDelays, end: (delayNs: number) => { readonly ok: boolean; readonly tookNs: number }) {
  operation.begin()
  operation.attemptEnded(reset, 1000)
  const delayNs = operation.delayNs(2)
  const { ok, tookNs } = end(delayNs)
  operation.attemptEnded(ok ? success : reset, 1000 + tookNs)
  operation.ended(ok, 1000 + tookNs)
  return delayNs
}

function chosen(count: number, end: Parameters<typeof run>[1], shared = open()): number[] {
  const operation = shared.operation(createRng(1))
  return Array.from({ length: count }, () => run(operation, end))
}

describe('selecting among strategies', () => {
  it('tries each as often as it is told before it prefers one (S10, P69)', () => {
    const first = chosen(15, () => ({ ok: true, tookNs: 5 }))
    for (const delayNs of [10, 20, 30]) expect(first.filter((one) => one === delayNs)).toHaveLength(5)
  })

  it('prefers the one that succeeds, though others fail faster (S10, P69)', () => {
    const all = chosen(100, (delayNs) => ({ ok: delayNs === 30, tookNs: delayNs * 100 }))
    expect(new Set(all.slice(15))).toEqual(new Set([30]))
  })

  it('prefers the quickest of those that succeed alike (S10)', () => {
    const all = chosen(100, (delayNs) => ({ ok: delayNs !== 10, tookNs: delayNs }))
    expect(new Set(all.slice(15))).toEqual(new Set([20]))
  })

  it('goes on trying any now and then (S10)', () => {
    const all = chosen(10_000, (delayNs) => ({ ok: delayNs === 10, tookNs: 5 }), open(5, 0.1)).slice(15)
    const others = all.filter((one) => one !== 10).length / all.length
    // Two thirds of a tenth.
    expect(others).toBeGreaterThan(0.055)
    expect(others).toBeLessThan(0.08)
  })

  it('turns to another when the target has changed', () => {
    const shared = open(5, 0.05)
    chosen(2000, (delayNs) => ({ ok: delayNs === 10, tookNs: 5 }), shared)
    const later = chosen(2000, (delayNs) => ({ ok: delayNs === 20, tookNs: 5 }), shared)
    expect(later.slice(-500).filter((one) => one === 20).length).toBeGreaterThan(400)
  })

  it('keeps to one strategy within an operation, and learns nothing from one without a repetition', () => {
    const shared = open(1)
    const operation = shared.operation(createRng(1))
    for (let count = 0; count < 10; count++) {
      operation.begin()
      operation.attemptEnded(success, 0)
      operation.ended(true, 0)
    }
    operation.begin()
    operation.attemptEnded(reset, 0)
    expect([2, 3, 4].map((call) => operation.delayNs(call))).toEqual([10, 10, 10])
    operation.ended(false, 50)
    expect(chosen(2, () => ({ ok: true, tookNs: 1 }), shared)).toEqual([20, 30])
  })
})
