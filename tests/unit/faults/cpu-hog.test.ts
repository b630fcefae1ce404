import { expect, test } from 'vitest'
import { cpuHog } from '../../../harness/faults/cpu-hog.ts'
import { targetFaultContext } from '../../support/target-handle.ts'

test('hogs burn until the fault ends, and count when they used CPU', async () => {
  const { clock, context, log, end } = targetFaultContext()
  const done = cpuHog.target?.(cpuHog.parse({ workers: 3, share: '50%' }), context)
  await clock.advance(2e9)
  end()
  await done
  expect(log).toEqual(['0: hog 3 x 0.5', '2000: unhog'])
  // The first of the three used none.
  expect(context.tally).toEqual({ eligible: 3, fired: 2, bytes: 0 })
  expect(context.counters).toEqual({ 'cpuHog.ns': 300e6 })
})

test('no hogs, or hogs that want nothing, are no fault', () => {
  expect(cpuHog.active(cpuHog.parse({ workers: 0 }))).toBe(false)
  expect(cpuHog.active(cpuHog.parse({ share: 0 }))).toBe(false)
  expect(cpuHog.parse({})).toEqual({ workers: 1, share: 1 })
})
