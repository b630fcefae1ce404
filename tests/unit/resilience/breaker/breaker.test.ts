import { describe, expect, it } from 'vitest'
import {
  Breaker,
  type BreakerTransition,
  createPermit,
  type Permit,
} from '../../../../harness/resilience/breaker/breaker.ts'
import { parseBreaker, type RawBreaker } from '../../../../harness/resilience/breaker/settings.ts'

const ms = 1e6
const second = 1e9

interface Subject {
  readonly breaker: Breaker
  readonly told: BreakerTransition[]
  /** A call that takes no time; false where it was refused. */
  readonly call: (ok: boolean, nowNs?: number) => boolean
  /** A call that begins; null where it was refused. */
  readonly begin: (nowNs: number) => Permit | null
}

function subject(raw: RawBreaker = {}): Subject {
  const told: BreakerTransition[] = []
  const breaker = new Breaker('db', parseBreaker(raw), (transition) => told.push(transition))
  const begin = (nowNs: number): Permit | null => {
    const permit = createPermit()
    return breaker.admit(permit, nowNs) ? permit : null
  }
  return {
    breaker,
    told,
    begin,
    call: (ok, nowNs = 0) => {
      const permit = begin(nowNs)
      if (permit) breaker.settle(permit, ok, nowNs)
      return permit !== null
    },
  }
}

/** One that five failures at 0 have opened. */
function opened(raw: RawBreaker = {}): Subject {
  const one = subject({ openFor: '1s', ...raw })
  for (let failures = 0; failures < 5; failures++) one.call(false)
  expect(one.breaker.state).toBe('open')
  return one
}

describe('a closed breaker', () => {
  it('opens after five failures in a row, and says why (S11, S12)', () => {
    const { told, breaker } = opened()
    expect(told).toEqual([{ name: 'db', atNs: 0, from: 'closed', to: 'open', reason: '5 failures in a row' }])
    expect(breaker.counters).toMatchObject({ circuitOpened: 1, circuitFailures: 5, circuitRejected: 0 })
  })

  it('begins to count again with a success', () => {
    const { breaker, call } = subject({ failureRate: null })
    for (let round = 0; round < 10; round++) {
      for (let failures = 0; failures < 4; failures++) call(false)
      call(true)
    }
    expect(breaker.state).toBe('closed')
  })

  it('needs so many calls before a share of failures says something (P60)', () => {
    const { told, call } = subject({ failureThreshold: null })
    for (let failures = 0; failures < 9; failures++) call(false)
    expect(told).toEqual([])
    call(false)
    expect(told.map(({ reason }) => reason)).toEqual(['failure rate 1 of 10 calls'])
  })

  it('opens at the share exactly, not below it', () => {
    const { told, call } = subject({ failureThreshold: null, failureRate: 0.3, minimumCalls: 10 })
    for (const ok of [true, true, true, true, true, true, true, false, false, true]) call(ok)
    expect(told).toEqual([])
    // Of the next ten, four: six of twenty.
    for (const ok of [false, true, true, false, true, true, false, true, true]) call(ok)
    expect(told).toEqual([])
    call(false)
    expect(told.map(({ reason }) => reason)).toEqual(['failure rate 0.3 of 20 calls'])
  })

  it('opens for slow calls that succeed', () => {
    const { breaker, told, begin } = subject({ slowCall: { longerThan: '10ms' }, minimumCalls: 4 })
    const took = (takenMs: number): void => {
      const permit = begin(0)
      if (permit) breaker.settle(permit, true, takenMs * ms)
    }
    for (const takenMs of [10, 10, 10, 11]) took(takenMs)
    expect(told).toEqual([])
    took(11)
    took(11)
    expect(told.map(({ reason }) => reason)).toEqual(['slow rate 0.5 of 6 calls'])
    expect(breaker.counters).toMatchObject({ circuitSlow: 3, circuitFailures: 0 })
  })

  it('forgets what is older than its window, however long nobody called', () => {
    const { breaker, told, call } = subject({ failureThreshold: null, window: '10s' })
    for (let failures = 0; failures < 9; failures++) call(false)
    expect(breaker.stats(9.9 * second).totalCalls).toBe(9)
    call(false, 60 * second)
    expect(told).toEqual([])
    expect(breaker.stats(60 * second)).toMatchObject({ totalCalls: 1, failureRate: 1 })
  })

  it('does not keep calls, however many there are in its window (P65)', () => {
    const { breaker, call } = subject({ failureThreshold: null, failureRate: null, window: '300s' })
    for (let calls = 0; calls < 200_000; calls++) call(calls % 4 > 0, calls * ms)
    expect(breaker.stats(200 * second)).toMatchObject({ totalCalls: 200_000, failureRate: 0.25 })
  })
})

