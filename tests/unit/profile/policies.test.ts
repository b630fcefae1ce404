import { describe, expect, test } from 'vitest'
import { activeFaults, faultTable } from '../../../harness/faults/faults.ts'
import { isSoakrigError, type Problem } from '../../../harness/kernel/errors.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'
import type { Policy, Profile } from '../../../harness/profile/profile.ts'
import { faultProblems, ruleSetProblems } from '../../../harness/profile/validate.ts'

const fault = { latency: { delay: '40ms' } }
const dependencies = { db: { upstream: '127.0.0.1:5432', env: 'DATABASE_PORT' } }
const requests = [
  { name: 'browse', path: '/items?page=1' },
  { name: 'pay', method: 'POST', path: '/checkout' },
  { name: 'one', path: '/items/{{id}}/details' },
]
const workload = { requests, variables: { id: '1' } }

const parse = (document: object): Profile =>
  parseProfile({ target: { builtin: 'http' }, workload, ...document }, { mode: 'smoke', flags: {}, env: {} })

function policyOf(policy: object, document: object = {}): Policy {
  const [parsed] = parse({ ...document, policies: { a: policy } }).policies
  if (!parsed) throw new Error('there is no policy')
  return parsed
}

function problemsOf(document: object): readonly Problem[] {
  try {
    parse(document)
    return []
  } catch (error) {
    if (!isSoakrigError(error)) throw error
    return error.problems
  }
}

/** Settings of every fault, with what a published tool of this kind stumbled over. */
const examples: Readonly<Record<string, unknown>> = {
  refused: true,
  connectTimeout: true,
  partition: true,
  budget: { maxExchanges: 3, action: 'timeout', timeout: '1s' },
  hang: { probability: '1%' },
  reset: { probability: '5%' },
  limit: { after: '48b' },
  halfOpen: { after: '48b' },
  duplicate: { probability: '1%' },
  mutation: { type: 'swapBytes' },
  rate: '2mbps',
  latency: { delay: '120s', jitter: '0.5ms' },
  reorder: { probability: '5%', window: 4 },
  loss: { gilbertElliott: { goodToBad: '1%', badToGood: '25%' } },
  slicer: { size: '100b' },
  slowClose: { delay: '1s' },
  handshake: { delay: '10ms' },
  unreachable: { probability: '5%' },
  dns: { nxdomain: '5%' },
  kill: {},
  pause: { every: '1s', for: '50ms' },
  cpuHog: { share: '50%' },
  corrupt: { probability: '1%' },
  mtu: '1400b',
}

/** The workload over which a fault can act: some are of datagrams only. */
const overPath = (keyword: string): object =>
  ['corrupt', 'mtu'].includes(keyword)
    ? { target: { builtin: 'udp' }, workload: { protocol: 'udp', requests: [{ size: '200b' }] } }
    : {}

