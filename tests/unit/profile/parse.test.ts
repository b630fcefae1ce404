import { describe, expect, test } from 'vitest'
import { isSoakrigError, type Problem } from '../../../harness/kernel/errors.ts'
import type { ModeName } from '../../../harness/profile/modes.ts'
import { parseProfile, type ProfileOverrides } from '../../../harness/profile/parse.ts'
import type { Profile } from '../../../harness/profile/profile.ts'

const minimal = { target: { builtin: 'http' } }
const delay = { fault: { latency: { delay: '40ms' } } }

function parse(document: object, overrides: Partial<ProfileOverrides> = {}): Profile {
  return parseProfile({ ...minimal, ...document }, { flags: {}, env: {}, ...overrides })
}

function problemsOf(document: unknown, overrides: Partial<ProfileOverrides> = {}): readonly Problem[] {
  try {
    parseProfile(document, { flags: {}, env: {}, ...overrides })
  } catch (error) {
    if (!isSoakrigError(error) || error.code !== 'bad-profile' || error.exitCode !== 104) throw error
    return error.problems
  }
  throw new Error('the profile has no problems')
}

const problemIn = (document: object, overrides?: Partial<ProfileOverrides>): readonly Problem[] =>
  problemsOf({ ...minimal, ...document }, overrides)

describe('a profile', () => {
  test('needs a target only: the rest has defaults, in the long mode', () => {
    const profile = parse({})
    expect(profile).toMatchObject({
      name: 'profile',
      seed: 1,
      source: '<object>',
      target: { kind: 'builtin', name: 'http' },
      workload: {
        protocol: 'http',
        timeoutNs: 5e9,
        requests: [{ name: 'GET /', message: { method: 'GET', path: '/' } }],
      },
      load: { throughput: { model: 'closed', workers: { from: 6, stages: [] } }, latency: null, processes: 1 },
      policies: [],
      ceilings: { errorRate: 0.02, rssDeltaKb: 131_072 },
      thresholds: [],
      warnings: [],
    })
    expect(profile.mode).toEqual({
      name: 'long',
      durationNs: 20e9,
      workers: 24,
      rounds: 3,
      slices: 4,
      sliceNs: 2e9,
      discardNs: 250e6,
      drainNs: 2e9,
      warmupNs: 5e9,
      policies: 'all',
      budgetNs: 7200e9,
      windowNs: 2e9,
      gate: { rounds: [8, 12, 16, 24], slices: 4, yardstick: true },
    })
  })

  test('has defaults of its own in the smoke mode', () => {
    expect(parse({ load: { workers: 3 } }, { mode: 'smoke' }).mode).toEqual({
      name: 'smoke',
      durationNs: 2e9,
      workers: 3,
      rounds: 1,
      slices: 2,
      sliceNs: 1e9,
      discardNs: 250e6,
      drainNs: 1e9,
      warmupNs: 3e9,
      policies: 'all',
      budgetNs: 45e9,
      windowNs: 1e9,
      gate: null,
    })
  })

  test('fills in requests', () => {
    const { requests } = parse({
      workload: {
        requests: [
          { path: '/a?b=c', method: 'POST' },
          { path: '/', weight: 3 },
        ],
      },
    }).workload
    expect(requests[0]).toEqual({
      name: 'POST /a?b=c',
      message: { method: 'POST', path: '/a?b=c', headers: {}, body: { kind: 'text', text: '' } },
      expect: { status: 200, body: null, checks: [] },
      extract: [],
      idempotent: false,
      templated: false,
      weight: 1,
      pause: { kind: 'none' },
    })
    expect(requests[1]).toMatchObject({ weight: 3, idempotent: true })
  })

  test.each([
    ['GET', true],
    ['HEAD', true],
    ['PUT', true],
    ['DELETE', true],
    ['OPTIONS', true],
    ['TRACE', true],
    ['POST', false],
    ['PATCH', false],
  ])('takes %s for idempotent: %s, unless the request says otherwise', (method, idempotent) => {
    const { requests } = parse({
      workload: {
        requests: [
          { path: '/', method },
          { name: 'other', path: '/', method, idempotent: !idempotent },
        ],
      },
    }).workload
    expect(requests.map((request) => request.idempotent)).toEqual([idempotent, !idempotent])
  })

  test('takes null for any status, and for no ceiling', () => {
    const profile = parse({
      workload: { requests: [{ path: '/', expect: { status: null } }] },
      ceilings: { errorRate: null, rssDeltaKb: null },
    })
    expect(profile.workload.requests[0]?.expect.status).toBeNull()
    expect(profile.ceilings).toEqual({ errorRate: null, rssDeltaKb: null })
  })

  test('tells the three kinds of policies apart, in their order', () => {
    const client = { retry: { maxCalls: 2 } }
    const { policies } = parse({
      policies: { z: { ...delay, bounds: { errors: ['rate<1%'] } }, m: { client }, a: { client, under: delay } },
    })
    expect(policies.map(({ name, kind }) => [name, kind])).toEqual([
      ['z', 'fault'],
      ['m', 'client'],
      ['a', 'combined'],
    ])
    expect(policies[0]).toMatchObject({ rules: [{ name: 'z', faults: { downlink: { latency: { delayNs: 40e6 } } } }] })
    expect(policies[0]).toMatchObject({ client: [], at: null })
    expect(policies[0]?.bounds[0]).toMatchObject({ metric: 'errors', limit: { kind: 'fixed', value: 0.01 } })
    expect(policies[1]).toMatchObject({ rules: [], client: [{ keyword: 'retry' }] })
    expect(policies[2]).toMatchObject({
      rules: [{ faults: policies[0]?.rules[0]?.faults }],
      client: policies[1]?.client,
    })
  })

  test('is named by its file where it has no name', () => {
    const name = (source: string): string => parseProfile(minimal, { flags: {}, env: {} }, source).name
    expect(name('profiles/My Shop.json')).toBe('my-shop')
    expect(name('a/b.v2.ts')).toBe('b.v2')
    expect(name('__.json')).toBe('profile')
  })

  test('is the same object each time, and does not change what it was made of', () => {
    const document = { ...minimal, policies: { a: delay } }
    const before = structuredClone(document)
    expect(parse(document)).toEqual(parse(document))
    expect(document).toEqual(before)
  })
})

