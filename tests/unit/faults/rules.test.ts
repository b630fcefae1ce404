import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Traffic } from '../../../harness/faults/match.ts'
import type { Rule } from '../../../harness/faults/rule.ts'
import {
  canAct,
  isPlain,
  matches,
  matchesRequest,
  parseRule,
  parseRules,
  type RawRule,
  ruleProblems,
  rulesProblems,
  strongest,
} from '../../../harness/faults/rules.ts'

const fault = { latency: { delay: '1ms' } }
const rule = (raw: Omit<RawRule, 'fault'>, name = 'r'): Rule => parseRule(name, { fault, ...raw })

const traffic: Traffic = {
  protocol: 'tcp',
  host: 'a.b.test',
  address: '10.1.2.3',
  port: 443,
  sni: 'a.b.test',
}

describe('a rule', () => {
  it('of a fault alone hits everything, always', () => {
    expect(rule({})).toMatchObject({ probability: 1, connections: 1, priority: 100, enabled: true, schedule: null })
    expect(isPlain(rule({}))).toBe(true)
  })

  it.each([
    { probability: '50%' },
    { connections: 0.5 },
    { match: 'tcp://' },
    { schedule: { from: '1s' } },
    { enabled: false },
  ])('with %j does not', (raw) => {
    expect(isPlain(rule(raw))).toBe(false)
  })

  it('cannot act where an explicit 0 or false says so', () => {
    expect(canAct(rule({}))).toBe(true)
    expect([{ probability: 0 }, { connections: '0%' }, { enabled: false }].map((raw) => canAct(rule(raw)))).toEqual([
      false,
      false,
      false,
    ])
    expect(canAct(parseRule('r', { fault: { latency: { delay: '0ms' } } }))).toBe(false)
  })

  it('has the schedule of its preset, unless it has one of its own', () => {
    const preset = { fault: { preset: 'brownout' } }
    expect(parseRule('r', preset).schedule).toMatchObject({ shape: { kind: 'ramp', rampNs: 60e9 } })
    expect(parseRule('r', { ...preset, schedule: { from: '1s' } }).schedule).toMatchObject({
      fromNs: 1e9,
      shape: { kind: 'constant' },
    })
  })

  it('is plain data, so that it can be sent to another process', () => {
    const one = rule({ match: 'tcp://10.0.0.0/8:80-90', schedule: { spike: { every: '2s', duration: '1s' } } })
    expect(structuredClone(one)).toEqual(one)
  })

  it('that the schema let pass is told all that is wrong with it', () => {
    const raw = {
      fault: { latency: { delay: '1ms' } },
      match: { host: 'a b', port: '9-1' },
      schedule: { ramp: '0s' },
    }
    expect(ruleProblems(raw, '/p').map(({ where }) => where)).toEqual(['/p/match/host', '/p/match/port', '/p/schedule'])
    expect(ruleProblems({ fault, match: 'tcp://10.0.0.0/8:9000' }, '/p')).toEqual([])
  })

  it.each([
    [{ fault: { refused: true }, probability: '50%' }, '/probability', 'on a listener, before there is a connection'],
    [
      { fault: { refused: true }, match: { sni: 'a.test' } },
      '/match/sni',
      'on a listener, before there is a connection',
    ],
    [{ fault: { pause: { every: '1s', for: '10ms' } }, match: 'tcp://:80' }, '/match', 'on the target itself'],
    [
      { fault: { unreachable: { probability: 1 } }, match: { request: '/' } },
      '/match/request',
      'where connections are dialled',
    ],
    [{ fault: { dns: { nxdomain: 1 } }, match: { sni: 'a.test' } }, '/match/sni', 'where names are looked up'],
  ])('whose condition its fault cannot be held against is refused: %j (P12)', (raw, step, where) => {
    expect(ruleProblems(raw, '/p')).toEqual([
      { where: `/p${step}`, message: expect.stringMatching(new RegExp(`allowed: none, as that acts ${where}$`, 'u')) },
    ])
  })
})

describe('several rules', () => {
  it('have names, numbered where they say none', () => {
    expect(parseRules([{ fault }, { name: 'slow', fault }]).map(({ name }) => name)).toEqual(['rule-1', 'slow'])
  })

  it('of one name are a problem', () => {
    expect(rulesProblems([{ fault }, { name: 'rule-1', fault }], '/rules')).toEqual([
      { where: '/rules/1', message: 'found the name "rule-1" again, allowed: one that no other rule has' },
    ])
  })
})

