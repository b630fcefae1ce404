import { describe, expect, it } from 'vitest'
import { faultEffects } from '../../../harness/faults/effects.ts'
import { expectationOf, knownDelayMs, mayHang, missingRequests } from '../../../harness/faults/expect.ts'
import type { EffectFacts } from '../../../harness/measure/effect.ts'
import { parseRule } from '../../../harness/faults/rules.ts'
import { baselineOf, factsOf } from '../../support/facts.ts'

/** The rules of a policy that is this one; by itself it hits everything. */
const rulesOf = (fault: Readonly<Record<string, unknown>>, conditions: Readonly<Record<string, unknown>> = {}) => [
  parseRule('one', { fault, ...conditions }),
]

const latency40 = rulesOf({ latency: { delay: '40ms' } })
const onClient = { clientLatency: true }

/** Facts of a latency that acted on each of a thousand chunks. */
const acted = (p50Ms: number): EffectFacts =>
  factsOf({ p50Ms, injectedDelayErrorP50Ms: 0.5, fired: { latency: { eligible: 1000, fired: 1000 } } })

// Closed loops measured through one relay: [target, p50 of the baseline, of a single worker, under 40 ms].
const measured = [
  ['built-in or nginx, 6 workers', 0.2, 0.2, 41.2],
  ['python, 6 workers, fast', 2.2, 1, 42.1],
  ['python, 6 workers, slow', 3.4, 2, 43],
  ['5 ms of CPU per request, 6 workers', 26, 5, 46.2],
  ['5 ms of CPU per request, 24 workers', 117.4, 5, 123.9],
] as const

describe('the effects of a true 40 ms', () => {
  it.each(measured)('on %s are all seen', (_target, p50Ms, singleP50Ms, underMs) => {
    const effects = faultEffects(latency40, baselineOf({ p50Ms, singleP50Ms }), acted(underMs), onClient)
    expect(effects.map(({ metric, ok }) => [metric, ok])).toEqual([
      ['fired.latency', true],
      ['injectedDelayErrorP50', true],
      ['p50', true],
    ])
  })

  it.each(measured)('on %s are not seen with the fault off', (_target, p50Ms, singleP50Ms) => {
    const effects = faultEffects(latency40, baselineOf({ p50Ms, singleP50Ms }), factsOf({ p50Ms }), onClient)
    expect(effects.filter(({ ok }) => !ok).map(({ metric }) => metric)).toContain('fired.latency')
    expect(effects.some(({ inconclusive }) => inconclusive)).toBe(false)
  })

  it.each(measured.slice(0, 4))(
    "on %s do not show in the client's median with the fault off",
    (_target, p50Ms, singleP50Ms) => {
      const p50 = faultEffects(latency40, baselineOf({ p50Ms, singleP50Ms }), acted(p50Ms), onClient).at(-1)
      expect(p50).toMatchObject({ metric: 'p50', ok: false })
    },
  )

  it('are [L + S1 - 0.5, L + p50 + 3] ms on a fast target', () => {
    const p50 = faultEffects(latency40, baselineOf({ p50Ms: 0.2, singleP50Ms: 0.1 }), acted(41), onClient).at(-1)
    expect(p50!.lo).toBeCloseTo(39.6, 9)
    expect(p50!.hi).toBeCloseTo(43.2, 9)
  })

  it("are told by the relay alone where the client's latency proves nothing", () => {
    const effects = faultEffects(latency40, baselineOf({}), acted(1), { clientLatency: false })
    expect(effects.map(({ metric }) => metric)).toEqual(['fired.latency', 'injectedDelayErrorP50'])
    expect(effects.every(({ ok }) => ok)).toBe(true)
  })
})

