import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isSoakrigError, type Problem } from '../../../harness/kernel/errors.ts'
import { stressModel } from '../../../harness/profile/load.ts'
import { parseProfile, type ProfileOverrides } from '../../../harness/profile/parse.ts'
import type { Profile } from '../../../harness/profile/profile.ts'

const target = { builtin: 'http' }
const steady = (from: number) => ({ from, stages: [] })

function parse(document: object, overrides: Partial<ProfileOverrides> = {}): Profile {
  return parseProfile({ target, ...document }, { flags: {}, env: {}, ...overrides })
}

const loadOf = (load: unknown) => parse({ load }).load

/** The problems of a load; null when it could be read. */
function outcomeOf(load: unknown, overrides: Partial<ProfileOverrides> = {}): readonly Problem[] | null {
  try {
    parse({ load }, overrides)
    return null
  } catch (error) {
    if (!isSoakrigError(error) || error.code !== 'bad-profile' || error.exitCode !== 104) throw error
    return error.problems
  }
}

function problemsOf(load: unknown, overrides: Partial<ProfileOverrides> = {}): readonly Problem[] {
  const problems = outcomeOf(load, overrides)
  if (problems === null) throw new Error('the load has no problems')
  return problems
}

describe('a load', () => {
  const closed = { model: 'closed', workers: steady(6), think: { kind: 'none' }, connections: null, iterations: null }

  test('is six closed loops in one process where nothing is said', () => {
    expect(parse({}).load).toEqual({ throughput: closed, latency: null, processes: 1 })
    expect(loadOf({})).toEqual(parse({}).load)
  })

  test('has closed loops that think, on so many sockets, for so many iterations', () => {
    expect(loadOf({ workers: 9, think: '10ms', connections: 4, iterations: 1000, processes: 2 })).toEqual({
      throughput: {
        ...closed,
        workers: steady(9),
        think: { kind: 'fixed', ns: 10e6 },
        connections: 4,
        iterations: 1000,
      },
      latency: null,
      processes: 2,
    })
  })

  test.each([
    ['0s', { kind: 'none' }],
    ['5ms', { kind: 'fixed', ns: 5e6 }],
    [{ uniform: ['5ms', '20ms'] }, { kind: 'uniform', fromNs: 5e6, toNs: 20e6 }],
    [{ exponential: '10ms' }, { kind: 'exponential', meanNs: 10e6 }],
  ])('thinks as %j says', (think, parsed) => {
    expect(loadOf({ think }).throughput).toMatchObject({ think: parsed })
  })

  test('has stages from its level on, of which one may take no time', () => {
    const stages = [
      { duration: '10s', workers: 20 },
      { duration: '0s', workers: 0 },
    ]
    const parsed = [
      { durationNs: 10e9, to: 20 },
      { durationNs: 0, to: 0 },
    ]
    expect(loadOf({ workers: 0, stages }).throughput).toMatchObject({ workers: { from: 0, stages: parsed } })
    const rates = [
      { duration: '30s', rate: 1000 },
      { duration: '1m', rate: '30/m' },
    ]
    expect(loadOf({ model: 'open', rate: 0, stages: rates }).throughput).toMatchObject({
      rate: {
        kind: 'absolute',
        perSecond: {
          from: 0,
          stages: [
            { durationNs: 30e9, to: 1000 },
            { durationNs: 60e9, to: 0.5 },
          ],
        },
      },
    })
  })

  test('has arrivals by a schedule, with a cap', () => {
    expect(loadOf({ model: 'open', rate: 500 })).toEqual({
      throughput: {
        model: 'open',
        rate: { kind: 'absolute', perSecond: steady(500) },
        arrival: 'constant',
        maxInFlight: 2000,
        connections: null,
        iterations: null,
      },
      latency: null,
      processes: 1,
    })
    const all = { rate: '1.5/s', arrival: 'poisson', maxInFlight: 7, connections: 3, iterations: 9 } as const
    expect(loadOf({ model: 'open', ...all }).throughput).toEqual({
      ...all,
      model: 'open',
      rate: { kind: 'absolute', perSecond: steady(1.5) },
    })
  })

  test.each([
    [500, 500],
    ['500', 500],
    ['500/s', 500],
    ['500 /s', 500],
    ['.5/s', 0.5],
    ['30/m', 0.5],
    ['3600/h', 1],
    [1e6, 1e6],
    [1e-7, 1e-7],
  ])('takes a rate of %j for %d per second', (rate, perSecond) => {
    expect(loadOf({ model: 'open', rate }).throughput).toMatchObject({ rate: { perSecond: { from: perSecond } } })
  })

  test('has a model for throughput and one for latency, whose rate may be a share', () => {
    const { throughput, latency, processes } = loadOf({
      throughput: { model: 'closed', workers: 8 },
      latency: { model: 'open', rate: '60%', arrival: 'poisson' },
      processes: 2,
    })
    expect(throughput).toEqual({ ...closed, workers: steady(8) })
    expect(latency).toMatchObject({ model: 'open', rate: { kind: 'share', share: 0.6 }, arrival: 'poisson' })
    expect(processes).toBe(2)
  })

  test('has the usual closed loops for throughput where only latency is said, and for both where only throughput is', () => {
    expect(loadOf({ latency: { model: 'open', rate: '100%' } })).toMatchObject({
      throughput: closed,
      latency: { rate: { kind: 'share', share: 1 } },
    })
    expect(loadOf({ throughput: { model: 'open', rate: 5 } })).toMatchObject({
      throughput: { model: 'open' },
      latency: null,
    })
  })

  test('is shown whole, in the form in which it was written, and parses to the same', () => {
    const document = { load: { latency: { model: 'open', rate: '60%' } } }
    const first = parse(document)
    expect(first.effective['load']).toEqual({
      throughput: { model: 'closed', workers: 6, think: '0s', stages: [], connections: null, iterations: null },
      latency: {
        model: 'open',
        rate: '60%',
        arrival: 'constant',
        maxInFlight: 2000,
        stages: [],
        connections: null,
        iterations: null,
      },
      processes: 1,
    })
    expect(first.provenance).toMatchObject({
      '/load/latency/rate': 'profile',
      '/load/latency/arrival': 'default',
      '/load/throughput/workers': 'default',
    })
    const second = parseProfile(first.effective, { flags: {}, env: {} })
    expect(second.load).toEqual(first.load)
    expect(second.effective).toEqual(first.effective)
  })
})