describe('the effective profile', () => {
  test('is whole, as the user would write it, and parses to the same', () => {
    const first = parse({ policies: { a: delay }, modes: { long: { duration: '90s' } }, ceilings: { errorRate: '2%' } })
    expect(first.effective).toMatchObject({
      name: 'profile',
      ceilings: { errorRate: '2%', rssDeltaKb: 131_072 },
      modes: { long: { duration: '90s', slice: '2s', window: '10s' }, smoke: { workers: 6, window: '1s' } },
    })
    const second = parseProfile(first.effective, { flags: {}, env: {} })
    expect(second.effective).toEqual(first.effective)
    expect({ ...second, provenance: null }).toEqual({ ...first, provenance: null })
  })

  test('says of every leaf where it came from', () => {
    const { provenance, effective } = parse(
      { load: { workers: 3 }, workload: { requests: [{ path: '/' }] }, ceilings: { errorRate: 0.1 } },
      { flags: { workers: 30 }, env: { STRESS_DURATION: '30' } },
    )
    expect(provenance).toMatchObject({
      '/target/builtin': 'profile',
      '/load/workers': 'profile',
      '/load/connections': 'default',
      '/workload/requests/0/path': 'profile',
      '/workload/requests/0/name': 'default',
      '/workload/requests/0/headers': 'default',
      '/modes/long/workers': 'flag',
      '/modes/long/duration': 'env',
      '/modes/smoke/duration': 'default',
      '/ceilings/errorRate': 'profile',
      '/ceilings/rssDeltaKb': 'default',
    })
    expect(effective).toMatchObject({ modes: { long: { duration: '30s', workers: 30 } } })
  })

  test('keeps ${env:NAME} as it is written, while the run gets its value', () => {
    const headers = { authorization: 'Bearer ${env:TOKEN}' }
    const profile = parse({ workload: { requests: [{ path: '/', headers }] } }, { env: { TOKEN: 's3cret' } })
    expect(profile.workload.requests[0]?.message).toMatchObject({ headers: { authorization: 'Bearer s3cret' } })
    expect(JSON.stringify([profile.effective, profile.provenance])).not.toContain('s3cret')
    expect(profile.effective).toMatchObject({ workload: { requests: [{ headers }] } })
  })

  test('keeps secrets out of the names that it makes', () => {
    const { workload, effective, provenance } = parse(
      { workload: { requests: [{ path: '/?token=${env:TOKEN}' }] } },
      { env: { TOKEN: 's3cret' } },
    )
    expect(workload.requests[0]).toMatchObject({
      name: 'GET /?token=${env:TOKEN}',
      message: { path: '/?token=s3cret' },
    })
    expect(JSON.stringify([effective, provenance])).not.toContain('s3cret')
  })
})

