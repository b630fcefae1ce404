import { expect, test } from 'vitest'
import { parseRule } from '../../../harness/faults/rules.ts'
import type { TargetHandle } from '../../../harness/faults/target-fault.ts'
import { createVirtualClock } from '../../../harness/kernel/virtual-clock.ts'
import { hasTargetFaults, startTargetFaults } from '../../../harness/run/target-faults.ts'
import { fakeTarget } from '../../support/target-handle.ts'

const forEver = Number.POSITIVE_INFINITY

function started(raw: object, { untilNs = forEver, answers = {} as Partial<TargetHandle> } = {}) {
  const clock = createVirtualClock()
  const { handle, log } = fakeTarget(clock, answers)
  const failures: unknown[] = []
  const failed = (error: unknown): void => void failures.push(error)
  const options = { handle, clock, originNs: 1e9, untilNs, failed }
  const faults = startTargetFaults([parseRule('policy', raw)], options)
  return { clock, faults, log, failures }
}

test('faults on the target begin at the origin and are over at their end, undone', async () => {
  const { clock, faults, log } = started({ fault: { pause: { every: '1s', for: '300ms' } } }, { untilNs: 3.2e9 })
  await clock.advance(10e9)
  await faults.stop()
  expect(log).toEqual(['2000: freeze', '2300: thaw', '3000: freeze', '3200: thaw'])
  expect(faults.tallies).toEqual({ pause: { eligible: 2, fired: 2, bytes: 0 } })
})

test('faults on the target follow the schedule of their rule (F36)', async () => {
  const schedule = { flapping: { on: '1s', off: '2s' } }
  const { clock, faults, log } = started({ fault: { cpuHog: { workers: 2 } }, schedule })
  await clock.advance(5.5e9)
  await faults.stop()
  expect(log).toEqual(['1000: hog 2 x 1', '2000: unhog', '4000: hog 2 x 1', '5000: unhog'])
})

test('several faults on the target act at once', async () => {
  const { clock, faults } = started({ fault: { cpuHog: {}, kill: { after: '500ms' } } })
  await clock.advance(4e9)
  await faults.stop()
  expect(Object.keys(faults.tallies).toSorted()).toEqual(['cpuHog', 'kill'])
  expect(faults.tallies['kill']).toEqual({ eligible: 1, fired: 1, bytes: 0 })
})

test('what fails is told once, and the fault does nothing more', async () => {
  const answers = { restart: () => Promise.reject(new Error('gone')) }
  const { clock, faults, failures, log } = started({ fault: { kill: { every: '1s' } } }, { answers })
  await clock.advance(10e9)
  await faults.stop()
  expect(failures).toHaveLength(1)
  expect(log).toEqual(['1000: kill SIGKILL'])
  expect(clock.pending()).toBe(0)
})

test('a fault that is stopped before its origin has done nothing', async () => {
  const { clock, faults, log } = started({ fault: { kill: {} } })
  await clock.advance(0.5e9)
  await faults.stop()
  expect(log).toEqual([])
  expect(clock.pending()).toBe(0)
})

test('rules without such faults, and rules that are disabled, leave the target alone', async () => {
  expect(hasTargetFaults([parseRule('policy', { fault: { reset: { probability: 1 } } })])).toBe(false)
  expect(hasTargetFaults([parseRule('policy', { fault: { kill: {} }, enabled: false })])).toBe(false)
  const { clock, faults, log } = started({ fault: { reset: { probability: 1 } } })
  await clock.advance(5e9)
  await faults.stop()
  expect(log).toEqual([])
})
