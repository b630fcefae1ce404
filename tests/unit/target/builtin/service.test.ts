import { expect, test } from 'vitest'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { createVirtualClock } from '../../../../harness/kernel/virtual-clock.ts'
import { parseCapacity } from '../../../../harness/target/builtin/capacity.ts'
import { type Knobs, plainKnobs } from '../../../../harness/target/builtin/knobs.ts'
import { createService, heldNs } from '../../../../harness/target/builtin/service.ts'

function serviceWith(knobs: Partial<Knobs>, seed = 1) {
  const clock = createVirtualClock()
  const deaths: number[] = []
  const service = createService({ knobs: { ...plainKnobs, ...knobs }, clock, rng: createRng(seed) }, () =>
    deaths.push(clock.nowNs()),
  )
  return { clock, service, deaths }
}

test('without knobs a request is answered at once', () => {
  const { service } = serviceWith({})
  const answers: boolean[] = []
  service.request(0, (failed) => answers.push(failed))
  expect(answers).toEqual([false])
  expect(service.stats()).toEqual({
    requests: 1,
    errors: 0,
    connections: 0,
    open: 0,
    peakOpen: 0,
    peakRequests: 1,
    leakedBytes: 0,
  })
})

test('what a request asks for is waited for without knobs too', async () => {
  const { clock, service } = serviceWith({})
  const at: number[] = []
  service.request(10e6, () => at.push(clock.nowNs()))
  expect(at).toEqual([])
  await clock.advance(20e6)
  expect(at).toEqual([10e6])
})

test('a service time passes before the answer, and the delay of the path is added to it', async () => {
  const { clock, service } = serviceWith({ serviceTimeNs: 5e6 })
  const at: number[] = []
  service.request(10e6, () => at.push(clock.nowNs()))
  await clock.advance(20e6)
  expect(at).toEqual([15e6])
})

test('a tail makes a share of the answers wait, and no other', async () => {
  const { clock, service } = serviceWith({ tail: { share: 0.02, delayNs: 3e6 } })
  const at: number[] = []
  for (let request = 0; request < 10_000; request++) service.request(0, () => at.push(clock.nowNs()))
  await clock.advance(10e6)
  const late = at.filter((ns) => ns > 0)
  expect(at).toHaveLength(10_000)
  expect(new Set(late)).toEqual(new Set([3e6]))
  // 200 with a standard deviation of 14.
  expect(late.length).toBeGreaterThan(144)
  expect(late.length).toBeLessThan(256)
})

test('a stall holds answers to its end', async () => {
  const stall = { everyNs: 5e9, forNs: 1e9 }
  expect([0, 3.9e9, 4e9, 4.75e9, 5e9, 9.5e9].map((ns) => heldNs(stall, ns))).toEqual([0, 0, 1e9, 0.25e9, 0, 0.5e9])
  const { clock, service } = serviceWith({ stall })
  await clock.advance(4.5e9)
  const at: number[] = []
  service.request(0, () => at.push(clock.nowNs()))
  await clock.advance(1e9)
  expect(at).toEqual([5e9])
})

test('errors come in their share and are counted, and the same seed errs in the same places', () => {
  const outcomes = (seed: number): boolean[] => {
    const { service } = serviceWith({ errorShare: 0.05 }, seed)
    const found: boolean[] = []
    for (let index = 0; index < 2000; index++) service.request(0, (failed) => found.push(failed))
    expect(service.stats()).toMatchObject({ requests: 2000, errors: found.filter(Boolean).length })
    return found
  }
  const errors = outcomes(1).filter(Boolean).length
  expect(errors).toBeGreaterThan(60)
  expect(errors).toBeLessThan(140)
  expect(outcomes(1)).toEqual(outcomes(1))
  expect(outcomes(1)).not.toEqual(outcomes(2))
})

test('a leak keeps its bytes per request', () => {
  const { service } = serviceWith({ leakBytes: 1000 })
  for (let index = 0; index < 3; index++) service.request(0, () => {})
  expect(service.stats().leakedBytes).toBe(3000)
})

test('the request of a number is never answered: the server dies of it', async () => {
  const { service, deaths, clock } = serviceWith({ dieAfter: 2, serviceTimeNs: 1e6 })
  const answers: boolean[] = []
  for (let index = 0; index < 3; index++) service.request(0, (failed) => answers.push(failed))
  await clock.advance(5e6)
  expect(deaths).toEqual([0])
  expect(answers).toEqual([false, false])
  expect(service.stats().requests).toBe(3)
})

test('connections are counted when they come and when they go', () => {
  const { service } = serviceWith({})
  const closed = service.connected()
  service.connected()
  expect(service.stats()).toMatchObject({ connections: 2, open: 2 })
  closed()
  expect(service.stats()).toMatchObject({ connections: 2, open: 1 })
})

test('tells how many connections and requests it had at once', async () => {
  const { clock, service } = serviceWith({ serviceTimeNs: 5e6 })
  const closed = [service.connected(), service.connected()]
  for (const close of closed) close()
  for (let index = 0; index < 3; index++) service.request(0, () => {})
  await clock.advance(5e6)
  service.request(0, () => {})
  expect(service.stats()).toMatchObject({ open: 0, peakOpen: 2, peakRequests: 3 })
})

const capacity = parseCapacity({ perSecond: 100, maxQueue: 1, expire: true })

test('a capacity lets requests wait, expire and be turned away, and counts them as errors', async () => {
  const { clock, service } = serviceWith({ capacity, serviceTimeNs: 5e6 })
  const told: unknown[] = []
  const ask = (deadlineNs: number): void =>
    service.request(0, (failed, unserved) => told.push([clock.nowNs() / 1e6, failed, unserved]), {
      deadlineNs,
      isGone: () => false,
    })
  ask(Number.POSITIVE_INFINITY)
  ask(8e6)
  ask(Number.POSITIVE_INFINITY)
  await clock.advance(100e6)
  // Served in 10 ms, and the wait of the other knob after it.
  expect(told).toEqual([
    [0, true, 'rejected'],
    [10, true, 'expired'],
    [15, false, undefined],
  ])
  expect(service.stats()).toMatchObject({ requests: 3, errors: 2, queue: { served: 1, expired: 1, rejected: 1 } })
})

test('is stalled only where it has a capacity', async () => {
  expect(serviceWith({}).service.stall(1e9)).toBe(false)
  const { clock, service } = serviceWith({ capacity })
  expect(service.stall(1e9)).toBe(true)
  const at: number[] = []
  service.request(0, () => at.push(clock.nowNs()))
  await clock.advance(2e9)
  expect(at).toEqual([1.01e9])
})