describe('flags and variables', () => {
  const profile = { modes: { long: { duration: '40s', workers: 40 } }, ceilings: { errorRate: 0.5, rssDeltaKb: 5 } }
  const env = {
    STRESS_DURATION: '50',
    STRESS_WORKERS: '50',
    STRESS_MAX_ERROR_RATE: '5%',
    STRESS_MAX_RSS_DELTA_KB: '50',
  }
  const values = ({ mode, ceilings }: Profile) => [
    mode.durationNs / 1e9,
    mode.workers,
    ceilings.errorRate,
    ceilings.rssDeltaKb,
  ]

  test('come before the profile: flag, then environment, then profile, then default', () => {
    const flags = { duration: '1m', workers: 60, maxErrorRate: '0.06', maxRssDeltaKb: '60' }
    expect(values(parse(profile, { flags, env }))).toEqual([60, 60, 0.06, 60])
    expect(values(parse(profile, { env }))).toEqual([50, 50, 0.05, 50])
    expect(values(parse(profile))).toEqual([40, 40, 0.5, 5])
    expect(values(parse({}))).toEqual([20, 24, 0.02, 131_072])
  })

  test('change the mode that runs, and only that', () => {
    const { mode, effective } = parse({}, { mode: 'smoke', env })
    expect([mode.durationNs, mode.workers]).toEqual([50e9, 50])
    expect(effective).toMatchObject({ modes: { long: { duration: '20s', workers: 24 } } })
  })

  test('that are empty are not set', () => {
    expect(parse({}, { env: { STRESS_WORKERS: '' }, flags: { workers: undefined } }).mode.workers).toBe(24)
  })

  test('that are wrong are problems, named as the user knows them, all at once', () => {
    const flags = { duration: 'soon', seed: '1.5', connections: 0, processes: '9' }
    const bad = {
      STRESS_WORKERS: 'many',
      STRESS_MAX_ERROR_RATE: '200%',
      STRESS_MAX_RSS_DELTA_KB: '-1',
      STRESS_DURATION: 'x',
    }
    const problems = problemIn({}, { flags, env: bad })
    expect(problems.map(({ where }) => where).toSorted()).toEqual([
      '--connections',
      '--duration',
      '--seed',
      'STRESS_MAX_ERROR_RATE',
      'STRESS_MAX_RSS_DELTA_KB',
      'STRESS_WORKERS',
    ])
    expect(problems.find(({ where }) => where === 'STRESS_WORKERS')?.message).toMatch(
      /^found "many", allowed: a whole number from 1 to 10000 \(Closed loops of the stress stage/u,
    )
    expect(problemIn({}, { flags: { processes: '9' } })).toMatchObject([{ where: '--processes' }])
  })

  test('choose policies: only these, or all but those, in declared order', () => {
    const policies = { a: delay, b: delay, c: delay }
    const chosen = (overrides: Partial<ProfileOverrides>, own?: readonly string[]) =>
      parse({ policies, ...(own && { modes: { long: { policies: own } } }) }, overrides).mode.policies
    expect(chosen({})).toBe('all')
    expect(chosen({ only: ['c', 'a', 'c'] })).toEqual(['a', 'c'])
    expect(chosen({ skip: ['b'] })).toEqual(['a', 'c'])
    expect(chosen({ only: ['a', 'b'], skip: ['b'] })).toEqual(['a'])
    expect(chosen({ skip: ['b'] }, ['b', 'c'])).toEqual(['c'])
    const { provenance, policies: all } = parse({ policies }, { only: ['a'] })
    expect(provenance['/modes/long/policies/0']).toBe('flag')
    expect(all).toHaveLength(3)
  })
})

describe('the long mode', () => {
  test('raises duration and workers to its floors and says so, naming what it raised', () => {
    const { mode, warnings, provenance } = parse(
      { modes: { long: { workers: 4, window: '15s' } } },
      { env: { STRESS_DURATION: '5' } },
    )
    expect([mode.durationNs, mode.workers]).toEqual([20e9, 24])
    expect(warnings).toEqual([
      {
        where: 'STRESS_DURATION',
        message: 'raised from 5s to 20s, the floor of the long mode ("floor": false lifts it)',
      },
      {
        where: '/modes/long/workers',
        message: 'raised from 4 to 24, the floor of the long mode ("floor": false lifts it)',
      },
    ])
    expect(provenance['/modes/long/duration']).toBe('default')
  })

  test('raises nothing without its floor, nor does the smoke mode', () => {
    const modes = { long: { workers: 4, duration: '5s', floor: false }, smoke: { workers: 1, duration: '1s' } }
    expect(parse({ modes })).toMatchObject({ mode: { workers: 4, durationNs: 5e9, windowNs: 2e9 }, warnings: [] })
    expect(parse({ modes }, { mode: 'smoke' })).toMatchObject({ mode: { workers: 1, durationNs: 1e9 }, warnings: [] })
  })

  test('has wide windows once it is long enough for them, and never wider than it is long', () => {
    const windowNs = (duration: string, mode: ModeName) =>
      parse({ modes: { long: { duration, floor: false }, smoke: { duration } } }, { mode }).mode.windowNs
    expect(windowNs('60s', 'long')).toBe(10e9)
    expect(windowNs('59s', 'long')).toBe(2e9)
    expect(windowNs('1s', 'long')).toBe(1e9)
    expect(windowNs('500ms', 'smoke')).toBe(500e6)
  })
})

describe('a malformed profile', () => {
  test('has all its problems reported at once, each once, with its place, what was found and what is allowed', () => {
    const problems = problemsOf({
      targt: {},
      seed: -1,
      load: { workers: -1 },
      workload: { timeout: 5, requests: [{ path: 'x', metod: 'GET' }] },
      policies: { lag: { fault: { latecy: { delay: '40ms' }, reset: { probability: '5' } } } },
      ceilings: { errorRate: '2x' },
      thresholds: { errors: ['rate<x'] },
    })
    expect(problems.map(({ where }) => where)).toEqual([
      '/targt',
      '/seed',
      '/workload/timeout',
      '/workload/requests/0/metod',
      '/workload/requests/0/path',
      '/load/workers',
      '/policies/lag/fault/latecy',
      '/policies/lag/fault/reset/probability',
      '/ceilings/errorRate',
      '/thresholds/errors/0',
    ])
    for (const { message } of problems) expect(message).toMatch(/^found .+, allowed: ./u)
  })

  test.each<[string, object, string, RegExp]>([
    ['an unknown key', { polices: {} }, '/polices', /unknown key "polices".*did you mean "policies"\?$/u],
    [
      'an unknown fault',
      { policies: { a: { fault: { latancy: {} } } } },
      '/policies/a/fault/latancy',
      /did you mean "latency"\?$/u,
    ],
    [
      'an unknown strategy',
      { policies: { a: { client: { retry: { strategy: 'exponental' } } } } },
      '/policies/a/client/retry/strategy',
      /did you mean "exponential"\?$/u,
    ],
    [
      'a missing key',
      { policies: { a: { fault: { latency: {} } } } },
      '/policies/a/fault/latency/delay',
      /^found nothing, required \(one-way delay/u,
    ],
    [
      'a number without unit',
      { policies: { a: { fault: { latency: { delay: 40 } } } } },
      '/policies/a/fault/latency/delay',
      /^found 40, allowed: a duration/u,
    ],
    [
      'a wrong unit',
      { policies: { a: { fault: { rate: '10mb' } } } },
      '/policies/a/fault/rate',
      /^found "10mb", allowed: a rate/u,
    ],
    ['another protocol', { workload: { protocol: 'htpp' } }, '/workload/protocol', /did you mean "http"\?$/u],
    [
      'no requests',
      { workload: { requests: [] } },
      '/workload/requests',
      /^found an empty list, allowed: a list that is not empty/u,
    ],
    [
      'a path without /',
      { workload: { requests: [{ path: 'a' }] } },
      '/workload/requests/0/path',
      /beginning with \//u,
    ],
    [
      'a path with a space',
      { workload: { requests: [{ path: '/a b' }] } },
      '/workload/requests/0/path',
      /without spaces/u,
    ],
    [
      'a path with a line break',
      { workload: { requests: [{ path: '/a\r\nx: y' }] } },
      '/workload/requests/0/path',
      /without spaces/u,
    ],
    [
      'the same request twice',
      { workload: { requests: [{ path: '/' }, { path: '/' }] } },
      '/workload/requests/1/name',
      /"GET \/" once more.*give it one/u,
    ],
    [
      'a framing header',
      { workload: { requests: [{ path: '/', headers: { 'Content-Length': '5' } }] } },
      '/workload/requests/0/headers/Content-Length',
      /which soakrig sends itself/u,
    ],
    [
      'a header of two lines',
      { workload: { requests: [{ path: '/', headers: { a: 'b\r\nc: d' } }] } },
      '/workload/requests/0/headers/a',
      /one line/u,
    ],
    [
      'a header name with a space',
      { workload: { requests: [{ path: '/', headers: { 'a b': 'c' } }] } },
      '/workload/requests/0/headers/a b',
      /a header name/u,
    ],
    ['no timeout', { workload: { timeout: '0s' } }, '/workload/timeout', /more than 0/u],
    [
      'a slice that is all discard',
      { modes: { smoke: { discard: '1s' } } },
      '/modes/smoke/discard',
      /less than the slice of 1s/u,
    ],
    [
      'a window wider than the run',
      { modes: { smoke: { window: '5s' } } },
      '/modes/smoke/window',
      /at most the duration/u,
    ],
    ['no duration', { modes: { smoke: { duration: '0s' } } }, '/modes/smoke/duration', /more than 0/u],
    ['an unknown mode', { modes: { smok: {} } }, '/modes/smok', /did you mean "smoke"\?$/u],
    ['a floor of smoke', { modes: { smoke: { floor: false } } }, '/modes/smoke/floor', /unknown key/u],
    [
      'an unknown policy of a mode',
      { policies: { latency: delay }, modes: { long: { policies: ['latecy'] } } },
      '/modes/long/policies/0',
      /did you mean "latency"\?$/u,
    ],
    [
      'a word for policies',
      { modes: { long: { policies: 'none' } } },
      '/modes/long/policies',
      /allowed: "all" \(or a list of names\)/u,
    ],
    ['a policy of nothing', { policies: { a: {} } }, '/policies/a', /^found neither fault nor client/u],
    [
      'a fault and a client',
      { policies: { a: { ...delay, client: { retry: {} } } } },
      '/policies/a',
      /^found fault and client/u,
    ],
    ['under without client', { policies: { a: { under: delay } } }, '/policies/a', /^found under, allowed/u],
    ['a capital policy', { policies: { Lag: delay } }, '/policies/Lag', /small letters/u],
    ['a policy that is null', { policies: { a: null } }, '/policies/a', /^found null, allowed: an object/u],
    [
      'a bound that does not parse',
      { policies: { a: { ...delay, bounds: { latency: ['p99<1'] } } } },
      '/policies/a/bounds/latency/0',
      /p\(99\)<100ms/u,
    ],
    ['an empty fault', { policies: { a: { fault: {} } } }, '/policies/a/fault', /^found an empty object/u],
    [
      'a disabled fault',
      { policies: { a: { fault: { reset: { probability: 0 } } } } },
      '/policies/a/fault',
      /^changes nothing/u,
    ],
    [
      'a disabled fault below a client',
      { policies: { a: { client: { retry: {} }, under: { fault: { rate: '0bps' } } } } },
      '/policies/a/under/fault',
      /^changes nothing/u,
    ],
    [
      'a client without a setting',
      { policies: { a: { client: { timeout: {} } } } },
      '/policies/a/client/timeout',
      /^found an empty object, allowed: an object that is not empty/u,
    ],
    ['half a KiB', { ceilings: { rssDeltaKb: 0.5 } }, '/ceilings/rssDeltaKb', /a whole number of at least 0 or null/u],
    ['a ceiling of 200 %', { ceilings: { errorRate: 2 } }, '/ceilings/errorRate', /a share .*, or null$/u],
    ['no target', { target: {} }, '/target', /^found an empty object, allowed: one of "builtin", "command", "url"$/u],
    ['a misspelt target', { target: { comand: ['x'] } }, '/target', /did you mean "command"\?$/u],
    ['another built-in', { target: { builtin: 'htp' } }, '/target/builtin', /did you mean "http"\?$/u],
    [
      'a target that the schema cannot judge',
      { target: { url: 'http://127.0.0.1:1/path' } },
      '/target/url',
      /without a path/u,
    ],
    ['a name that is no folder', { name: 'a/b' }, '/name', /^found "a\/b"/u],
    ['a base for an object', { extends: 'base.json' }, '/extends', /comes from no file/u],
  ])('is told of %s', (_, document, where, message) => {
    expect(problemIn(document)).toEqual([{ where, message: expect.stringMatching(message) as string }])
  })

  test.each(['baseline', 'control', 'direct', 'stress', 'warmup', 'canary'])('must not call a policy %s', (name) => {
    expect(problemIn({ policies: { [name]: delay } })).toMatchObject([{ where: `/policies/${name}` }])
  })

  test.each([[[]], [null], ['text'], [undefined]])('must be an object, not %j', (document) => {
    expect(problemsOf(document)).toMatchObject([{ where: '/' }])
  })

  test('is told of wrong names on the command line beside its own problems', () => {
    const mode = 'smok' as ModeName
    const problems = problemIn({ policies: { latency: delay }, seed: 'x' }, { mode, only: ['latecy'], skip: ['reset'] })
    expect(problems.map(({ where }) => where)).toEqual(['--mode', '/seed', '--only', '--skip'])
    expect(problems[0]?.message).toBe('found "smok", allowed: "smoke", "long"; did you mean "smoke"?')
    expect(problems[2]?.message).toBe('found "latecy", allowed: "latency"; did you mean "latency"?')
  })

  test('is told of a variable that is not set, and of nothing else in its place', () => {
    const problems = problemIn({ workload: { timeout: '${env:LIMIT}' }, seed: -1 })
    expect(problems.map(({ where }) => where)).toEqual(['/workload/timeout', '/seed'])
    expect(problems[0]?.message).toMatch(/^found \$\{env:LIMIT\}, allowed: /u)
  })

  test('does not tell secrets', () => {
    const secret = 'qwertz"uiop'
    const env = { SECRET: secret, EMPTY: '' }
    const document = {
      seed: '${env:SECRET}',
      workload: {
        timeout: '${env:SECRET}',
        requests: [{ path: '${env:SECRET}', method: '${env:SECRET}', body: '${env:EMPTY}' }],
      },
      ceilings: { errorRate: '${env:SECRET}' },
      policies: { a: { ...delay, bounds: { latency: ['p(99)<${env:SECRET}'] } } },
    }
    const problems = problemIn(document, { env })
    expect(problems).toHaveLength(6)
    expect(problems.map(({ message }) => message).join('\n')).not.toMatch(/qwertz|uiop/u)
  })
})

describe('a warning', () => {
  const warningsOf = (policy: object, document: object = {}) =>
    parse({ policies: { a: policy }, ...document }, { mode: 'smoke' }).warnings

  test('says that a slice is too short for a probability, where delays bound the operations in it', () => {
    // 6 workers × 750 ms / 40 ms = 112.5 operations, of which 5 % are 5.6.
    const fault = { latency: { delay: '40ms' }, reset: { probability: '5%' } }
    expect(warningsOf({ fault })).toEqual([
      {
        where: '/policies/a/fault/reset',
        message: expect.stringMatching(/^at most 5\.6 firings expected in a slice, 20 are needed/u) as string,
      },
    ])
    expect(warningsOf({ client: { retry: {} }, under: { fault } })).toMatchObject([
      { where: '/policies/a/under/fault/reset' },
    ])
  })

  test('is not given where the firings suffice, where no delay bounds them, or where the policy is not measured', () => {
    const reset = { probability: '5%' }
    const slow = { latency: { delay: '40ms' }, reset }
    expect(warningsOf({ fault: { latency: { delay: '10ms' }, reset } })).toEqual([])
    expect(warningsOf({ fault: { reset } })).toEqual([])
    expect(warningsOf({ fault: slow }, { load: { workers: 30 } })).toEqual([])
    expect(warningsOf({ fault: slow }, { modes: { smoke: { policies: [] } } })).toEqual([])
  })

  test('counts what the models of the load ask for in a slice: loops that think, arrivals, or both', () => {
    const reset = { reset: { probability: '5%' } }
    const firings = (load: object, fault: object = reset) =>
      warningsOf({ fault }, { load }).map(({ message }) => Number(/^at most ([\d.]+)/u.exec(message)?.[1]))
    // 750 ms are measured in a slice.
    expect(firings({ model: 'open', rate: 100 })).toEqual([3.8])
    expect(firings({ model: 'open', rate: 10, stages: [{ duration: '1s', rate: 100 }] })).toEqual([3.8])
    expect(firings({ model: 'open', rate: 600 })).toEqual([])
    expect(firings({ workers: 6, think: '30ms' })).toEqual([7.5])
    expect(firings({ workers: 6, think: { uniform: ['0ms', '60ms'] } })).toEqual([7.5])
    expect(firings({ workers: 6, think: { exponential: '20ms' } }, { latency: { delay: '10ms' }, ...reset })).toEqual([
      7.5,
    ])
    const both = { throughput: { workers: 6, think: '30ms' }, latency: { model: 'open', rate: 100 } }
    expect(firings(both)).toEqual([11])
    expect(firings({ ...both, latency: { model: 'open', rate: '50%' } })).toEqual([11])
    expect(firings({ throughput: { workers: 6 }, latency: { model: 'open', rate: 100 } })).toEqual([])
  })
})
