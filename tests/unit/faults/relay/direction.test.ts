import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import { noDecisions } from '../../../../harness/faults/decisions.ts'
import type { Piece, StreamStage } from '../../../../harness/faults/fault.ts'
import type { ActiveFault } from '../../../../harness/faults/faults.ts'
import { RelayDirection } from '../../../../harness/faults/relay/direction.ts'
import { createMeters } from '../../../../harness/faults/relay/meters.ts'
import { emptyCounts, RuleState } from '../../../../harness/faults/relay/rule-state.ts'
import { RuleStages } from '../../../../harness/faults/relay/rule-stages.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { TimerWheel } from '../../../../harness/kernel/timer-wheel.ts'
import { createVirtualClock } from '../../../../harness/kernel/virtual-clock.ts'
import { ruleOf } from '../../../support/stream-arm.ts'

/** A rule with one stage that is written for the test. */
function ruleWith(stage: StreamStage): RuleStages {
  const state = new RuleState('layer', ruleOf({}), emptyCounts(), { ns: 0 })
  const fault = { keyword: 'test', stream: () => stage } as unknown as ActiveFault['fault']
  Object.assign(state, { active: [{ fault, settings: {}, direction: 'downlink' }] })
  return new RuleStages(state, {
    rng: createRng(1),
    decisions: noDecisions.connection('a', 0, 0),
    counters: {},
    addedNs: { uplink: 0, downlink: 0 },
    hurry: () => {},
    act: () => {},
  })
}

const delaying = (ns: number): StreamStage => ({
  push(piece, next) {
    piece.dueNs += ns
    next(piece)
  },
})

/** One direction between two sockets that are none, in virtual time. */
function directionWith(...rules: RuleStages[]) {
  const clock = createVirtualClock()
  const wheel = new TimerWheel(clock)
  const meters = createMeters()
  const seen = { left: [] as [number, string][], ended: -1, paused: false, discarded: 0 }
  let accept = (): void => {}
  let stuck = false
  const to = new Duplex({
    highWaterMark: 100,
    read() {},
    write(chunk: Buffer, _encoding, written) {
      seen.left.push([clock.nowNs() / 1e6, chunk.toString()])
      if (stuck) accept = written
      else written()
    },
    final(ended) {
      seen.ended = clock.nowNs() / 1e6
      ended()
    },
  })
  const from = { pause: () => (seen.paused = true), resume: () => (seen.paused = false) } as unknown as Socket
  const direction = new RelayDirection({
    direction: 'downlink',
    from,
    to: to as unknown as Socket,
    meters,
    clock,
    wheel,
    discarded: (bytes) => (seen.discarded += bytes),
  })
  direction.use(rules)
  return {
    direction,
    clock,
    wheel,
    meters,
    seen,
    stick: () => (stuck = true),
    accept: () => {
      stuck = false
      accept()
    },
  }
}

const bytes = (text: string): Buffer => Buffer.from(text)