describe('a policy', () => {
  test('is one rule, with what stands beside its fault (F35, F36)', () => {
    const { rules, at } = policyOf(
      {
        fault,
        match: 'tcp://127.0.0.0/8:80-90',
        probability: '50%',
        connections: 0.2,
        priority: 7,
        enabled: true,
        schedule: { flapping: { on: '100ms', off: '200ms' } },
      },
      { target: { command: ['serve'], port: 85 } },
    )
    expect(at).toBeNull()
    expect(rules).toEqual([
      {
        name: 'a',
        faults: expect.objectContaining({ downlink: { latency: expect.objectContaining({ delayNs: 40e6 }) } }),
        match: {
          protocol: 'tcp',
          hosts: [],
          cidrs: ['127.0.0.0/8'],
          snis: [],
          ports: [{ from: 80, to: 90 }],
          requests: [],
        },
        probability: 0.5,
        connections: 0.2,
        priority: 7,
        enabled: true,
        schedule: {
          fromNs: 0,
          forNs: Number.POSITIVE_INFINITY,
          shape: { kind: 'flapping', onNs: 100e6, offNs: 200e6 },
        },
      },
    ])
  })

  test('may be several rules, and act at a dependency', () => {
    const rules = [{ fault }, { name: 'ports', fault, match: 'any://:5432', priority: 200 }]
    expect(policyOf({ rules, at: 'db' }, { dependencies })).toMatchObject({
      at: 'db',
      rules: [{ name: 'rule-1' }, { name: 'ports', priority: 200 }],
    })
  })

  test('of a client has the rules that it is under', () => {
    const under = { fault, probability: '10%', at: 'db' }
    expect(policyOf({ client: { retry: {} }, under }, { dependencies })).toMatchObject({
      kind: 'combined',
      at: 'db',
      rules: [{ name: 'a', probability: 0.1 }],
    })
  })

  test.each([
    ['pay', ['POST /checkout ']],
    ['/checkout', ['POST /checkout ']],
    ['GET /items', ['GET /items?page=1 ', 'GET /items/']],
    [
      ['pay', 'one'],
      ['POST /checkout ', 'GET /items/'],
    ],
  ])('names requests by their name, or a part of method and path: %j (L8)', (request, lines) => {
    expect(policyOf({ fault, match: { request } }).rules[0]?.match.requests).toEqual(lines)
  })

  test('at a dependency names requests as they are on the way to it', () => {
    const policy = { fault, at: 'db', match: { request: '/orders' } }
    expect(policyOf(policy, { dependencies }).rules[0]?.match.requests).toEqual(['/orders'])
  })

  test.each(Object.keys(faultTable))('may have the fault %s (P2)', (keyword) => {
    const settings = examples[keyword]
    const policy = policyOf({ fault: { [keyword]: settings } }, overPath(keyword))
    expect(policy.rules.flatMap(({ faults }) => activeFaults(faults)).map((one) => one.fault.keyword)).toEqual([
      keyword,
    ])
  })

  test.each(Object.keys(faultTable).filter((keyword) => faultTable[keyword]?.directional))(
    'may have the fault %s in each direction (P2)',
    (keyword) => {
      const fault = { uplink: { [keyword]: examples[keyword] }, downlink: { [keyword]: examples[keyword] } }
      const active = policyOf({ fault }, overPath(keyword)).rules.flatMap(({ faults }) => activeFaults(faults))
      expect(active.map(({ direction }) => direction)).toEqual(['uplink', 'downlink'])
    },
  )
})