describe("the relay's own proof", () => {
  it.each([
    [0, true],
    [0.65, true],
    [1.5, true],
    [1.6, false],
    [-1, false],
    [null, false],
  ])('of a median error of %s ms is good: %s', (injectedDelayErrorP50Ms, ok) => {
    const facts = { ...acted(41), injectedDelayErrorP50Ms }
    const effect = faultEffects(latency40, baselineOf({}), facts, onClient).find(
      ({ metric }) => metric === 'injectedDelayErrorP50',
    )
    expect(effect!.ok).toBe(ok)
  })

  it('fails when half of the chunks were not delayed', () => {
    const facts = { ...acted(41), fired: { latency: { eligible: 1000, fired: 500 } } }
    expect(faultEffects(latency40, baselineOf({}), facts, onClient)[0]).toMatchObject({
      metric: 'fired.latency',
      ok: false,
    })
  })

  it('is one band for a fault that acts in both directions, which holds whatever their mix', () => {
    const both = rulesOf({
      uplink: { latency: { delay: '0ms', jitter: '5ms' } },
      downlink: { latency: { delay: '25ms' } },
    })
    const facts = { ...acted(28), fired: { latency: { eligible: 2000, fired: 1500 } } }
    const effects = faultEffects(both, baselineOf({}), facts, onClient).filter(
      ({ metric }) => metric === 'fired.latency',
    )
    expect(effects).toHaveLength(1)
    expect(effects[0]).toMatchObject({ ok: true, hi: 1 })
  })
})

describe('a fault that hits by chance', () => {
  const reset = (probability: number) => rulesOf({ reset: { probability } })
  const fired = (eligible: number, hits: number, attempts = eligible): EffectFacts =>
    factsOf({ attempts, fired: { reset: { eligible, fired: hits } } })
  const effectOf = (probability: number, facts: EffectFacts) =>
    faultEffects(reset(probability), baselineOf({}), facts, onClient)[0]!

  it.each([
    [2000, 100, true],
    [2000, 70, true],
    [2000, 135, true],
    [2000, 40, false],
    [2000, 170, false],
  ])('of 5 %% in %i exchanges and %i resets is good: %s', (eligible, hits, ok) => {
    expect(effectOf(0.05, fired(eligible, hits))).toMatchObject({ metric: 'fired.reset', ok })
    expect(effectOf(0.05, fired(eligible, hits)).inconclusive).toBeUndefined()
  })

  it('that never did is inconclusive where that was likely', () => {
    // 0.95 ^ 193 is just above 5e-5, the lower half of what a band may miss.
    expect(effectOf(0.05, fired(193, 0))).toMatchObject({ ok: false, inconclusive: expect.any(String) })
  })

  it('that never did is no effect where that was improbable', () => {
    const effect = effectOf(0.05, fired(194, 0))
    expect(effect.ok).toBe(false)
    expect(effect.inconclusive).toBeUndefined()
  })

  it('that never had a chance in a thousand attempts is no effect either', () => {
    const effect = effectOf(0.05, fired(0, 0, 1000))
    expect(effect).toMatchObject({ observed: null, ok: false })
    expect(effect.inconclusive).toBeUndefined()
  })

  it('that never had a chance since nothing was tried is inconclusive', () => {
    expect(effectOf(0.05, fired(0, 0))).toMatchObject({ ok: false, inconclusive: expect.any(String) })
  })

  it('and hits always is never inconclusive', () => {
    expect(effectOf(1, fired(3, 0))).toMatchObject({ ok: false })
    expect(effectOf(1, fired(3, 0)).inconclusive).toBeUndefined()
  })
})

describe('faults together', () => {
  it('add their delays, and fail what any of them fails', () => {
    const faults = rulesOf({
      uplink: { latency: { delay: '5ms' } },
      latency: { delay: '40ms' },
      reset: { probability: 0.1 },
    })
    expect(expectationOf(faults, baselineOf({ backgroundShare: 0 }), 100)).toMatchObject({
      delayMs: { lo: 45, hi: 45 },
      errorShare: expect.closeTo(0.1, 12),
    })
  })

  it('that are none expect nothing', () => {
    expect(expectationOf(rulesOf({}), baselineOf({}), 100)).toMatchObject({
      delayMs: { lo: 0, hi: 0 },
      errorShare: 0,
    })
    expect(faultEffects(rulesOf({}), baselineOf({}), factsOf({}), onClient)).toEqual([])
  })
})

