import { describe, expect, it } from 'vitest'
import { type Decisions, noDecisions } from '../../../../harness/faults/decisions.ts'
import { everything, type Traffic } from '../../../../harness/faults/match.ts'
import { ArmRules } from '../../../../harness/faults/relay/arm-rules.ts'
import type { SessionRules } from '../../../../harness/faults/relay/session-rules.ts'
import type { Layer } from '../../../../harness/faults/rule.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { TimerWheel } from '../../../../harness/kernel/timer-wheel.ts'
import { createVirtualClock } from '../../../../harness/kernel/virtual-clock.ts'
import { ruleOf } from '../../../support/stream-arm.ts'

const traffic: Traffic = { protocol: 'tcp', host: '127.0.0.1', address: '127.0.0.1', port: 80, sni: undefined }
const delay = { latency: { delay: '10ms' } }
const layer = (...rules: Layer['rules']): Layer[] => [{ name: 'layer', rules }]

function rulesOf(layers: readonly Layer[], decisions: Decisions = noDecisions) {
  const clock = createVirtualClock()
  const context = { rng: createRng(1), clock, wheel: new TimerWheel(clock), decisions }
  const told: number[] = []
  const rules = new ArmRules({ arm: 'arm', layers, context, changed: () => told.push(clock.nowNs()) })
  const opened = (changed = () => {}): SessionRules => rules.session(traffic, { hurry: () => {}, changed })
  return { rules, clock, opened, told, pending: () => context.wheel.size }
}

const names = (acting: ReturnType<SessionRules['begin']>): string[] => acting.map(({ state }) => state.key)

describe('the rules of an arm', () => {
  it('act by layers: of each the strongest that matches, and no other', () => {
    const { opened, rules } = rulesOf([
      { name: 'one', rules: [ruleOf(delay, { name: 'a' }), ruleOf(delay, { name: 'b', priority: 101 })] },
      { name: 'two', rules: [ruleOf(delay, { name: 'c', match: { ...everything, ports: [{ from: 1, to: 1 }] } })] },
      { name: 'three', rules: [ruleOf(delay, { name: 'd', enabled: false }), ruleOf(delay, { name: 'e' })] },
    ])
    expect(names(opened().begin(null))).toEqual(['one/b', 'three/e'])
    const { rules: read } = rules.read()
    expect(Object.values(read).map(({ connections, matched }) => [connections, matched])).toEqual([
      [0, 0],
      [1, 1],
      [0, 0],
      [0, 0],
      [1, 1],
    ])
  })

  it('by request choose anew for each exchange', () => {
    const requests = ruleOf(delay, { name: 'some', match: { ...everything, requests: ['POST /pay'] }, priority: 200 })
    const session = rulesOf(layer(requests, ruleOf(delay, { name: 'rest' }))).opened()
    expect(session.asksRequestLine).toBe(true)
    const lines = ['GET /pay HTTP/1.1', 'POST /pay/1 HTTP/1.1', null]
    expect(lines.map((line) => names(session.begin(line))[0])).toEqual(['layer/rest', 'layer/some', 'layer/rest'])
  })

  it('by server name act once that is known', () => {
    const session = rulesOf(layer(ruleOf(delay, { match: { ...everything, snis: ['a.test'] } }))).opened()
    expect([session.asksServerName, names(session.begin(null))]).toEqual([true, []])
    session.setServerName('a.test')
    expect([session.asksServerName, names(session.begin(null))]).toEqual([false, ['layer/all']])
  })

  it('draw once for each exchange and once for each connection, and count what they matched', () => {
    const made: string[] = []
    const decisions: Decisions = {
      connection: (arm, slice, ordinal) => ({
        decide(site, kind, draw) {
          made.push(`${arm} ${slice} ${ordinal} ${site} ${kind}`)
          return draw()
        },
      }),
    }
    const { rules, opened } = rulesOf(layer(ruleOf(delay, { probability: 0.5, connections: 0.9 })), decisions)
    rules.setSlice(7, 0)
    const hit: number[] = []
    for (let n = 0; n < 200; n++) {
      const session = opened()
      hit.push([1, 2].filter(() => session.begin(null).length > 0).length)
      session.current()
      session.close()
    }
    const mean = hit.reduce((sum, count) => sum + count, 0) / 200
    expect(mean).toBeGreaterThan(0.75)
    expect(mean).toBeLessThan(1.05)
    expect(made.slice(0, 3)).toEqual([
      'arm 7 0 layer/all connections',
      'arm 7 0 layer/all probability',
      'arm 7 0 layer/all probability',
    ])
    expect(rules.read().rules['layer/all']).toMatchObject({ connections: 200, matched: 400 })
  })

  it('are chosen the same of the n-th connection of a slice, whatever came between', () => {
    const pattern = (between: boolean): boolean[] => {
      const { rules, opened } = rulesOf(layer(ruleOf(delay, { probability: 0.5 })))
      rules.setSlice(1, 0)
      return Array.from({ length: 20 }, () => {
        const [session, other] = [opened(), between ? opened() : null]
        other?.begin(null)
        // Every second connection is one of those between.
        return session.begin(null).length > 0
      })
    }
    const alone = pattern(false)
    expect(new Set(alone).size).toBe(2)
    expect(pattern(true).slice(0, 10)).toEqual(alone.filter((_hit, n) => n % 2 === 0))
  })

  it('go on and off by their schedules, and tell of it at the edges (F36, P11)', async () => {
    const shape = { kind: 'flapping', onNs: 1e9, offNs: 2e9 } as const
    const schedule = { fromNs: 500e6, forNs: Number.POSITIVE_INFINITY, shape }
    const { rules, clock, opened, told } = rulesOf(layer(ruleOf(delay, { schedule })))
    const [acting] = opened().begin(null)
    const seen: [number, boolean][] = []
    for (let n = 0; n < 9; n++) {
      seen.push([clock.nowNs() / 1e9, acting!.isOn(clock.nowNs())])
      await clock.advance(500e6)
    }
    expect(seen.filter(([, on]) => on).map(([at]) => at)).toEqual([0.5, 1, 3.5, 4])
    expect(told).toEqual([0.5e9, 1.5e9, 3.5e9, 4.5e9])
    rules.close()
  })

  it('count from the origin of the slice', async () => {
    const schedule = { fromNs: 0, forNs: 1e9, shape: { kind: 'constant' } as const }
    const { rules, clock, opened, pending } = rulesOf(layer(ruleOf(delay, { schedule })))
    await clock.advance(2e9)
    const [acting] = opened().begin(null)
    expect(acting!.isOn(clock.nowNs())).toBe(false)
    rules.setSlice(1, clock.nowNs())
    expect(acting!.isOn(clock.nowNs())).toBe(true)
    await clock.advance(1e9)
    expect([acting!.isOn(clock.nowNs()), pending()]).toEqual([false, 0])
  })
})

