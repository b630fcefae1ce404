import { beforeEach, describe, expect, test } from 'vitest'
import { TimerWheel } from '../../../../harness/kernel/timer-wheel.ts'
import { createVirtualClock, type VirtualClock } from '../../../../harness/kernel/virtual-clock.ts'
import { openCounters } from '../../../../harness/load/udp/counters.ts'
import { payloadOf } from '../../../../harness/load/udp/datagram.ts'
import { type PreparedDatagram, UdpLane } from '../../../../harness/load/udp/lane.ts'
import type { Attempt } from '../../../../harness/load/udp/socket.ts'
import type { Outcome } from '../../../../harness/resilience/outcome.ts'

const timeoutNs = 1e9

const request = (reply = true): PreparedDatagram => ({
  idempotent: false,
  sizeBytes: 64,
  payload: payloadOf(64),
  reply,
  checks: null,
})

const refusal = Object.assign(new Error('send ECONNREFUSED'), { code: 'ECONNREFUSED' })
const noBuffers = Object.assign(new Error('send ENOBUFS'), { code: 'ENOBUFS' })

/** A socket that does nothing by itself. */
class FakeSocket {
  connected = true
  readonly calls: string[] = []
  readonly headers: Buffer[] = []

  reach(): boolean {
    return this.connected
  }

  send(attempt: Attempt): void {
    this.calls.push('send')
    this.headers.push(attempt.header)
  }

  sendAgain(): void {
    this.calls.push('again')
  }

  forget(_: Attempt, fate: string): void {
    this.calls.push(fate)
  }

  reported(): void {
    this.calls.push('reported')
  }
}

let clock: VirtualClock
let socket: FakeSocket
let lane: UdpLane
let counters: Record<string, number>
let postponed: (() => void)[]
let events: string[]
let onEnd: (() => void) | null

beforeEach(() => {
  clock = createVirtualClock()
  socket = new FakeSocket()
  counters = {}
  postponed = []
  events = []
  onEnd = null
  const wheel = new TimerWheel(clock)
  const options = {
    context: { clock, wheel, timeoutNs },
    counters: openCounters(counters),
    postpone: (callback: () => void) => void postponed.push(callback),
  }
  lane = new UdpLane(options, socket, {
    granted: () => events.push('granted'),
    connected: () => events.push('connected'),
    firstByte: () => events.push('firstByte'),
    resent: () => events.push('resent'),
    attemptEnded: (outcome: Outcome, _, detail) => {
      events.push(`${outcome.error ?? 'ok'}${detail === null ? '' : `: ${detail}`}`)
      onEnd?.()
    },
  })
})

describe('the end of an attempt that has no answer', () => {
  test('is a timeout when it never had a socket', async () => {
    socket.connected = false
    lane.start(request(), clock.nowNs())
    await clock.advance(timeoutNs)
    expect(events).toEqual(['timeout: no socket in time'])
    expect(socket.calls).toEqual(['unclaimed'])
  })

  test('is exhausted when the kernel had no room for its datagram', async () => {
    lane.start(request(), clock.nowNs())
    await clock.advance(timeoutNs)
    expect(events).toEqual(['exhausted: the kernel had no room for the datagram'])
    expect(socket.calls).toEqual(['send', 'unclaimed'])
    lane.taken(null)
    expect([events.length, counters['udp.sent'], counters['udp.lost']]).toEqual([1, 1, 0])
  })

  test('is lost when the kernel has taken it', async () => {
    lane.start(request(), clock.nowNs())
    lane.taken(null)
    await clock.advance(timeoutNs - 1)
    expect(events).toEqual([])
    await clock.advance(1)
    expect(events).toEqual(['lost'])
    expect(socket.calls).toEqual(['send', 'lost'])
    expect(clock.pending()).toBe(0)
  })

  test('is exhausted at once when the kernel says so', () => {
    lane.start(request(), clock.nowNs())
    lane.taken(noBuffers)
    expect(events).toEqual(['exhausted: ENOBUFS'])
    expect([counters['udp.sent'], lane.sentBytes]).toEqual([0, 0])
  })
})

describe('a datagram that the kernel still holds', () => {
  test('keeps its header, and what becomes of it is not taken for what becomes of the next', () => {
    lane.start(request(), clock.nowNs())
    lane.cancel()
    lane.start(request(), clock.nowNs())
    expect(socket.headers[0]).not.toBe(socket.headers[1])
    lane.taken(noBuffers)
    expect(events).toEqual([])
    expect(lane.isSent).toBe(false)
    lane.taken(null)
    expect(lane.isSent).toBe(true)
    expect(counters['udp.sent']).toBe(1)
  })

  test('leaves its header to the next one once it is sent', () => {
    lane.start(request(), clock.nowNs())
    lane.taken(null)
    lane.cancel()
    lane.start(request(), clock.nowNs())
    expect(socket.headers[0]).toBe(socket.headers[1])
  })
})

describe('a refusal while sending', () => {
  test('is of an earlier datagram, and this one is sent again', () => {
    lane.start(request(), clock.nowNs())
    lane.taken(refusal)
    expect(socket.calls).toEqual(['send', 'reported', 'again'])
    lane.taken(null)
    expect([events, lane.isSent, counters['udp.sent']]).toEqual([[], true, 1])
  })

  test('ends the attempt when it comes again and again', () => {
    lane.start(request(), clock.nowNs())
    for (let i = 0; i < 3; i++) lane.taken(refusal)
    expect(events).toEqual(['refused: ECONNREFUSED'])
    expect(socket.calls).toEqual(['send', 'reported', 'again', 'reported', 'again', 'reported', 'unclaimed'])
  })
})

describe('a datagram without an answer', () => {
  test('ends in the next turn, once, also when its lane was cancelled and started again before', () => {
    lane.start(request(false), clock.nowNs())
    lane.taken(null)
    expect(events).toEqual([])
    lane.cancel()
    lane.start(request(false), clock.nowNs())
    lane.taken(null)
    for (const callback of postponed.splice(0)) callback()
    expect(events).toEqual(['ok'])
    expect(counters['udp.cancelled']).toBe(0)
  })

  test('can be followed by the next within its end', () => {
    lane.start(request(false), clock.nowNs())
    lane.taken(null)
    onEnd = () => {
      onEnd = null
      lane.start(request(false), clock.nowNs())
    }
    for (const callback of postponed.splice(0)) callback()
    lane.taken(null)
    expect(events).toEqual(['ok'])
    for (const callback of postponed.splice(0)) callback()
    expect(events).toEqual(['ok', 'ok'])
  })
})

describe('the socket of an attempt', () => {
  test('is waited for, and told of as made or as there at last', () => {
    socket.connected = false
    lane.start(request(), clock.nowNs())
    lane.ready(false, clock.nowNs())
    expect([events, socket.calls]).toEqual([['granted'], ['send']])
  })

  test('is not waited for by an attempt that is given up', async () => {
    socket.connected = false
    lane.start(request(), clock.nowNs())
    lane.cancel()
    await clock.advance(0)
    expect([socket.calls, events, clock.pending()]).toEqual([['unclaimed'], [], 0])
  })
})
