import { Buffer } from 'node:buffer'
import { expect, test } from 'vitest'
import type { Datagram, DatagramStage } from '../../../../harness/faults/fault.ts'
import { createMeters } from '../../../../harness/faults/relay/meters.ts'
import { DatagramDirection } from '../../../../harness/faults/relay/udp-direction.ts'
import type { DatagramRule } from '../../../../harness/faults/relay/udp-queue.ts'
import { TimerWheel } from '../../../../harness/kernel/timer-wheel.ts'
import { createVirtualClock } from '../../../../harness/kernel/virtual-clock.ts'

const ms = 1e6

function open(heldLimitBytes = 1000) {
  const clock = createVirtualClock(1000 * ms)
  const meters = createMeters()
  const left: { text: string; atMs: number }[] = []
  let overflows = 0
  const direction = new DatagramDirection({
    direction: 'uplink',
    meters,
    clock,
    wheel: new TimerWheel(clock),
    heldLimitBytes,
    send: (bytes) => left.push({ text: bytes.toString(), atMs: (clock.nowNs() - 1000 * ms) / ms }),
    overflow: () => overflows++,
  })
  const receive = (text: string, rules: readonly DatagramRule[]): void =>
    direction.receive(Buffer.from(text), clock.nowNs(), rules)
  return {
    clock,
    meters,
    left,
    direction,
    receive,
    overflows: () => overflows,
    texts: () => left.map(({ text }) => text),
  }
}

function ruleOf(stage: DatagramStage, on: () => boolean = () => true): DatagramRule {
  return { isOn: on, datagrams: () => [stage] }
}

/** Delays by what the datagram says, in ms. */
const asked = ruleOf({
  push(datagram, next) {
    datagram.dueNs += Number(datagram.bytes.toString()) * ms
    next(datagram)
  },
})

test('without a rule a datagram leaves within the call, and no delay is recorded', () => {
  const { direction, receive, left, meters, clock } = open()
  direction.open()
  receive('a', [])
  expect(left).toEqual([{ text: 'a', atMs: 0 }])
  expect([meters.injectedDelay.count, clock.pending()]).toEqual([0, 0])
})

test('what comes before there is a way on waits for it, in its order', () => {
  const { direction, receive, texts, meters } = open()
  receive('a', [])
  receive('0', [asked])
  expect([direction.held, meters.heldBytes, texts()]).toEqual([2, 2, []])
  direction.open()
  expect([direction.held, meters.heldBytes, texts()]).toEqual([0, 0, ['a', '0']])
})

test('each leaves when it is due, whatever the others do, and never early', async () => {
  const { direction, receive, left, meters, clock } = open()
  direction.open()
  for (const delay of ['30', '10', '20', '0', '0.25']) receive(delay, [asked])
  expect(left).toEqual([{ text: '0', atMs: 0 }])
  await clock.advance(100 * ms)
  expect(left.map(({ text }) => text)).toEqual(['0', '0.25', '10', '20', '30'])
  for (const { text, atMs } of left) expect(atMs).toBeCloseTo(Number(text), 6)
  expect(meters.askedDelay.summary()).toMatchObject({ count: 5, min: 0, max: 30 })
  expect(meters.injectedDelay.summary()).toEqual(meters.askedDelay.summary())
  expect(meters.injectedDelayError.summary()).toMatchObject({ count: 5, max: 0 })
  expect(meters.heldBytes).toBe(0)
})

test('a datagram that has become due earlier leaves earlier', async () => {
  const { direction, receive, left, clock } = open()
  direction.open()
  const held: Datagram[] = []
  const keeps = ruleOf({
    push(datagram, next) {
      for (const one of held.splice(0)) one.dueNs = datagram.dueNs
      direction.hurry()
      if (datagram.bytes.toString() === 'held') {
        datagram.dueNs += 50 * ms
        held.push(datagram)
      }
      next(datagram)
    },
  })
  receive('held', [keeps])
  await clock.advance(10 * ms)
  receive('next', [keeps])
  expect(left.map(({ text, atMs }) => [text, atMs])).toEqual([
    ['held', 10],
    ['next', 10],
  ])
  receive('held', [keeps])
  await clock.advance(100 * ms)
  expect(left.at(-1)).toEqual({ text: 'held', atMs: 60 })
})

test('of very many that wait the due times are looked at once in a turn', async () => {
  const { direction, receive, texts, clock } = open(1e6)
  direction.open()
  const late: Datagram[] = []
  const keeps = ruleOf({
    push(datagram, next) {
      datagram.dueNs += 50 * ms
      late.push(datagram)
      next(datagram)
    },
  })
  for (let n = 0; n < 3000; n++) receive(String(n), [keeps])
  const hastens = ruleOf({
    push(datagram, next) {
      for (const one of late) one.dueNs = datagram.dueNs
      direction.hurry()
      next(datagram)
    },
  })
  receive('now', [hastens])
  expect(texts()).toEqual([])
  await clock.advance(0)
  expect(texts()).toEqual([...Array.from({ length: 3000 }, (_, n) => String(n)), 'now'])
})

test('one may be dropped, or leave more than once, and be taken through all rules in their order', () => {
  const { direction, receive, texts } = open()
  direction.open()
  const twice = ruleOf({
    push(datagram, next) {
      next(datagram)
      next({ ...datagram })
    },
  })
  let drops = 0
  const dropsSecond = ruleOf({
    push(datagram, next) {
      if (drops++ % 2 === 0) next(datagram)
    },
  })
  receive('a', [twice])
  receive('b', [twice, dropsSecond])
  receive('c', [dropsSecond, twice])
  receive('d', [dropsSecond, twice])
  expect(texts()).toEqual(['a', 'a', 'b', 'c', 'c'])
})

test('beyond the limit the last to come is not taken, and counted', async () => {
  const { direction, receive, texts, overflows, meters, clock } = open(6)
  direction.open()
  for (const delay of ['10', '20', '30', '40']) receive(delay, [asked])
  expect([overflows(), meters.heldBytes]).toEqual([1, 6])
  await clock.advance(10 * ms)
  receive('15', [asked])
  await clock.advance(100 * ms)
  expect(texts()).toEqual(['10', '20', '15', '30'])
})

test('a rule that is off is passed by, and what waits because of it leaves at once', async () => {
  const { direction, receive, left, clock } = open()
  direction.open()
  let on = true
  const slow = ruleOf({ push: (datagram, next) => next({ ...datagram, dueNs: datagram.dueNs + 3600e9 }) }, () => on)
  receive('a', [slow])
  receive('70', [asked])
  receive('b', [asked, slow].toReversed())
  await clock.advance(5 * ms)
  on = false
  direction.release()
  receive('c', [slow])
  expect(left.map(({ text }) => text)).toEqual(['a', 'b', 'c'])
  await clock.advance(100 * ms)
  expect(left.at(-1)).toEqual({ text: '70', atMs: 70 })
})

test('what is ended forgets what waits, and leaves no timer', async () => {
  const { direction, receive, texts, meters, clock } = open()
  direction.open()
  receive('10', [asked])
  receive('20', [asked])
  expect(direction.destroy()).toBe(2)
  await clock.advance(100 * ms)
  expect([texts(), meters.heldBytes, clock.pending()]).toEqual([[], 0, 0])
})
