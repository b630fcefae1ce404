import { expect, test } from 'vitest'
import type { Clock } from '../../../../harness/kernel/clock.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { createVirtualClock } from '../../../../harness/kernel/virtual-clock.ts'
import { type Fate, ServiceQueue, type ServiceQueueSettings } from '../../../../harness/target/builtin/service-queue.ts'

const ms = 1e6

const plain: ServiceQueueSettings = {
  servers: 1,
  serviceNs: 10 * ms,
  distribution: 'fixed',
  order: 'fifo',
  maxQueue: null,
  expire: false,
}

function queueWith(settings: Partial<ServiceQueueSettings>, clock = createVirtualClock(), wakes: Clock = clock) {
  const queue = new ServiceQueue({ ...plain, ...settings }, { clock: wakes, rng: createRng(1) })
  const ends: [string, Fate, number][] = []
  const ask = (name: string, job: { deadlineNs?: number; extraNs?: number; isGone?: () => boolean } = {}): void =>
    queue.offer({
      deadlineNs: Number.POSITIVE_INFINITY,
      extraNs: 0,
      isGone: () => false,
      ended: (fate, nowNs) => ends.push([name, fate, nowNs / ms]),
      ...job,
    })
  return { clock, queue, ends, ask }
}

test('one server serves one after the other, two serve two at once, and what a request asks for is added', () => {
  const one = queueWith({})
  for (const name of ['a', 'b']) one.ask(name)
  one.clock.run(100 * ms)
  expect(one.ends).toEqual([
    ['a', 'served', 10],
    ['b', 'served', 20],
  ])
  const two = queueWith({ servers: 2 })
  two.ask('a', { extraNs: 15 * ms })
  for (const name of ['b', 'c']) two.ask(name)
  two.clock.run(100 * ms)
  expect(two.ends).toEqual([
    ['b', 'served', 10],
    ['c', 'served', 20],
    ['a', 'served', 25],
  ])
  expect(two.queue.stats()).toMatchObject({ served: 3, busy: 0, peakBusy: 2, queued: 0, peakQueued: 1 })
})

test.each([
  ['fifo', ['a', 'b', 'c', 'd']],
  ['lifo', ['a', 'd', 'c', 'b']],
] as const)('%s serves in its order, and knows how long the first has waited', (order, expected) => {
  const { clock, queue, ends, ask } = queueWith({ order })
  for (const name of ['a', 'b', 'c', 'd']) ask(name)
  clock.run(5 * ms)
  expect(queue.stats()).toMatchObject({ queued: 3, oldestNs: 5 * ms })
  clock.run(95 * ms)
  expect(ends.map(([name]) => name)).toEqual(expected)
})

test('turns away who comes when its places are taken, at once', () => {
  const { clock, queue, ends, ask } = queueWith({ maxQueue: 1 })
  for (const name of ['a', 'b', 'c']) ask(name)
  expect(ends).toEqual([['c', 'rejected', 0]])
  clock.run(100 * ms)
  expect(queue.stats()).toMatchObject({ served: 2, rejected: 1 })
})

test('drops what is past its deadline when it would be served, where it is to expire', () => {
  const expiring = queueWith({ expire: true })
  expiring.ask('a')
  expiring.ask('b', { deadlineNs: 10 * ms })
  expiring.ask('c', { deadlineNs: 11 * ms })
  expiring.clock.run(100 * ms)
  expect(expiring.ends).toEqual([
    ['b', 'expired', 10],
    ['a', 'served', 10],
    ['c', 'served', 20],
  ])
  const patient = queueWith({})
  patient.ask('a', { deadlineNs: 1 })
  patient.ask('b', { deadlineNs: 1 })
  patient.clock.run(100 * ms)
  expect(patient.queue.stats()).toMatchObject({ served: 2, expired: 0 })
})

test('who is told that it has expired may ask again at once, and takes the place of nobody', () => {
  const { clock, queue, ends, ask } = queueWith({ expire: true })
  ask('a')
  queue.offer({
    deadlineNs: 5 * ms,
    extraNs: 0,
    isGone: () => false,
    ended: () => ask('again'),
  })
  ask('b')
  clock.run(100 * ms)
  expect(ends.map(([name, fate]) => `${name} ${fate}`)).toEqual(['a served', 'b served', 'again served'])
  expect(queue.stats()).toMatchObject({ served: 3, expired: 1, busy: 0, peakBusy: 1, queued: 0 })
})

test('counts what it has served to nobody', () => {
  const { clock, queue, ask } = queueWith({})
  let gone = false
  ask('a', { isGone: () => gone })
  ask('b', { isGone: () => gone })
  clock.run(15 * ms)
  gone = true
  clock.run(15 * ms)
  expect(queue.stats()).toMatchObject({ served: 2, wasted: 1 })
})

test('a stall holds up what is in service by its length, and all others until its end', () => {
  const { clock, queue, ends, ask } = queueWith({ servers: 2 })
  ask('a')
  clock.run(4 * ms)
  queue.stall(100 * ms)
  ask('b')
  clock.run(50 * ms)
  // One that begins while another goes on lengthens it to the later end.
  queue.stall(60 * ms)
  ask('c')
  clock.run(200 * ms)
  expect(ends).toEqual([
    ['a', 'served', 120],
    ['b', 'served', 124],
    ['c', 'served', 130],
  ])
})

test('serves its rate on a clock that wakes late, but not what it would have served in a standstill', () => {
  const clock = createVirtualClock()
  /** Wakes up to 4 ms late. */
  const late: Clock = {
    ...clock,
    after: (ns, callback) => clock.after(Math.ceil((ns + ms) / (4 * ms)) * 4 * ms, callback),
  }
  const { queue, ask } = queueWith({ serviceNs: 1e9 / 300 }, clock, late)
  for (let index = 0; index < 1000; index++) ask('one')
  clock.run(2e9)
  expect(queue.stats().served).toBeGreaterThanOrEqual(598)
  expect(queue.stats().served).toBeLessThanOrEqual(600)
  const frozen: Clock = { ...clock, after: (ns, callback) => clock.after(Math.max(ns, 2e9), callback) }
  const other = queueWith({ serviceNs: 1e9 / 300 }, clock, frozen)
  for (let index = 0; index < 1000; index++) other.ask('one')
  clock.run(2e9)
  // The one that was in service, and 50 ms that are made up for.
  expect(other.queue.stats().served).toBeLessThanOrEqual(16)
})

test('draws exponential service times by its seed, with their mean', () => {
  const { clock, queue, ask } = queueWith({ distribution: 'exponential' })
  for (let index = 0; index < 10_000; index++) ask('one')
  clock.run(50e9)
  // The sum of 5,000 draws has a standard deviation of 1.4 %.
  expect(queue.stats().served).toBeGreaterThan(4700)
  expect(queue.stats().served).toBeLessThan(5300)
})