describe('a malformed load', () => {
  const open = (changes: object) => ({ model: 'open', rate: 5, ...changes })
  const withLatency = (changes: object) => ({ throughput: {}, latency: open(changes) })

  test.each<[string, unknown, string, RegExp]>([
    ['a number', 5, '/load', /^found 5, allowed: an object/u],
    ['null', null, '/load', /^found null, allowed: an object/u],
    ['a model of another name', { model: 'opne', rate: 5 }, '/load/model', /did you mean "open"\?$/u],
    ['an open model without a rate', { model: 'open' }, '/load/rate', /^found nothing, required/u],
    ['an open model with workers', open({ workers: 5 }), '/load/workers', /^found an unknown key "workers"/u],
    ['a closed model with a rate', { rate: 5 }, '/load/rate', /^found an unknown key "rate"/u],
    [
      'a key beside both models',
      { throughput: {}, workers: 5 },
      '/load/workers',
      /allowed: throughput, latency, processes$/u,
    ],
    [
      'a misspelt key in a model',
      { throughput: { workes: 5 } },
      '/load/throughput/workes',
      /did you mean "workers"\?$/u,
    ],
    ['a model that is none', { throughput: 5 }, '/load/throughput', /^found 5, allowed: an object/u],
    ['half a worker', { workers: 1.5 }, '/load/workers', /^found 1.5, allowed: a whole number from 0 to 10000/u],
    ['too many workers', { workers: 10_001 }, '/load/workers', /from 0 to 10000/u],
    ['no worker ever', { workers: 0 }, '/load/workers', /^found 0, allowed: at least 1, here or in a stage$/u],
    [
      'no worker in any stage',
      { workers: 0, stages: [{ duration: '1s', workers: 0 }] },
      '/load/workers',
      /at least 1, here or in a stage$/u,
    ],
    [
      'a stage without its level',
      { stages: [{ duration: '1s' }] },
      '/load/stages/0/workers',
      /^found nothing, required/u,
    ],
    [
      'a stage without its length',
      { stages: [{ workers: 1 }] },
      '/load/stages/0/duration',
      /^found nothing, required/u,
    ],
    [
      'a stage of another model',
      { stages: [{ duration: '1s', workers: 1, rate: 1 }] },
      '/load/stages/0/rate',
      /unknown key "rate"/u,
    ],
    [
      'a rate that is no number',
      open({ rate: 'fast' }),
      '/load/rate',
      /^found "fast", allowed: a rate that is not negative/u,
    ],
    ['a rate below 0', open({ rate: -1 }), '/load/rate', /^found -1, allowed: a number of at least 0 or text/u],
    ['no arrival ever', open({ rate: '0/m' }), '/load/rate', /^found 0\/m, allowed: more than 0, here or in a stage$/u],
    [
      'a rate beyond all wishes',
      open({ rate: 1_000_001 }),
      '/load/rate',
      /^found 1000001, allowed: up to 1000000 per second/u,
    ],
    [
      'a stage beyond all wishes',
      open({ stages: [{ duration: '1s', rate: '2000000/s' }] }),
      '/load/stages/0/rate',
      /^found "2000000\/s", allowed: up to 1000000/u,
    ],
    [
      'a share of nothing',
      open({ rate: '60%' }),
      '/load/rate',
      /^found 60%, allowed: arrivals per second, as there is no closed/u,
    ],
    [
      'a share beside an open model',
      { throughput: open({}), latency: open({ rate: '29%' }) },
      '/load/latency/rate',
      /^found 29%, allowed: arrivals per second/u,
    ],
    [
      'a share of itself',
      { throughput: open({ rate: '50%' }), latency: { workers: 5 } },
      '/load/throughput/rate',
      /^found 50%, allowed: arrivals per second/u,
    ],
    [
      'no share',
      withLatency({ rate: '0%' }),
      '/load/latency/rate',
      /^found "0%", allowed: a share over 0% and up to 100%$/u,
    ],
    ['more than all', withLatency({ rate: '101%' }), '/load/latency/rate', /up to 100%$/u],
    [
      'stages of a share',
      withLatency({ rate: '60%', stages: [{ duration: '1s', rate: 5 }] }),
      '/load/latency/stages',
      /60%/u,
    ],
    [
      'a stage that is a share',
      open({ stages: [{ duration: '1s', rate: '5%' }] }),
      '/load/stages/0/rate',
      /^found "5%", allowed: a rate that is not negative/u,
    ],
    ['another arrival', open({ arrival: 'poison' }), '/load/arrival', /did you mean "poisson"\?$/u],
    ['nothing in flight', open({ maxInFlight: 0 }), '/load/maxInFlight', /a whole number from 1 to 100000/u],
    ['no socket', { connections: 0 }, '/load/connections', /a whole number from 1 to 10000 or null/u],
    ['no iteration', { iterations: 0 }, '/load/iterations', /a whole number from 1 to 1000000000000 or null/u],
    ['a pause without unit', { think: '5' }, '/load/think', /^found "5", allowed: a duration/u],
    [
      'a pause of nothing',
      { think: {} },
      '/load/think',
      /^found an empty object, allowed: an object that is not empty \(uniform or exponential\)$/u,
    ],
    ['one bound', { think: { uniform: ['5ms'] } }, '/load/think/uniform', /^found a list, allowed: a list of 2 \(/u],
    ['bounds turned around', { think: { uniform: ['5ms', '1ms'] } }, '/load/think/uniform', /the shorter one first$/u],
    [
      'more processes than workers',
      { workers: 2, processes: 3 },
      '/load/processes',
      /at most 2, as each needs a worker/u,
    ],
    [
      'more processes than sockets',
      { workers: 9, connections: 2, processes: 3 },
      '/load/processes',
      /at most 2, as each needs a connection/u,
    ],
    [
      'more processes than iterations',
      { iterations: 2, processes: 3 },
      '/load/processes',
      /at most 2, as each needs an iteration of its own/u,
    ],
    [
      'more processes than in flight',
      open({ maxInFlight: 2, processes: 3 }),
      '/load/processes',
      /at most 2, as each needs an iteration in flight/u,
    ],
    [
      'more processes than one of two models can use',
      { ...withLatency({ connections: 1 }), processes: 2 },
      '/load/processes',
      /at most 1, as each needs a connection/u,
    ],
  ])('is told of %s', (_, load, where, message) => {
    expect(problemsOf(load)).toEqual([{ where, message: expect.stringMatching(message) as string }])
  })

  test('has the problems of both models told at once', () => {
    const problems = problemsOf({ throughput: { workers: 0 }, latency: { model: 'open', rate: '0%', maxInFlight: 0 } })
    expect(problems.map(({ where }) => where)).toEqual(['/load/latency/maxInFlight'])
    const semantic = problemsOf({ throughput: { workers: 0 }, latency: { model: 'open', rate: '0%' } })
    expect(semantic.map(({ where }) => where)).toEqual(['/load/throughput/workers', '/load/latency/rate'])
  })

  test('is never anything but problems or a load', () => {
    const word = fc.constantFrom(
      'model',
      'workers',
      'rate',
      'stages',
      'think',
      'throughput',
      'latency',
      'processes',
      'arrival',
    )
    const leaf = fc.oneof(
      fc.constantFrom('open', 'closed', '60%', '500/s', '1s', null, true),
      fc.integer(),
      fc.double(),
    )
    const value = fc.letrec((tie) => ({
      any: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie('any'), { maxLength: 3 }), fc.dictionary(word, tie('any'))),
    })).any
    fc.assert(
      fc.property(fc.dictionary(word, value), (load) => {
        const problems = outcomeOf(load)
        expect(problems === null || problems.length > 0).toBe(true)
      }),
    )
  })
})

