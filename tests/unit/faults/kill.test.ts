import { expect, test } from 'vitest'
import { kill } from '../../../harness/faults/kill.ts'
import { targetFaultContext } from '../../support/target-handle.ts'

test('a killed target stays down and is started again, once (P15)', async () => {
  const { clock, context, log } = targetFaultContext()
  const done = kill.target?.(kill.parse({ after: '100ms', down: '200ms' }), context)
  await clock.advance(5e9)
  await done
  expect(log).toEqual(['100: kill SIGKILL', '310: restart'])
  expect(context.tally).toEqual({ eligible: 1, fired: 1, bytes: 0 })
})

test('a kill that comes again keeps to its times, and leaves out those at which the target is down', async () => {
  const { clock, context, log, end } = targetFaultContext()
  const done = kill.target?.(kill.parse({ down: '200ms', every: '220ms', signal: 'SIGTERM' }), context)
  await clock.advance(1e9)
  end()
  await clock.advance(50e6)
  await done
  expect(log.filter((line) => line.includes('kill'))).toEqual([
    '0: kill SIGTERM',
    '440: kill SIGTERM',
    '880: kill SIGTERM',
  ])
})

test('a target that is down when the fault ends is started at once', async () => {
  const { clock, context, log, end } = targetFaultContext()
  const done = kill.target?.(kill.parse({ down: '10s' }), context)
  await clock.advance(100e6)
  end()
  await clock.advance(50e6)
  await done
  expect(log).toEqual(['0: kill SIGKILL', '100: restart'])
  expect(clock.pending()).toBe(0)
})

test('a kill that something survived has not fired', async () => {
  const { clock, context } = targetFaultContext({ kill: () => Promise.resolve(false) })
  const done = kill.target?.(kill.parse({}), context)
  await clock.advance(1e9)
  await done
  expect(context.tally).toEqual({ eligible: 1, fired: 0, bytes: 0 })
})

test('a target that does not start again is told', async () => {
  const { clock, context } = targetFaultContext({ restart: () => Promise.reject(new Error('port taken')) })
  const ended = Promise.allSettled([kill.target?.(kill.parse({}), context)])
  await clock.advance(1e9)
  expect(await ended).toEqual([{ status: 'rejected', reason: new Error('port taken') }])
})

test('a target cannot be killed more often than it is down', () => {
  expect(() => kill.parse({ down: '1s', every: '1s' })).toThrow('found every 1s, allowed: more than the 1s it is down')
})

test('a slice must be long enough for the target to die and to come back', () => {
  expect(kill.actsWithinNs?.(kill.parse({ after: '1s', down: '2s' }))).toBe(4e9)
})