describe('a change of rules', () => {
  const tallyOf = (session: SessionRules) =>
    session.current()[0]!.context({ keyword: 'latency' } as never, 'downlink').tally

  it('keeps a rule whose faults stay, whatever else of it changes, with its draws', () => {
    const { rules, opened } = rulesOf(layer(ruleOf(delay, { connections: 0.5 })))
    const sessions = Array.from({ length: 20 }, () => opened())
    const before = sessions.map((session) => session.begin(null)[0])
    rules.setLayers(layer(ruleOf(delay, { connections: 1, priority: 5 })))
    const meanwhile = sessions.map((session) => session.current()[0])
    rules.setLayers(layer(ruleOf(delay, { connections: 0.5 })))
    const after = sessions.map((session) => session.current()[0])
    expect(before.filter(Boolean).length).toBeGreaterThan(3)
    expect(meanwhile).not.toContain(undefined)
    expect(after).toEqual(before)
    expect(meanwhile.filter((stages, n) => stages === before[n])).toEqual(before.filter(Boolean))
  })

  it('starts a rule with other faults anew, and goes on counting', () => {
    const { rules, opened } = rulesOf(layer(ruleOf(delay)))
    const session = opened()
    const [before] = session.begin(null)
    tallyOf(session).fired += 2
    rules.setLayers(layer(ruleOf({ latency: { delay: '20ms' } })))
    expect([before!.isOn(0), before!.state.removed]).toEqual([false, true])
    expect(session.current()[0]).not.toBe(before)
    tallyOf(session).fired += 3
    expect(rules.read().tallies['latency']!.fired).toBe(5)
  })

  it('leaves what was drawn for an exchange as it is, also where the faults have changed, and does not count it again', () => {
    const { rules, opened } = rulesOf(layer(ruleOf(delay, { probability: 0.5 })))
    const sessions = Array.from({ length: 20 }, () => opened())
    const before = sessions.map((session) => session.begin(null).length)
    rules.setLayers(layer(ruleOf({ latency: { delay: '20ms' } }, { probability: 0.5 })))
    expect(sessions.map((session) => session.current().length)).toEqual(before)
    expect(new Set(before)).toEqual(new Set([0, 1]))
    expect(rules.read().rules['layer/all']).toMatchObject({ connections: 20, matched: 20 })
  })

  it.each(['probability', 'connections'])('takes an explicit 0 of %s for off', (share) => {
    const { rules, opened } = rulesOf(layer(ruleOf(delay)))
    const [acting] = opened().begin(null)
    expect(acting!.isOn(0)).toBe(true)
    rules.setLayers(layer(ruleOf(delay, { [share]: 0 })))
    expect(acting!.isOn(0)).toBe(false)
  })

  it('forgets no count of rules that were taken out, and does not grow with them', () => {
    const { rules, opened } = rulesOf([])
    const session = opened()
    for (let n = 0; n < 1000; n++) {
      rules.setLayers(layer(ruleOf(delay, { name: `rule-${n % 500}` })))
      session.begin(null)
      tallyOf(session).fired++
    }
    const read = rules.read()
    expect(read.tallies['latency']!.fired).toBe(1000)
    expect(Object.keys(read.rules).length).toBeLessThanOrEqual(65)
  })

  it('tells every session, until it is closed', () => {
    const { rules, opened } = rulesOf([])
    let told = 0
    const sessions = [opened(() => told++), opened(() => told++)]
    rules.setLayers(layer(ruleOf(delay)))
    sessions[0]!.close()
    rules.setLayers([])
    expect(told).toBe(3)
  })

  it('share what their connections share within a slice only', () => {
    const { rules, opened } = rulesOf(layer(ruleOf(delay)))
    const shared = (): object => {
      const [acting] = opened().begin(null)
      return acting!.context({ keyword: 'rate' } as never, 'uplink').shared(() => ({}))
    }
    const first = shared()
    expect(shared()).toBe(first)
    rules.setSlice(1, 0)
    expect(shared()).not.toBe(first)
  })

  it('tell a fault what latencies add one way', () => {
    const { opened } = rulesOf(layer(ruleOf({ uplink: delay, downlink: delay })))
    const [acting] = opened().begin(null)
    acting!.context({ keyword: 'latency' } as never, 'uplink').delayed(5)
    acting!.context({ keyword: 'latency' } as never, 'downlink').delayed(7)
    const rate = acting!.context({ keyword: 'rate' } as never, 'downlink')
    expect([rate.oneWayNs(), rate.roundTripNs()]).toEqual([7, 12])
  })

  it.each([
    ['gone', []],
    ['off', layer(ruleOf({ uplink: delay, downlink: delay }, { enabled: false }))],
  ])('takes back the round trip that a latency has told once it is %s', (_how, layers) => {
    const { rules, opened } = rulesOf(layer(ruleOf({ uplink: delay, downlink: delay })))
    const session = opened()
    const [acting] = session.begin(null)
    const contexts = (['uplink', 'downlink'] as const).map((way) =>
      acting!.context({ keyword: 'latency' } as never, way),
    )
    contexts[0]!.delayed(5)
    contexts[1]!.delayed(7)
    contexts[1]!.delayed(8)
    expect(contexts[0]!.roundTripNs()).toBe(13)
    rules.setLayers(layers)
    expect(contexts[0]!.roundTripNs()).toBe(0)
  })
})

describe('what a listener is to be', () => {
  it('is said by the first layer that has a listener fault that is on', () => {
    const { rules } = rulesOf([
      { name: 'off', rules: [ruleOf({ refused: true }, { enabled: false })] },
      { name: 'delay', rules: [ruleOf(delay)] },
      { name: 'deaf', rules: [ruleOf({ connectTimeout: true })] },
      { name: 'refused', rules: [ruleOf({ refused: true })] },
    ])
    expect(rules.listener(traffic)).toMatchObject({ state: 'deaf', site: 'deaf/all/connectTimeout' })
    rules.setLayers([])
    expect(rules.listener(traffic)).toBeNull()
  })
})
