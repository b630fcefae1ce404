import { expect, test } from 'vitest'
import { pause } from '../../../harness/faults/pause.ts'
import { targetFaultContext } from '../../support/target-handle.ts'

test('a target stands still for its time in each period', async () => {
  const { clock, context, log, end } = targetFaultContext()
  const done = pause.target?.(pause.parse({ every: '500ms', for: '100ms' }), context)
  await clock.advance(1.2e9)
  end()
  await done
  expect(log).toEqual(['500: freeze', '600: thaw', '1000: freeze', '1100: thaw'])
  expect(context.tally).toEqual({ eligible: 2, fired: 2, bytes: 0 })
  expect(context.counters).toEqual({ 'pause.ns': 200e6 })
})

test('a target that is paused when the fault ends goes on at once', async () => {
  const { clock, context, log, end } = targetFaultContext()
  const done = pause.target?.(pause.parse({ every: '2s', for: '1s' }), context)
  await clock.advance(2.1e9)
  end()
  await done
  expect(log).toEqual(['2000: freeze', '2100: thaw'])
  expect(clock.pending()).toBe(0)
})

test('a target is let go on when it could not be stopped, and when that failed', async () => {
  const failing = targetFaultContext({ freeze: () => Promise.reject(new Error('no /proc')) })
  const failed = Promise.allSettled([pause.target?.(pause.parse({ every: '1s', for: '1ms' }), failing.context)])
  await failing.clock.advance(2e9)
  expect(await failed).toEqual([{ status: 'rejected', reason: new Error('no /proc') }])
  expect(failing.log).toEqual(['1000: thaw'])

  const moving = targetFaultContext({ freeze: () => Promise.resolve(false) })
  const done = pause.target?.(pause.parse({ every: '1s', for: '100ms' }), moving.context)
  await moving.clock.advance(1.5e9)
  moving.end()
  await done
  expect(moving.log).toEqual(['1100: thaw'])
  expect(moving.context.tally).toEqual({ eligible: 1, fired: 0, bytes: 0 })
})

test('a pause is shorter than its period', () => {
  expect(() => pause.parse({ every: '1s', for: '1s' })).toThrow('found 1s of every 1s')
  expect(pause.active(pause.parse({ every: '1s', for: '0s' }))).toBe(false)
})