describe('a malformed policy', () => {
  test.each<[string, object, string, RegExp]>([
    ['a fault and rules', { fault, rules: [{ fault }] }, '', /^found fault and rules, allowed: fault, rules, client/u],
    [
      'a condition beside rules',
      { rules: [{ fault }], probability: 0.5 },
      '/probability',
      /allowed: in each of the rules$/u,
    ],
    ['a condition of a client', { client: { retry: {} }, match: 'tcp://' }, '/match', /^found match without a fault/u],
    ['a dependency of a client', { client: { retry: {} }, at: 'db' }, '/at', /^found at without a fault/u],
    ['no rules', { rules: [] }, '/rules', /a list that is not empty/u],
    [
      'under nothing',
      { client: { retry: {} }, under: { at: 'db' } },
      '/under',
      /^found only "at", allowed: one of "fault", "rules"$/u,
    ],
    ['an unknown dependency', { fault, at: 'dc' }, '/at', /^found "dc", allowed: "db"; did you mean "db"\?$/u],
    ['an unknown preset', { fault: { preset: '3gg' } }, '/fault/preset', /did you mean "3g"\?$/u],
    ['an unknown condition', { fault, schedul: {} }, '/schedul', /did you mean "schedule"\?$/u],
    ['a match without sense', { fault, match: 'tcp:/x' }, '/match', /^found "tcp:\/x", allowed: any, tcp or udp/u],
    ['an unknown key of a match', { fault, match: { hots: 'x' } }, '/match/hots', /did you mean "host"\?$/u],
    [
      'an inverted schedule',
      { fault, schedule: { spike: { every: '1s', duration: '2s' } } },
      '/schedule',
      /at most every$/u,
    ],
    [
      'a match of another transport',
      { rules: [{ fault }, { fault, match: 'udp://' }] },
      '/rules/1/match',
      /^found udp, allowed: any or tcp/u,
    ],
    [
      'a match of another place',
      { fault, match: { host: 'db.test', port: 80 } },
      '/match',
      /^found a port, allowed: none, as the target gets a free one/u,
    ],
    ['a match that nothing meets', { fault, match: 'tcp://db.test' }, '/match', /^found db\.test, allowed: what 127/u],
    [
      'a match that nothing meets at a dependency',
      { rules: [{ fault }, { fault, match: 'tcp://127.0.0.1:5433' }], at: 'db' },
      '/rules/1/match',
      /^found 127\.0\.0\.1\/32, 5433, allowed: what 127\.0\.0\.1, port 5432 meets/u,
    ],
    [
      'a server name without TLS',
      { fault, match: { sni: 'a.test' } },
      '/match',
      /^found "a\.test" of TLS, allowed: none/u,
    ],
    ['a match that is none', { fault, match: 5 }, '/match', /^found 5, allowed: an object or text/u],
    [
      'a rule behind one that always wins',
      { rules: [{ name: 'all', fault }, { fault: { reset: { probability: '1%' } } }] },
      '/rules/1',
      /^never acts: rule all wins on all that it matches/u,
    ],
    [
      'a rule of less priority than one for all',
      {
        rules: [
          { fault, match: { request: 'pay' }, priority: 1 },
          { name: 'all', fault },
        ],
      },
      '/rules/0',
      /^never acts: rule all wins/u,
    ],
    ['rules that are no list', { rules: { fault } }, '/rules', /^found an object, allowed: a list/u],
    ['a rule that is no object', { rules: [null] }, '/rules/0', /^found null, allowed: an object/u],
    ['a dependency that is no text', { fault, at: 5 }, '/at', /^found 5, allowed: text/u],
    ['a priority too high', { fault, priority: 65_536 }, '/priority', /a whole number from 0 to 65535/u],
    ['a rule of no fault', { rules: [{ match: 'tcp://' }] }, '/rules/0/fault', /^found nothing, required/u],
    [
      'a rule with a wrong fault',
      { rules: [{ fault: { latency: { delay: 5 } } }] },
      '/rules/0/fault/latency/delay',
      /a duration/u,
    ],
    ['a rule that is disabled', { fault, enabled: false }, '', /^changes nothing: its rule is disabled$/u],
    ['a rule for nothing', { fault, probability: 0 }, '', /^changes nothing/u],
    [
      'rules that are all disabled',
      { rules: [{ fault, enabled: false }] },
      '/rules',
      /^changes nothing: none of its rules/u,
    ],
    [
      'faults that are all disabled',
      { fault: { latency: { delay: '0ms' } } },
      '/fault',
      /all its faults are disabled$/u,
    ],
    [
      'a fault of the target at a dependency',
      { fault: { pause: { every: '1s', for: '10ms' } }, at: 'db' },
      '/at',
      /^found "pause", allowed: faults of a path/u,
    ],
    [
      'an unknown request',
      { fault, match: { request: 'pays' } },
      '/match/request',
      /^found "pays", allowed: .*"browse", "pay", "one"; did you mean "pay"\?$/u,
    ],
  ])('is told by its place: %s (P12)', (_, policy, where, message) => {
    expect(problemsOf({ dependencies, policies: { a: policy } })).toEqual([
      { where: `/policies/a${where}`, message: expect.stringMatching(message) },
    ])
  })

  test.each([
    ['the more specific of two', [{ fault }, { fault, match: { request: 'pay' } }]],
    ['what is not for all before what is', [{ fault, match: 'tcp://127.0.0.0/8' }, { fault }]],
    ['one that is disabled', [{ fault }, { fault, enabled: false }]],
    ['one that spares others', [{ fault: { latency: { delay: '0s' } }, match: { request: 'pay' } }, { fault }]],
  ])('of several rules may be %s', (_, rules) => {
    expect(problemsOf({ policies: { a: { rules } } })).toEqual([])
  })

  test.each([
    ['http://127.0.0.1:80', { host: '127.0.0.1', port: '80-90' }, 0],
    ['http://127.0.0.1:80', 'tcp://127.0.0.1:81', 1],
    ['http://localhost', 'tcp://localhost:80', 0],
    ['http://localhost', { cidr: '10.0.0.0/8' }, 0],
    ['http://localhost', 'tcp://other.test', 1],
  ])('on the way to %s is held against where it leads: %j', (url, match, problems) => {
    expect(problemsOf({ target: { url }, policies: { a: { fault, match } } })).toHaveLength(problems)
  })

  test('in a document of nothing but wrong things is told, and never breaks anything', () => {
    for (const wrong of [null, 5, 'x', [], [null], { a: 5 }]) {
      const policies = { a: { rules: wrong }, b: { fault, at: wrong }, c: { rules: [{ fault, match: wrong }] } }
      const stress = { smoke: { steps: [{ at: '0s', install: 'a' }] } }
      const workload = { requests: [{ path: wrong }] }
      expect(problemsOf({ policies, stress }).length).toBeGreaterThan(0)
      expect(problemsOf({ policies: wrong, stress, workload, dependencies: wrong }).length).toBeGreaterThan(0)
    }
  })

  test.each([
    [{ version: '2' }, { builtin: 'http2' }, /HTTP\/2, whose requests a relay cannot read/u],
    [{ tls: true }, { url: 'https://127.0.0.1:1' }, /the workload speaks TLS/u],
  ])('names requests that nobody can read: %j', (more, target, message) => {
    const document = { target, workload: { requests, variables: { id: '1' }, ...more } }
    expect(problemsOf({ ...document, policies: { a: { fault, match: { request: 'pay' } } } })).toEqual([
      { where: '/policies/a/match/request', message: expect.stringMatching(message) },
    ])
  })
})

