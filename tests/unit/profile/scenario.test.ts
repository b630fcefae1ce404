import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { isSoakrigError, type Problem } from '../../../harness/kernel/errors.ts'
import { readJson } from '../../../harness/kernel/jsonc.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'
import type { Profile } from '../../../harness/profile/profile.ts'

const document = {
  name: 'storm',
  target: { builtin: 'http', knobs: { capacity: { perSecond: 300 } } },
  load: { model: 'open', rate: 280 },
  modes: { smoke: { duration: '30s' } },
  policies: { slow: { fault: { latency: { delay: '10ms' } } } },
  stress: { smoke: { client: { timeout: { attempt: '1s' } }, steps: [{ at: '5s', install: 'slow', for: '2s' }] } },
  scenario: {
    expect: 'metastable',
    bands: { endAmplification: [1.8, 2.1] },
    cures: {
      lifo: { target: { knobs: { capacity: { order: 'lifo' } } } },
      half: { load: { rate: 100 }, scenario: { expect: 'slow-drain', bands: { wastedShare: [0, 1] } } },
    },
  },
}

const withCures = (cures: object): object => ({ ...document, scenario: { ...document.scenario, cures } })
const wrong = { target: { knobs: { capacity: { order: 'random' } } } }

const parse = (raw: unknown, cure?: string): Profile => parseProfile(raw, { mode: 'smoke', flags: {}, env: {}, cure })

function problemsOf(raw: unknown, cure?: string): readonly Problem[] {
  try {
    parse(raw, cure)
  } catch (error) {
    if (isSoakrigError(error)) return error.problems
    throw error
  }
  return []
}