describe('a reset that fired', () => {
  const faults = rulesOf({ reset: { probability: 0.05 } })
  const seen = (attemptErrors: Record<string, number>, cancelled = 0) =>
    faultEffects(
      faults,
      baselineOf({}),
      factsOf({ attemptErrors, cancelled, fired: { reset: { eligible: 1000, fired: 50 } } }),
      { clientLatency: true },
    ).find(({ metric }) => metric === 'seen.reset')?.ok

  it('must have reached the client', () => {
    expect(seen({ reset: 50 })).toBe(true)
    expect(seen({ reset: 10 })).toBe(false)
    expect(seen({})).toBe(false)
  })

  it('may have hit attempts that the client had given up', () => {
    expect(seen({ reset: 48 }, 2)).toBe(true)
    expect(seen({ reset: 47 }, 2)).toBe(false)
  })

  it('is not all that resets, where the target does so too', () => {
    expect(seen({ reset: 80 })).toBe(false)
  })
})

describe('a rule that hits only some', () => {
  const half = { probability: '50%' }
  const flapping = { schedule: { flapping: { on: '1s', off: '1s' } } }
  const some = { match: { request: '/checkout' } }

  it.each([
    ['of the exchanges', half],
    ['of the connections', { connections: '20%' }],
    ['of the time (F36)', flapping],
    ['of the requests', some],
  ])("%s is held to what it did, and not to the client's median", (_which, conditions) => {
    const effects = faultEffects(
      rulesOf({ latency: { delay: '40ms' } }, conditions),
      baselineOf({}),
      acted(1),
      onClient,
    )
    expect(effects.map(({ metric, ok }) => [metric, ok])).toEqual([
      ['fired.latency', true],
      ['injectedDelayErrorP50', true],
    ])
  })

  it.each([
    ['of the connections', { connections: '20%' }],
    ['of the requests', some],
  ])('%s and met none of them is inconclusive', (_which, conditions) => {
    const [effect] = faultEffects(
      rulesOf({ reset: { probability: 1 } }, conditions),
      baselineOf({}),
      factsOf({}),
      onClient,
    )
    expect(effect).toMatchObject({ metric: 'fired.reset', ok: false, inconclusive: expect.any(String) })
  })

  it('of the exchanges and hit none of a thousand is no effect', () => {
    const [effect] = faultEffects(rulesOf({ reset: { probability: 1 } }, half), baselineOf({}), factsOf({}), onClient)
    expect(effect).toMatchObject({ ok: false })
    expect(effect!.inconclusive).toBeUndefined()
  })

  it('fires its own share of what it hits', () => {
    const rules = rulesOf({ reset: { probability: 0.5 } }, half)
    const effect = (fired: number) =>
      faultEffects(
        rules,
        baselineOf({}),
        factsOf({ attemptErrors: { reset: fired }, fired: { reset: { eligible: 500, fired } } }),
        onClient,
      )[0]
    expect(effect(250)).toMatchObject({ metric: 'fired.reset', ok: true })
    expect(effect(125)).toMatchObject({ metric: 'fired.reset', ok: false })
    expect(expectationOf(rules, baselineOf({}), 100).errorShare).toBeCloseTo(0.25, 12)
  })

  it('at first, as a ramp does, may fire less than its share and not more (F36)', () => {
    const rules = rulesOf({ reset: { probability: 0.5 } }, { schedule: { ramp: '1s' } })
    const ok = (fired: number) =>
      faultEffects(
        rules,
        baselineOf({}),
        factsOf({ attemptErrors: { reset: fired }, fired: { reset: { eligible: 1000, fired } } }),
        onClient,
      )[0]!.ok
    expect([ok(100), ok(500), ok(700)]).toEqual([true, true, false])
  })

  it('says nothing of delays and failures together', () => {
    expect(expectationOf(rulesOf({ latency: { delay: '1ms' } }, some), baselineOf({}), 100)).toEqual({
      delayMs: null,
      errorShare: 0,
    })
    expect(expectationOf(rulesOf({ reset: { probability: 1 } }, some), baselineOf({}), 100).errorShare).toBeNull()
  })
})