describe('an open breaker', () => {
  it('lets nothing through until its time is over, on the tick', () => {
    const { breaker, call } = opened()
    expect(call(true, second - 1)).toBe(false)
    expect(breaker.counters.circuitRejected).toBe(1)
    expect(call(true, second)).toBe(true)
    expect(breaker.state).toBe('half-open')
  })

  it('stays open for as long after the end of a call that took longer than that (P63)', () => {
    const { breaker, begin } = subject({ failureThreshold: 1, openFor: '1s' })
    const permit = begin(0)!
    breaker.settle(permit, false, 30 * second)
    expect(begin(31 * second - 1)).toBeNull()
    expect(begin(31 * second)).not.toBeNull()
  })

  it('is not kept open by failures of calls that began before it (P63)', () => {
    const { breaker, begin, call } = subject({ openFor: '1s' })
    const late = begin(0)!
    for (let failures = 0; failures < 5; failures++) call(false)
    breaker.settle(late, false, 0.9 * second)
    expect(breaker.counters.circuitLate).toBe(1)
    expect(breaker.stats(0.9 * second).lastFailureNs).toBe(0)
    expect(begin(second)).not.toBeNull()
  })
})

describe('a half-open breaker', () => {
  it('admits exactly three of a hundred calls at once (P61)', () => {
    const { breaker, begin } = opened()
    const admitted = Array.from({ length: 100 }, () => begin(second)).filter((permit) => permit !== null)
    expect(admitted).toHaveLength(3)
    expect(breaker.counters).toMatchObject({ circuitProbes: 3, circuitRejected: 97, circuitHalfOpened: 1 })
    for (const permit of admitted) breaker.settle(permit, true, second)
    expect(breaker.state).toBe('closed')
  })

  it('admits no more in place of those that have succeeded', () => {
    const { breaker, begin } = opened()
    const [first] = [begin(second)!, begin(second), begin(second)]
    breaker.settle(first, true, second)
    expect(begin(second)).toBeNull()
    expect(breaker.stats(second)).toMatchObject({ state: 'half-open', successCount: 1 })
  })

  it('with one probe at a time still comes to three successes', () => {
    const { breaker, begin } = opened({ halfOpen: { probes: 1 } })
    for (let success = 0; success < 3; success++) {
      const permit = begin(second)!
      expect(begin(second)).toBeNull()
      breaker.settle(permit, true, second)
    }
    expect(breaker.state).toBe('closed')
  })

  it.each([
    ['fails', { openFor: '1s' }, false, 'probe failed'],
    ['is slow', { openFor: '1s', slowCall: { longerThan: '10ms' } }, true, 'probe slow'],
  ])('opens again at once when a probe %s', (_how, raw, ok, reason) => {
    const { breaker, told, begin } = opened(raw)
    const [first, second_] = [begin(second)!, begin(second)!]
    breaker.settle(first, ok, 1.5 * second)
    expect(told.at(-1)).toEqual({ name: 'db', atNs: 1.5 * second, from: 'half-open', to: 'open', reason })
    // What the other comes to has nothing to say any more.
    breaker.settle(second_, true, 1.6 * second)
    expect(breaker.counters.circuitLate).toBe(1)
    expect(begin(2.5 * second - 1)).toBeNull()
    expect(begin(2.5 * second)).not.toBeNull()
  })

  it('is not closed, nor opened, by calls that began while it was closed (P63)', () => {
    const { breaker, begin, call } = subject({ openFor: '1s' })
    const early = [begin(0)!, begin(0)!, begin(0)!, begin(0)!]
    for (let failures = 0; failures < 5; failures++) call(false)
    const probe = begin(second)!
    for (const permit of early) breaker.settle(permit, permit !== early[0], second)
    expect(breaker.state).toBe('half-open')
    expect(breaker.counters.circuitLate).toBe(4)
    breaker.settle(probe, true, second)
    expect(breaker.stats(second).successCount).toBe(1)
  })

  it('gives the place of a probe that never ends to another, and ignores the first (P48, P61)', () => {
    const { breaker, begin } = opened({ successThreshold: 1, halfOpen: { lease: '200ms' } })
    const hung = begin(second)!
    expect(begin(1.2 * second - 1)).toBeNull()
    const next = begin(1.2 * second)!
    expect(next).not.toBeNull()
    expect(begin(1.2 * second)).toBeNull()
    breaker.settle(hung, false, 1.25 * second)
    expect(breaker.state).toBe('half-open')
    expect(breaker.counters).toMatchObject({ circuitProbesExpired: 1, circuitLate: 1 })
    breaker.settle(next, true, 1.3 * second)
    expect(breaker.state).toBe('closed')
  })

  it('hears of a probe that ends after its lease while nobody has its place', () => {
    const { breaker, begin } = opened({ successThreshold: 1, halfOpen: { lease: '200ms' } })
    breaker.settle(begin(second)!, true, 2 * second)
    expect(breaker.state).toBe('closed')
  })

  it('gives back the place of a probe that was aborted, which is neither success nor failure', () => {
    const { breaker, begin } = opened({ successThreshold: 1 })
    for (let aborted = 0; aborted < 10; aborted++) breaker.release(begin(second)!)
    expect(breaker.stats(second)).toMatchObject({ state: 'half-open', successCount: 0 })
    expect(breaker.counters).toMatchObject({ circuitProbes: 10, circuitRejected: 0, circuitFailures: 5 })
  })

  it('forgets with its closing what had opened it (P62)', () => {
    const { breaker, call } = opened({ failureThreshold: null, failureRate: '50%', minimumCalls: 5, window: '300s' })
    for (let probes = 0; probes < 3; probes++) call(true, second)
    expect(breaker.stats(second)).toMatchObject({ state: 'closed', totalCalls: 0, failureRate: 0, openedNs: null })
    call(false, second)
    expect(breaker.state).toBe('closed')
  })
})