describe('dependencies', () => {
  test('have an upstream and a variable', () => {
    const six = { upstream: '[::1]:6379', env: 'REDIS_PORT' }
    expect(parse({ dependencies: { ...dependencies, cache: six } }).dependencies).toEqual([
      { name: 'db', upstream: { host: '127.0.0.1', port: 5432 }, env: 'DATABASE_PORT' },
      { name: 'cache', upstream: { host: '::1', port: 6379 }, env: 'REDIS_PORT' },
    ])
    expect(parse({}).dependencies).toEqual([])
  })

  test.each([
    [{ db: { upstream: '127.0.0.1', env: 'A' } }, '/db/upstream', /HOST:PORT/u],
    [{ db: { upstream: 'a:0', env: 'A' } }, '/db/upstream', /^found port 0, allowed: from 1 to 65535$/u],
    [{ db: { upstream: 'a:1', env: 'A B' } }, '/db/env', /^found "A B"/u],
    [{ db: { upstream: 'a:1' } }, '/db/env', /^found nothing, required/u],
    [{ Db: { upstream: 'a:1', env: 'A' } }, '/Db', /small letters/u],
    [{ a: { upstream: 'a:1', env: 'A' }, b: { upstream: 'a:2', env: 'A' } }, '/b/env', /^found "A" again/u],
  ])('that cannot be are told by their place: %j', (wrong, where, message) => {
    expect(problemsOf({ dependencies: wrong })).toEqual([
      { where: `/dependencies${where}`, message: expect.stringMatching(message) },
    ])
  })
})