describe('a scenario', () => {
  test('has a client of the stress stage, what is expected, and no cure', () => {
    const { name, stressClient, scenario } = parse(document)
    expect(name).toBe('storm')
    expect(stressClient).toMatchObject([{ keyword: 'timeout' }])
    expect(scenario).toEqual({
      expect: 'metastable',
      bands: { endAmplification: [1.8, 2.1] },
      trigger: null,
      backoffNs: null,
      cure: null,
    })
  })

  test('with a cure is changed by it, has a name of its own, and is then to be recovered, without its bands', () => {
    const { name, target, scenario } = parse(document, 'lifo')
    expect(name).toBe('storm.lifo')
    expect(target).toMatchObject({ knobs: { capacity: { order: 'lifo', serviceNs: 1e9 / 300 } } })
    expect(scenario).toMatchObject({ expect: 'recovered', bands: {}, cure: 'lifo' })
  })

  test('with a cure may expect something else, and name its cure itself', () => {
    const { scenario, load } = parse({ ...document, scenario: { ...document.scenario, cure: 'half' } })
    expect(scenario).toMatchObject({ expect: 'slow-drain', bands: { wastedShare: [0, 1] }, cure: 'half' })
    expect(load.throughput).toMatchObject({ rate: { perSecond: { from: 100 } } })
  })

  test('with a cure for another kind of target has nothing of its own kind left, as by extends', () => {
    const cured = withCures({ other: { target: { url: 'http://127.0.0.1:1' } } })
    expect(problemsOf(cured, 'other')).toEqual([])
    expect(parse(cured, 'other')).toMatchObject({ name: 'storm.other', target: { kind: 'url' } })
  })

  test('is none in a mode without its trigger', () => {
    expect(parseProfile(document, { mode: 'long', flags: {}, env: {} }).scenario).toBeNull()
  })

  test.each([
    ['enough of it', '30s', '5s', []],
    ['too little before the trigger', '30s', '2s', [/^the trigger begins after 2s, and 3 windows of 1s before it/u]],
    ['too little after the trigger', '20s', '5s', [/^the trigger ends 12s before the last window, and 10s and 3 win/u]],
  ])('warns where there is %s', (_, duration, at, messages) => {
    const steps = [{ at, install: 'slow', for: '2s' }]
    const { warnings } = parse({ ...document, modes: { smoke: { duration } }, stress: { smoke: { steps } } })
    expect(warnings).toEqual(
      messages.map((text) => ({ where: '/scenario', message: expect.stringMatching(text) as string })),
    )
  })

  test('of a fault that nobody takes away there is nothing after the trigger', () => {
    const steps = [{ at: '5s', install: 'slow' }]
    const endless = parse({ ...document, stress: { smoke: { steps } } })
    expect(endless.warnings).toMatchObject([
      { message: expect.stringMatching(/^the trigger ends 0ns before/u) as string },
    ])
    const removed = { smoke: { steps: [...steps, { at: '8s', remove: 'slow' }] } }
    expect(parse({ ...document, stress: removed }).warnings).toEqual([])
  })

  test.each<[string, unknown, string | undefined, string, RegExp]>([
    ['an unknown cure', document, 'lif', '--cure', /did you mean "lifo"\?$/u],
    ['a cure where there are none', { ...document, scenario: { expect: 'recovered' } }, 'lifo', '--cure', /no cures$/u],
    ['a cure with a wrong setting', withCures({ wrong }), 'wrong', '/target/knobs/capacity/order', /"fifo", "lifo"/u],
    [
      'a cure with a wrong setting that nobody has chosen',
      withCures({ right: {}, wrong }),
      'right',
      '/scenario/cures/wrong/target/knobs/capacity/order',
      /"fifo", "lifo"/u,
    ],
    [
      'a cure with which the profile is wrong somewhere else',
      withCures({ wrong: { modes: { smoke: { duration: '4s' } } } }),
      undefined,
      '/scenario/cures/wrong',
      /^with it, at \/stress\/smoke\/steps\/0\/at: found 5s/u,
    ],
    [
      'a cure that extends a profile',
      withCures({ wrong: { extends: 'base.json' } }),
      'wrong',
      '/scenario/cures/wrong/extends',
      /^found "base.json", allowed: none/u,
    ],
    [
      'more windows than can be judged',
      { ...document, modes: { smoke: { duration: '2h' } } },
      undefined,
      '/modes/smoke/window',
      /7200 windows of 120m, allowed: at most 3600/u,
    ],
    ['no trigger', { ...document, stress: undefined }, undefined, '/scenario', /allowed: at least one/u],
    [
      'a closed load',
      { ...document, load: { model: 'closed' } },
      undefined,
      '/scenario',
      /allowed: the model "open"$/u,
    ],
    [
      'a band that is turned around',
      { ...document, scenario: { expect: 'recovered', bands: { goodputRatio: [1, 0] } } },
      undefined,
      '/scenario/bands/goodputRatio',
      /the lower one first$/u,
    ],
    [
      'a trigger behind the end',
      { ...document, scenario: { expect: 'recovered', trigger: { at: '30s', for: '1s' } } },
      undefined,
      '/scenario/trigger/at',
      /^found 30s, allowed: less than the duration of 30s of the smoke mode$/u,
    ],
    [
      'a wait before retries that is none',
      { ...document, scenario: { expect: 'recovered', backoff: '0s' } },
      undefined,
      '/scenario/backoff',
      /^found 0s, allowed: more than 0$/u,
    ],
    [
      'a client that cannot be',
      {
        ...document,
        stress: { smoke: { ...document.stress.smoke, client: { hedge: { delay: 'p95', budget: { kind: 'none' } } } } },
      },
      undefined,
      '/stress/smoke/client/hedge/budget/kind',
      /allowed/u,
    ],
  ])('refuses %s', (_, raw, cure, where, message) => {
    const [first] = problemsOf(raw, cure)
    expect(first).toMatchObject({ where, message: expect.stringMatching(message) as string })
  })
})

const folder = new URL('../../../profiles/scenarios/', import.meta.url)
const shipped = readdirSync(folder).flatMap((file) => {
  const raw = readJson(readFileSync(new URL(file, folder), 'utf8'), file).document as {
    readonly scenario?: { readonly cures?: object }
  }
  const cures = Object.keys(raw.scenario?.cures ?? {})
  return [undefined, ...cures].map((cure) => ({ file, cure, raw }))
})

test.each(shipped)('the profile $file is valid with the cure $cure', ({ raw, cure }) => {
  expect(problemsOf(raw, cure)).toEqual([])
})