describe('a breaker by hand', () => {
  it('forced open lets nothing through until it is reset', () => {
    const { breaker, told, call } = subject()
    breaker.force('open', 0)
    expect(call(true, 3600 * second)).toBe(false)
    expect(breaker.stats(0)).toMatchObject({ state: 'open', forced: true })
    breaker.reset(3600 * second)
    expect(call(true, 3600 * second)).toBe(true)
    expect(told.map(({ to, reason }) => [to, reason])).toEqual([
      ['open', 'forced'],
      ['closed', 'reset'],
    ])
  })

  it('forced closed lets everything through, whatever fails', () => {
    const { breaker, call } = opened()
    breaker.force('closed', 0)
    for (let failures = 0; failures < 100; failures++) expect(call(false)).toBe(true)
    expect(breaker.stats(0)).toMatchObject({ state: 'closed', forced: true, failureCount: 100, failureRate: 1 })
  })

  it('reset while closed forgets its failures, and has nothing to tell', () => {
    const { breaker, told, call } = subject()
    for (let failures = 0; failures < 4; failures++) call(false)
    breaker.reset(0)
    call(false)
    expect(told).toEqual([])
    expect(breaker.stats(0)).toMatchObject({ state: 'closed', failureCount: 1 })
  })
})

describe('the stats of a breaker', () => {
  it('say what it has seen (S12)', () => {
    const { breaker, call } = subject({ openFor: '1s' })
    for (const ok of [true, true, true, true, true, false, false, false, false, false]) call(ok, 2 * second)
    expect(call(true, 2.5 * second)).toBe(false)
    expect(breaker.stats(2.75 * second)).toEqual({
      name: 'db',
      state: 'open',
      forced: false,
      failureCount: 5,
      successCount: 0,
      failureRate: 0.5,
      slowRate: 0,
      totalCalls: 10,
      rejected: 1,
      lastFailureNs: 2 * second,
      timeSinceLastFailureNs: 0.75 * second,
      openedNs: 2 * second,
    })
  })

  it('of one that never failed have no last failure (P64)', () => {
    expect(subject().breaker.stats(1e15)).toMatchObject({
      lastFailureNs: null,
      timeSinceLastFailureNs: null,
      openedNs: null,
      failureRate: 0,
    })
  })

  it('count from when it ceased to be closed, however often it has opened again', () => {
    const { breaker, call } = opened()
    for (let at = 1; at <= 10; at++) call(false, at * second)
    expect(breaker.counters).toMatchObject({ circuitOpened: 11, circuitHalfOpened: 10 })
    expect(breaker.stats(11 * second).openedNs).toBe(0)
  })
})