describe('steps of the stress stage', () => {
  const policies = { slow: { fault }, cut: { fault: { partition: true } }, retry: { client: { retry: {} } } }
  const modes = { smoke: { duration: '10s' } }
  const problemsIn = (...steps: readonly object[]): readonly Problem[] =>
    problemsOf({ policies, modes, stress: { smoke: { steps } } })

  test('are those of the mode, in the order of their times', () => {
    const steps = [
      { at: '5s', remove: 'slow' },
      { at: '1s', install: 'slow' },
      { at: '6s', install: 'cut', for: '2s' },
    ]
    const stress = { smoke: { steps }, long: { steps: [{ at: '1s', install: 'cut' }] } }
    expect(parse({ policies, modes, stress }).stress).toEqual([
      { atNs: 1e9, kind: 'install', policy: 'slow', forNs: null },
      { atNs: 5e9, kind: 'remove', policy: 'slow', forNs: null },
      { atNs: 6e9, kind: 'install', policy: 'cut', forNs: 2e9 },
    ])
    expect(parse({ policies, modes, stress }).effective['stress']).toEqual(stress)
    expect(parse({}).stress).toEqual([])
    expect(parse({}).effective).not.toHaveProperty('stress')
  })

  test('may install a policy again after it has ended', () => {
    expect(problemsIn({ at: '1s', install: 'cut', for: '2s' }, { at: '3s', install: 'cut' })).toEqual([])
  })

  test.each<[object[], string, RegExp]>([
    [[{ at: '1s', install: 'slo' }], '/0/install', /^found "slo", allowed: .*did you mean "slow"\?$/u],
    [[{ at: '1s', install: 'retry' }], '/0/install', /^found "retry", which has no fault/u],
    [[{ at: '10s', install: 'slow' }], '/0/at', /^found 10s, allowed: less than the duration of 10s$/u],
    [[{ at: '1s', remove: 'slow' }], '/0', /^found remove "slow", which is not on at 1s/u],
    [
      [
        { at: '1s', install: 'slow' },
        { at: '2s', install: 'slow' },
      ],
      '/1',
      /^found install "slow", which is on already at 2s/u,
    ],
    [
      [
        { at: '1s', install: 'cut', for: '1s' },
        { at: '3s', remove: 'cut' },
      ],
      '/1',
      /which is not on at 3s/u,
    ],
    [[{ at: '1s', install: 'slow', remove: 'slow' }], '/0', /^found install and remove/u],
    [[{ at: '1s', install: 'slow', for: '0s' }], '/0/for', /more than 0$/u],
    [
      [
        { at: '1s', install: 'slow' },
        { at: '2s', remove: 'slow', for: '1s' },
      ],
      '/1/for',
      /nothing beside remove$/u,
    ],
    [[{ at: '1s' }], '/0', /^found only "at", allowed: one of "install", "remove"/u],
  ])('that cannot be are told by their place: %j (F38, P12)', (steps, where, message) => {
    expect(problemsIn(...steps)).toEqual([
      { where: `/stress/smoke/steps${where}`, message: expect.stringMatching(message) },
    ])
  })

  test('may last as long as the floor of the long mode makes it', () => {
    const steps = [{ at: '15s', install: 'slow' }]
    expect(problemsOf({ policies, modes: { long: { duration: '5s' } }, stress: { long: { steps } } })).toEqual([])
    const short = { long: { duration: '5s', floor: false } }
    expect(problemsOf({ policies, modes: short, stress: { long: { steps } } })).toMatchObject([
      { where: '/stress/long/steps/0/at' },
    ])
  })
})

describe('what flags hold', () => {
  test('is checked as in a profile: faults by themselves', () => {
    expect(faultProblems({ preset: '3g' })).toEqual([])
    expect(faultProblems({ latency: { dela: '1ms' } })).toMatchObject([{ where: '/latency/dela' }])
    expect(faultProblems({ budget: { maxExchanges: 1, action: 'timeout' } })).toMatchObject([{ where: '/budget' }])
  })

  test('is checked as in a profile: rules', () => {
    expect(ruleSetProblems([{ fault, match: 'tcp://10.0.0.0/8:9000' }])).toEqual([])
    expect(ruleSetProblems([{ fault, match: 'tcp://10.0.0.0/33' }])).toMatchObject([{ where: '/0/match' }])
    expect(ruleSetProblems([{ fault, probabilty: 1 }])).toMatchObject([{ where: '/0/probabilty' }])
    expect(ruleSetProblems([])).toMatchObject([{ where: '' }])
  })
})

describe('a warning', () => {
  const warningsOf = (policy: object, document: object = {}): readonly Problem[] =>
    parse({ ...document, policies: { a: policy } }).warnings

  test('is given of a schedule that no slice reaches (F36)', () => {
    expect(warningsOf({ fault, schedule: { from: '30s' } })).toEqual([
      {
        where: '/policies/a/schedule',
        message: expect.stringMatching(/^is off in all of the measured part of a slice/u),
      },
    ])
    expect(warningsOf({ rules: [{ fault, schedule: { for: '10ms' } }] })).toMatchObject([
      { where: '/policies/a/rules/0/schedule' },
    ])
    expect(warningsOf({ fault, schedule: { ramp: '60s' } })).toEqual([])
  })

  test('is given of a rule that hits too little of a slice', () => {
    // Of 75 arrivals in the measured 750 ms 2 % are 1.5.
    const load = { model: 'open', rate: 100 }
    expect(warningsOf({ fault, probability: '2%' }, { load })).toEqual([
      {
        where: '/policies/a/fault/latency',
        message: expect.stringMatching(/^at most 1\.5 firings expected in a slice, 20 are needed/u),
      },
    ])
    expect(warningsOf({ fault, probability: '50%' }, { load })).toEqual([])
  })
})