describe('a flag', () => {
  const split = { throughput: { workers: 6 }, latency: { model: 'open', rate: '60%' } }

  test('gives sockets to every model of the load', () => {
    expect(parse({}, { flags: { connections: '3' } }).load.throughput).toMatchObject({ connections: 3 })
    const { load, provenance } = parse({ load: split }, { flags: { connections: '3' } })
    expect([load.throughput.connections, load.latency?.connections]).toEqual([3, 3])
    expect(provenance['/load/latency/connections']).toBe('flag')
    const only = parse({ load: { latency: split.latency } }, { flags: { connections: 3 } }).load
    expect([only.throughput.connections, only.latency?.connections]).toEqual([null, 3])
  })

  test('gives a rate to the open model, that of latency first', () => {
    const rateOf = (load: object, rate: string) => parse({ load }, { flags: { rate } }).load
    expect(rateOf({ model: 'open', rate: 5 }, '30/m').throughput).toMatchObject({ rate: { perSecond: { from: 0.5 } } })
    expect(rateOf(split, '70%').latency).toMatchObject({ rate: { share: 0.7 } })
    const both = { throughput: { model: 'open', rate: 1 }, latency: { model: 'open', rate: 2 } }
    expect(rateOf(both, '9')).toMatchObject({
      throughput: { rate: { perSecond: { from: 1 } } },
      latency: { rate: { perSecond: { from: 9 } } },
    })
    const throughput = { throughput: { model: 'open', rate: 1 }, latency: { workers: 2 } }
    expect(rateOf(throughput, '9').throughput).toMatchObject({ rate: { perSecond: { from: 9 } } })
  })

  test('that is wrong is named by itself', () => {
    expect(problemsOf({ model: 'open', rate: 5 }, { flags: { rate: 'fast' } })).toMatchObject([{ where: '--rate' }])
    expect(problemsOf({}, { flags: { rate: '500' } })).toEqual([
      { where: '--rate', message: 'found 500, allowed: nothing, as the load has no open model' },
    ])
    expect(problemsOf(split, { flags: { connections: 'x' } }).map(({ where }) => where)).toEqual([
      '--connections',
      '--connections',
    ])
  })
})

