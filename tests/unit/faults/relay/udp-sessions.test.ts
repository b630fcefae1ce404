import { expect, test } from 'vitest'
import { openUdpCounters } from '../../../../harness/faults/relay/udp-counters.ts'
import { UdpSessions } from '../../../../harness/faults/relay/udp-sessions.ts'
import type { LocalEnd } from '../../../../harness/kernel/kernel-drops.ts'
import { TimerWheel } from '../../../../harness/kernel/timer-wheel.ts'
import { createVirtualClock } from '../../../../harness/kernel/virtual-clock.ts'

const second = 1e9

interface Fake {
  readonly name: string
  lastNs: number
  held: number
  readonly localEnd: LocalEnd
  ended: boolean
  destroy(): void
}

function table() {
  const clock = createVirtualClock()
  const counters = openUdpCounters({})
  const readings: number[] = []
  const sessions = new UdpSessions<Fake>({
    clock,
    wheel: new TimerWheel(clock),
    counters,
    drops: { closing: (ends) => readings.push(ends.length) },
  })
  const made: Fake[] = []
  const of = (name: string): Fake => {
    const session = sessions.of(name, () => {
      const localEnd = { address: '127.0.0.1', port: made.length }
      const fake: Fake = { name, lastNs: 0, held: 0, localEnd, ended: false, destroy: () => void (fake.ended = true) }
      made.push(fake)
      return fake
    })
    session.lastNs = clock.nowNs()
    return session
  }
  const live = (): string[] => made.filter(({ ended }) => !ended).map(({ name }) => name)
  return { clock, counters, sessions, of, live, made, readings }
}

test('a client has one session for as long as it goes on', () => {
  const { of, counters } = table()
  expect(of('a')).toBe(of('a'))
  expect(of('b')).not.toBe(of('a'))
  expect(counters['udp.sessions']).toBe(2)
})

test('a session ends after 60 s of silence, and no other', async () => {
  const { of, live, clock, counters } = table()
  of('a')
  await clock.advance(30 * second)
  of('b')
  await clock.advance(29.9 * second)
  expect(live()).toEqual(['a', 'b'])
  of('b')
  await clock.advance(1.2 * second)
  expect(live()).toEqual(['b'])
  await clock.advance(62 * second)
  expect(live()).toEqual([])
  expect(counters['udp.expired']).toBe(2)
  expect(clock.pending()).toBe(0)
})

test('a session that holds something is not over', async () => {
  const { of, live, sessions, clock } = table()
  of('a').held = 1
  await clock.advance(100 * second)
  expect(sessions.waiting).toBe(1)
  of('a').held = 0
  await clock.advance(62 * second)
  expect(live()).toEqual([])
})

test('there are never more than 4,096: those go first that were silent longest, many at once', async () => {
  const { of, live, clock, counters, readings } = table()
  for (let n = 0; n < 4096; n++) of(`c${n}`)
  await clock.advance(second)
  for (let n = 0; n < 10; n++) of(`c${n}`)
  of('new')
  expect(live()).toHaveLength(4096 - 64 + 1)
  expect(live().slice(0, 11)).toEqual([...Array.from({ length: 10 }, (_, n) => `c${n}`), 'c74'])
  expect(counters['udp.evicted']).toBe(64)
  expect(readings).toEqual([64])
})

test('who comes again in a later slice begins a session of it', () => {
  const { of, made, sessions, counters } = table()
  const before = of('a')
  sessions.nextSlice(Number.NEGATIVE_INFINITY)
  expect(before.ended).toBe(false)
  expect(of('a')).not.toBe(before)
  expect([before.ended, made.length, counters['udp.superseded']]).toEqual([true, 2, 1])
})

test('with a slice ends what was silent since the one before', async () => {
  const { of, live, sessions, clock, counters } = table()
  of('a')
  of('b').held = 1
  await clock.advance(second)
  of('c')
  sessions.nextSlice(second)
  expect(live()).toEqual(['b', 'c'])
  expect(counters['udp.expired']).toBe(1)
})

test('closed, it has ended all and leaves no timer', async () => {
  const { of, live, sessions, clock } = table()
  of('a')
  sessions.drop(of('b'))
  expect(live()).toEqual(['a'])
  sessions.close()
  expect(live()).toEqual([])
  await clock.advance(0)
  expect(clock.pending()).toBe(0)
})