describe('a fault that ends in silence', () => {
  const hanging = rulesOf({ hang: { probability: 0.05 } })
  const seen = (attemptErrors: Record<string, number>, rules = hanging) =>
    faultEffects(
      rules,
      baselineOf({}),
      factsOf({ attemptErrors, fired: { hang: { eligible: 1000, fired: 50 } } }),
      onClient,
    ).find(({ metric }) => metric === 'seen.hang')?.ok

  it('must have let the client wait to its limit (F26)', () => {
    expect(seen({ timeout: 50 })).toBe(true)
    expect(seen({ timeout: 20 })).toBe(false)
    expect(seen({ reset: 50 })).toBe(false)
  })

  it('need not have where a schedule lets go on what waits', () => {
    expect(
      seen({}, rulesOf({ hang: { probability: 0.05 } }, { schedule: { flapping: { on: '1s', off: '1s' } } })),
    ).toBe(true)
  })

  it('may be closed before that', () => {
    expect(seen({ closed: 50 }, rulesOf({ hang: { probability: 0.05, timeout: '1s' } }))).toBe(true)
  })

  it('leaves a client no time for operations to begin', () => {
    expect(mayHang(hanging)).toBe(true)
    expect(mayHang(rulesOf({ partition: true }))).toBe(true)
    expect(mayHang(rulesOf({ connectTimeout: true }))).toBe(true)
    expect(mayHang(latency40)).toBe(false)
    expect(mayHang(rulesOf({ reset: { probability: 1 } }))).toBe(false)
  })
})

describe('a listener that turns all away', () => {
  const facts = (refused: number, cancelled = 0) =>
    factsOf({ p50Ms: null, attempts: 800, allAttempts: 1000, attemptErrors: { refused }, cancelled })

  it.each([
    [1000, 0, true],
    [998, 2, true],
    [900, 0, false],
    [0, 0, false],
  ])('with %i attempts refused and %i given up is good: %s (F30)', (refused, cancelled, ok) => {
    const effects = faultEffects(rulesOf({ refused: true }), baselineOf({}), facts(refused, cancelled), onClient)
    expect(effects).toMatchObject([{ metric: 'seen.refused', ok }])
  })

  it('for some of the time must have turned away one', () => {
    const rules = rulesOf({ refused: true }, { schedule: { spike: { every: '1s', duration: '100ms' } } })
    expect(faultEffects(rules, baselineOf({}), facts(1), onClient)).toMatchObject([{ ok: true }])
    expect(faultEffects(rules, baselineOf({}), facts(0), onClient)).toMatchObject([
      { ok: false, inconclusive: expect.any(String) },
    ])
  })
})

describe('a fault of which only its firing can be asked for', () => {
  const limited = rulesOf({ limit: { after: '1mb' } })
  const first = (fired: number) =>
    faultEffects(limited, baselineOf({}), factsOf({ fired: { limit: { eligible: 6, fired } } }), onClient)

  it('is good when it fired, and inconclusive when it did not', () => {
    expect(first(1)).toMatchObject([{ metric: 'fired.limit', unit: 'count', ok: true }])
    expect(first(0)).toMatchObject([{ metric: 'fired.limit', ok: false, inconclusive: expect.any(String) }])
  })

  it('acting on the target itself is judged by what was seen there', () => {
    const killed = (fired: number) =>
      faultEffects(
        rulesOf({ kill: {} }),
        baselineOf({}),
        factsOf({ attemptErrors: { refused: 40 }, fired: { kill: { eligible: fired, fired } } }),
        onClient,
      )
    expect(killed(2)).toMatchObject([{ metric: 'fired.kill', ok: true }])
    expect(killed(0)).toMatchObject([{ metric: 'fired.kill', ok: false }])
  })

  it("behind the target is not looked for in the client's figures", () => {
    const effects = faultEffects(latency40, baselineOf({}), acted(1), { ...onClient, behindTarget: true })
    expect(effects.map(({ metric, ok }) => [metric, ok])).toEqual([
      ['fired.latency', true],
      ['injectedDelayErrorP50', true],
    ])
  })
})