describe('the stress stage', () => {
  const stressOf = (document: object, mode: 'smoke' | 'long', overrides: Partial<ProfileOverrides> = {}) => {
    const profile = parse(document, { mode, ...overrides })
    return { workers: profile.mode.workers, model: stressModel(profile.load, profile.mode), load: profile.load }
  }

  test('has closed loops, as many as its mode says, that think as the load does', () => {
    const { model } = stressOf({ load: { workers: 3, think: '1s' }, modes: { smoke: { workers: 9 } } }, 'smoke')
    expect(model).toEqual({
      model: 'closed',
      workers: steady(9),
      think: { kind: 'fixed', ns: 1e9 },
      connections: null,
      iterations: null,
    })
  })

  test('has as many loops as the load in the smoke mode, and at least 24 in the long one', () => {
    expect(stressOf({ load: { workers: 3 } }, 'smoke').model).toMatchObject({ workers: steady(3) })
    expect(stressOf({ load: { workers: 3 } }, 'long').model).toMatchObject({ workers: steady(24) })
    expect(stressOf({ load: { latency: { model: 'open', rate: 5 } } }, 'long').workers).toBe(24)
  })

  test('has as many sockets as loops, unless the load is short of them', () => {
    const socketsOf = (load: object) => stressOf({ load, modes: { long: { workers: 30 } } }, 'long').model.connections
    expect(socketsOf({ workers: 6, connections: 6 })).toBeNull()
    expect(socketsOf({ workers: 6, connections: 4 })).toBe(4)
    expect(socketsOf({ workers: 6 })).toBeNull()
    expect(socketsOf({ workers: 1, stages: [{ duration: '1s', workers: 9 }], connections: 8 })).toBe(8)
  })

  test.each([
    ['arrivals', { model: 'open', rate: 500 }],
    ['stages', { workers: 1, stages: [{ duration: '5s', workers: 9 }] }],
    ['a number of iterations', { workers: 2, iterations: 100 }],
    ['arrivals for throughput', { throughput: { model: 'open', rate: 5 }, latency: { workers: 2 } }],
  ])('carries the load itself where that has %s and the mode says nothing', (_, load) => {
    for (const mode of ['smoke', 'long'] as const) {
      const stress = stressOf({ load }, mode)
      expect(stress.workers).toBeNull()
      expect(stress.model).toBe(stress.load.throughput)
    }
    const said = stressOf({ load }, 'long', { flags: { workers: 30 } })
    expect(said.model).toMatchObject({ model: 'closed', workers: steady(30), iterations: null })
  })

  test('shows its default, and none where it carries the load itself', () => {
    const modesOf = (load: object) => parse({ load }).effective['modes']
    expect(modesOf({ workers: 3 })).toMatchObject({ smoke: { workers: 3 }, long: { workers: 24 } })
    expect(modesOf({ model: 'open', rate: 5 })).not.toHaveProperty('smoke.workers')
    expect(modesOf({ model: 'open', rate: 5 })).not.toHaveProperty('long.workers')
  })
})