describe('of the rules that match', () => {
  const winner = (...raw: readonly Omit<RawRule, 'fault'>[]): string | undefined =>
    strongest(
      raw.map((one, index) => rule(one, String(index))),
      traffic,
    )?.name

  it.each<[string, Omit<RawRule, 'fault'>[], string | undefined]>([
    ['the highest priority wins over all else', [{ match: { sni: 'a.b.test' } }, { priority: 101 }], '1'],
    ['the default priority is 100', [{ priority: 99 }, {}], '1'],
    ['an exact server name wins over a suffix', [{ match: { sni: '*.b.test' } }, { match: { sni: 'a.b.test' } }], '1'],
    [
      'a suffix of a server name wins over an exact host',
      [{ match: 'any://a.b.test' }, { match: { sni: '*.test' } }],
      '1',
    ],
    ['an exact host wins over a suffix', [{ match: 'any://*.b.test' }, { match: 'any://a.b.test' }], '1'],
    ['a suffix of a host wins over a network', [{ match: 'any://10.1.2.3/32' }, { match: 'any://*.test' }], '1'],
    ['a network wins over a port', [{ match: 'any://:443' }, { match: 'any://0.0.0.0/0' }], '1'],
    ['a port wins over nothing', [{}, { match: 'any://:1-65535' }], '1'],
    ['the longer prefix wins', [{ match: 'any://10.0.0.0/8' }, { match: 'any://10.1.0.0/16' }], '1'],
    ['the longer suffix wins', [{ match: 'any://*.test' }, { match: 'any://*.b.test' }], '1'],
    [
      'the longest prefix of a list counts',
      [{ match: 'any://10.1.0.0/16' }, { match: { cidr: ['10.0.0.0/8', '10.1.2.0/24'] } }],
      '1',
    ],
    [
      'the narrower range of ports wins',
      [{ match: 'any://10.0.0.0/8:400-500' }, { match: 'any://10.0.0.0/8:443' }],
      '1',
    ],
    [
      'a prefix counts before a range of ports',
      [{ match: 'any://10.0.0.0/8:443' }, { match: 'any://10.1.0.0/16' }],
      '1',
    ],
    ['one for some requests wins over one for all', [{}, { match: { request: '/a' } }], '1'],
    ['of equals the first wins', [{ match: 'any://10.0.0.0/8' }, { match: 'tcp://10.0.0.0/8' }], '0'],
    ['one that is disabled has no say', [{ priority: 200, enabled: false }, {}], '1'],
    ['one that its schedule has off still has', [{ priority: 200, schedule: { from: '1h' } }, {}], '0'],
    ['none does where none matches: no fault', [{ match: 'udp://' }, { match: 'any://:80' }], undefined],
  ])('%s (F35)', (_, raw, name) => {
    expect(winner(...raw)).toBe(name)
  })

  it('one that waits for a server name does not act yet', () => {
    const named = rule({ match: { sni: 'a.b.test' } }, 'named')
    const other = rule({}, 'other')
    const early = { ...traffic, sni: undefined }
    expect(matches(named.match, early)).toBe('unknown')
    expect(strongest([named, other], early)?.name).toBe('other')
    expect(strongest([named, other], traffic)?.name).toBe('named')
  })
})

describe('a rule for requests', () => {
  it('takes those of which it names a part of the request line (L8)', () => {
    const { match } = rule({ match: { request: ['/checkout', 'POST /cart '] } })
    expect(matchesRequest(match, 'GET /checkout/1 HTTP/1.1')).toBe(true)
    expect(matchesRequest(match, 'POST /cart HTTP/1.1')).toBe(true)
    expect(matchesRequest(match, 'GET /cart HTTP/1.1')).toBe(false)
    expect(matchesRequest(match, null)).toBe(false)
    expect(matchesRequest(rule({}).match, null)).toBe(true)
  })
})

describe('precedence', () => {
  const hosts = fc.constantFrom('a.b.test', '*.b.test', '*.test', 'other.test')
  const cidrs = fc.constantFrom('0.0.0.0/0', '10.0.0.0/8', '10.1.0.0/16', '10.1.2.3/32', '11.0.0.0/8', '::/0')
  const ports = fc.constantFrom<string | number>(443, '1-65535', '400-500', 80)
  const places = fc.oneof(
    fc.record({ host: hosts }),
    fc.record({ sni: hosts }),
    fc.record({ cidr: cidrs }),
    fc.constant({}),
  )
  const matching = fc
    .tuple(places, fc.record({ port: ports, protocol: fc.constantFrom('any', 'tcp', 'udp') }, { requiredKeys: [] }))
    .map(([place, rest]) => ({ ...place, ...rest }))
  const rules = fc
    .array(
      fc.record(
        { match: matching, priority: fc.constantFrom(0, 100, 200), enabled: fc.boolean() },
        { requiredKeys: ['match'] },
      ),
      { maxLength: 8 },
    )
    .map((all) => all.map((raw, index) => rule(raw, String(index))))

  it('picks one that is enabled and matches, or none where there is none (F35)', () => {
    fc.assert(
      fc.property(rules, (all) => {
        const fit = all.filter(({ enabled, match }) => enabled && matches(match, traffic) === true)
        const picked = strongest(all, traffic)
        expect(fit.length === 0 ? [undefined] : fit).toContain(picked)
      }),
    )
  })

  it('never picks one of a lower priority than another that matches', () => {
    fc.assert(
      fc.property(rules, (all) => {
        const fit = all.filter(({ enabled, match }) => enabled && matches(match, traffic) === true)
        const highest = Math.max(0, ...fit.map(({ priority }) => priority))
        expect(strongest(all, traffic)?.priority ?? 0).toBe(highest)
      }),
    )
  })

  it('is the same whatever else is there that loses: a winner wins over each alone, and over all without the losers', () => {
    fc.assert(
      fc.property(rules, (all) => {
        const winner = strongest(all, traffic)
        if (winner === undefined) return
        for (const other of all.filter((one) => one !== winner)) {
          expect(
            strongest(
              all.filter((one) => one === winner || one === other),
              traffic,
            ),
          ).toBe(winner)
          expect(
            strongest(
              all.filter((one) => one !== other),
              traffic,
            ),
          ).toBe(winner)
        }
      }),
    )
  })

  it('does not depend on the order, but among equals of which the first wins', () => {
    fc.assert(
      fc.property(rules, (all) => {
        const [forth, back] = [strongest(all, traffic), strongest(all.toReversed(), traffic)]
        const both = [forth, back].filter((one) => one !== undefined)
        // Where these are two, neither is stronger.
        expect([strongest(both, traffic), strongest(both.toReversed(), traffic)]).toEqual([forth, back])
      }),
    )
  })
})