describe('a rule that the relay does not tell of', () => {
  const untold = (fault: Readonly<Record<string, unknown>>, conditions: Readonly<Record<string, unknown>> = {}) =>
    faultEffects(rulesOf(fault, conditions), baselineOf({}), factsOf({ rulesTold: [] }), onClient).filter(
      ({ ok, inconclusive }) => !ok && inconclusive === undefined,
    )

  // Of none of these is it sure how often it fires, so that nothing else tells that it was off.
  it.each([
    ['a limit', { limit: { after: '1mb' } }, {}],
    ['a budget', { budget: { maxExchanges: 3 } }, {}],
    ['a peer that is gone', { halfOpen: { after: '1mb' } }, {}],
    ['a mutation', { mutation: { type: 'corruptBytes' } }, {}],
    ['a slicer', { slicer: { size: '10b' } }, {}],
    ['a slow close', { slowClose: { delay: '1s' } }, {}],
    ['a resolver', { dns: { delay: '1ms' } }, {}],
    ['a schedule', { reset: { probability: 0.1 } }, { schedule: { flapping: { on: '1s', off: '1s' } } }],
    ['a match', { reset: { probability: 0.1 } }, { match: { request: '/checkout' } }],
  ])('was not in force: %s is no effect', (_what, fault, conditions) => {
    expect(untold(fault, conditions).map(({ metric }) => metric)).toContain('inForce.one')
  })

  it.each([
    ['a pause', { pause: { every: '1s', for: '100ms' } }, 'fired.pause'],
    ['a kill', { kill: {} }, 'fired.kill'],
    ['a hog', { cpuHog: {} }, 'fired.cpuHog'],
    ['a slow handshake', { handshake: { delay: '1ms' } }, 'fired.handshake'],
    ['a missing route', { unreachable: { probability: 0.3 } }, 'fired.unreachable'],
  ])('may act elsewhere: %s is missed by what it did not do', (_what, fault, metric) => {
    const missed = faultEffects(rulesOf(fault), baselineOf({}), factsOf({ rulesTold: [] }), onClient)
    expect(missed.find((effect) => effect.metric === metric)).toMatchObject({ ok: false })
    expect(missed.find((effect) => effect.metric === metric)?.inconclusive).toBeUndefined()
    expect(missed.map((effect) => effect.metric)).not.toContain('inForce.one')
  })
})

describe('a fault that acts where connections are made', () => {
  const fired = (keyword: string) => ({ [keyword]: { eligible: 4, fired: 4 } })
  const ok = (fault: Readonly<Record<string, unknown>>, metric: string, facts: Partial<EffectFacts>) =>
    faultEffects(rulesOf(fault), baselineOf({}), factsOf(facts), onClient).find((effect) => effect.metric === metric)
      ?.ok

  it('must have made the quickest connection late (F20)', () => {
    const fault = { handshake: { delay: '20ms', jitter: '5ms' } }
    const seen = (connectMs: number | null) => ok(fault, 'seen.handshake', { connectMs, fired: fired('handshake') })
    expect([seen(15), seen(40), seen(14), seen(null)]).toEqual([true, true, false, undefined])
  })

  it('must have failed every attempt where no name is found (F32)', () => {
    const fault = { dns: { nxdomain: 1 } }
    const seen = (dns: number) => ok(fault, 'seen.dns', { attemptErrors: { dns }, fired: fired('dns') })
    expect([seen(1000), seen(900), seen(0)]).toEqual([true, false, false])
  })

  it('is not asked about of names that nobody may have looked up', () => {
    const fault = { dns: { nxdomain: 1, names: ['db.test'] } }
    expect(ok(fault, 'seen.dns', { fired: fired('dns') })).toBeUndefined()
    expect(expectationOf(rulesOf(fault), baselineOf({}), 100).errorShare).toBeNull()
  })

  it('must have failed every attempt where there is no route at all (F30)', () => {
    const seen = (unreachable: number) =>
      ok({ unreachable: { probability: 1 } }, 'seen.unreachable', {
        attemptErrors: { unreachable },
        fired: fired('unreachable'),
      })
    expect([seen(1000), seen(10)]).toEqual([true, false])
  })
})

describe('what the relay held back for long', () => {
  const lossy = rulesOf({ uplink: { loss: { probability: 0.05 } } })
  const waits = (held: number, seen: number, options = {}, fired = 50) =>
    faultEffects(
      lossy,
      baselineOf({}),
      factsOf({ fired: { loss: { eligible: 1000, fired } }, waits: { held, seen, unseen: 8 } }),
      { ...onClient, ...options },
    ).find(({ metric }) => metric === 'seen.waits')?.ok

  it('must have kept a client waiting (F22, P21)', () => {
    expect(waits(50, 40)).toBe(true)
    expect(waits(50, 0)).toBe(false)
  })

  it('may have been for operations that are not measured', () => {
    expect(waits(16, 0)).toBeUndefined()
  })

  it('may have come in many pieces, of which few were hit', () => {
    expect(waits(500, 0, {}, 16)).toBeUndefined()
  })

  it('is not asked about where a client does not wait', () => {
    expect(waits(50, 0, { oneWay: true })).toBeUndefined()
    expect(waits(50, 0, { behindTarget: true })).toBeUndefined()
    expect(waits(50, 0, { clientLatency: false })).toBeUndefined()
  })
})