describe('a direction of a stream', () => {
  it('without stages writes bytes through at once, and its end after them', () => {
    const { direction, seen, wheel, meters } = directionWith()
    direction.receive(bytes('one'))
    direction.finish()
    expect(seen.left).toEqual([[0, 'one']])
    expect([wheel.size, meters.injectedDelay.count]).toEqual([0, 0])
  })

  it('lets pieces leave in their order, each when it is due, none before the last', async () => {
    const delays = [30e6, 10e6, 40e6]
    const rule = ruleWith({
      push(piece, next) {
        piece.dueNs += delays.shift()!
        next(piece)
      },
    })
    const { direction, clock, seen, meters } = directionWith(rule)
    for (const text of ['a', 'b', 'c']) direction.receive(bytes(text))
    direction.finish()
    expect(meters.heldBytes).toBe(3)
    await clock.advance(100e6)
    expect(seen.left).toEqual([
      [30, 'a'],
      [30, 'b'],
      [40, 'c'],
    ])
    expect([seen.ended, meters.heldBytes]).toEqual([40, 0])
    expect(meters.askedDelay.summary()).toEqual(meters.injectedDelay.summary())
    expect(meters.injectedDelayError.summary()).toMatchObject({ count: 3, max: 0 })
  })

  it('lets bytes without a stage wait for those before them', async () => {
    const { direction, clock, seen } = directionWith(ruleWith(delaying(20e6)))
    direction.receive(bytes('a'))
    direction.use([])
    direction.receive(bytes('b'))
    await clock.advance(100e6)
    expect(seen.left).toEqual([
      [20, 'a'],
      [20, 'b'],
    ])
  })

  it('lets leave at once what has become due earlier (P8)', async () => {
    const pieces: Piece[] = []
    const rule = ruleWith({
      push(piece, next) {
        pieces.push(piece)
        piece.dueNs += 1e9
        next(piece)
      },
    })
    const { direction, clock, seen } = directionWith(rule)
    direction.receive(bytes('a'))
    await clock.advance(10e6)
    pieces[0]!.dueNs = 25e6
    direction.hurry()
    await clock.advance(100e6)
    expect(seen.left).toEqual([[25, 'a']])
  })

  it('takes off what a rule that is gone had added, and leaves what the others have', async () => {
    const [first, second] = [ruleWith(delaying(20e6)), ruleWith(delaying(1e9))]
    const { direction, clock, seen } = directionWith(first, second)
    direction.receive(bytes('a'))
    await clock.advance(5e6)
    second.state.removed = true
    direction.release(clock.nowNs())
    direction.use([first])
    direction.receive(bytes('b'))
    await clock.advance(100e6)
    expect(seen.left).toEqual([
      [20, 'a'],
      [25, 'b'],
    ])
  })

  it('holds its end for a stage that asks for it, until that is gone', async () => {
    const rule = ruleWith({ push: (piece, next) => next(piece), end: (readyNs) => readyNs + 1e9 })
    const { direction, clock, seen } = directionWith(rule)
    direction.receive(bytes('a'))
    direction.finish()
    await clock.advance(10e6)
    expect([seen.left.length, seen.ended]).toEqual([1, -1])
    rule.state.removed = true
    direction.release(clock.nowNs())
    await clock.advance(0)
    expect(seen.ended).toBe(10)
  })

  it('tells messages apart by turns, by pauses of more than a ms, and every 64 KiB (P6)', async () => {
    const seen: [number, number][] = []
    const rule = ruleWith({
      push(piece, next) {
        seen.push([piece.message, piece.bytes.length])
        next(piece)
      },
    })
    const { direction, clock } = directionWith(rule)
    direction.receive(bytes('ab'))
    await clock.advance(1e6)
    direction.receive(bytes('c'))
    await clock.advance(1e6 + 1)
    direction.receive(bytes('d'))
    direction.turn()
    direction.receive(Buffer.alloc(2 ** 16 + 5))
    expect(seen).toEqual([
      [1, 2],
      [1, 1],
      [2, 1],
      [3, 2 ** 16],
      [4, 5],
    ])
  })

  it('holds its sender back while more is held than its stages allow, and lets it go on at half of that', async () => {
    const { direction, clock, seen } = directionWith(ruleWith({ ...delaying(10e6), heldLimitBytes: 10 }))
    direction.receive(bytes('123456'))
    expect(seen.paused).toBe(false)
    await clock.advance(5e6)
    direction.receive(bytes('78901'))
    expect(seen.paused).toBe(true)
    await clock.advance(5e6)
    expect([seen.left.length, seen.paused]).toEqual([1, false])
  })

  it('does not hold its sender back for what is on its way', async () => {
    const stage = { ...delaying(10e6), heldLimitBytes: 10, flightBytes: () => 20 }
    const { direction, clock, seen } = directionWith(ruleWith(stage))
    direction.receive(bytes('a'.repeat(30)))
    expect(seen.paused).toBe(false)
    await clock.advance(5e6)
    direction.receive(bytes('b'))
    expect(seen.paused).toBe(true)
    await clock.advance(5e6)
    expect([seen.left.length, seen.paused]).toEqual([1, false])
  })

  it('waits for a receiver that takes no more, and holds the sender back', async () => {
    const { direction, seen, stick, accept, meters } = directionWith()
    stick()
    direction.receive(Buffer.alloc(200, 'a'))
    expect(seen.paused).toBe(true)
    accept()
    await new Promise((resolve) => setImmediate(resolve))
    expect(seen.paused).toBe(false)
    direction.receive(bytes('b'))
    expect([seen.left.length, meters.heldBytes]).toEqual([2, 0])
  })

  it('says that all has left only when the kernel has it, also where its end is behind that', () => {
    const { direction, stick, accept } = directionWith()
    let left = 0
    stick()
    direction.receive(bytes('one'))
    direction.afterAll(() => left++)
    direction.finish()
    direction.afterAll(() => left++)
    expect(left).toBe(0)
    accept()
    return vi.waitFor(() => expect(left).toBe(2))
  })

  it('does not count what waits before it against what its stages allow', () => {
    const { direction, seen } = directionWith(ruleWith({ ...delaying(1e9), heldLimitBytes: 100 }))
    direction.pend(1000)
    expect(seen.paused).toBe(false)
    direction.pend(8 * 2 ** 20)
    expect(seen.paused).toBe(true)
  })

  it('forgets what is held when it is destroyed, says how much, and leaves no timer', () => {
    const { direction, seen, wheel, meters } = directionWith(ruleWith(delaying(1e9)))
    direction.receive(bytes('abc'))
    direction.destroy()
    direction.receive(bytes('de'))
    direction.finish()
    expect([seen.discarded, meters.heldBytes, wheel.size, seen.left.length]).toEqual([5, 0, 0, 0])
  })
})