describe('many exchanges on one connection', () => {
  const shared = { ...onClient, multiplexed: true }
  const p50Of = (fault: Readonly<Record<string, unknown>>, p50Ms: number) =>
    faultEffects(rulesOf(fault), baselineOf({}), acted(p50Ms), shared).find(({ metric }) => metric === 'p50')?.ok
  const killed = { latency: { delay: '10ms' }, reset: { probability: 0.02 } }

  it('may wait for a new one where a fault ends it, but not less than the delay', () => {
    expect([p50Of(killed, 16.6), p50Of(killed, 10.2), p50Of(killed, 5)]).toEqual([true, true, false])
    expect(p50Of({ latency: { delay: '10ms' } }, 16.6)).toBe(false)
  })

  it('wait for each other on a link of limited rate', () => {
    expect([p50Of({ rate: '80kbps' }, 60), p50Of({ rate: '80kbps' }, 5)]).toEqual([true, false])
  })

  it('must have failed all where nothing passes, and some before there was a connection (F30)', () => {
    const seen = (timeout: number, connect: number) =>
      faultEffects(
        rulesOf({ partition: true }),
        baselineOf({}),
        factsOf({ attemptErrors: { timeout, connect }, fired: { partition: { eligible: 4, fired: 4 } } }),
        shared,
      ).find(({ metric }) => metric === 'seen.partition')?.ok
    expect([seen(2, 998), seen(2, 0)]).toEqual([true, false])
  })

  it('may be ended while nobody waits, but not always', () => {
    const seen = (fired: number, reset: number) =>
      faultEffects(
        rulesOf({ reset: { probability: 0.05 } }),
        baselineOf({}),
        factsOf({ attemptErrors: { reset }, fired: { reset: { eligible: 20 * fired, fired } } }),
        shared,
      ).find(({ metric }) => metric === 'seen.reset')?.ok
    expect([seen(50, 30), seen(50, 0), seen(5, 0)]).toEqual([true, false, true])
  })

  it('may be told that it is closed where it was reset', () => {
    const effects = faultEffects(
      rulesOf({ reset: { probability: 0.05 } }),
      baselineOf({}),
      factsOf({ attemptErrors: { reset: 48, closed: 2 }, fired: { reset: { eligible: 1000, fired: 50 } } }),
      shared,
    )
    expect(effects.find(({ metric }) => metric === 'seen.reset')).toMatchObject({ ok: true })
  })
})

describe('what is known of rules beforehand', () => {
  it('is the delay that one which hits everything is sure of, whatever else it does', () => {
    const fault = { latency: { delay: '40ms' }, mutation: { type: 'corruptEncoding' } }
    expect(expectationOf(rulesOf(fault), baselineOf({}), 100).delayMs).toBeNull()
    expect(knownDelayMs(rulesOf(fault))).toBe(40)
    expect(knownDelayMs(rulesOf(fault, { probability: 0.5 }))).toBe(0)
  })

  it('is how many requests fail to reach the target for each firing', () => {
    const missing = (fault: Readonly<Record<string, unknown>>, datagrams = false) => [
      ...missingRequests(rulesOf(fault), datagrams).values(),
    ]
    expect(missing({ reset: { probability: 1 } })).toEqual([{ least: 1, most: 1 }])
    expect(missing({ hang: { probability: 1 } })).toEqual([{ least: 0, most: 1 }])
    expect(missing({ latency: { delay: '1ms' } })).toEqual([{ least: 0, most: 0 }])
    const loss = { probability: 0.1 }
    expect(missing({ uplink: { loss }, downlink: { loss } }, true)).toEqual([{ least: 0, most: 1 }])
  })
})
