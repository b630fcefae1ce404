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
      wrong: { target: { knobs: { capacity: { order: 'random' } } } },
    },
  },
}

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

  test('is none in a mode without its trigger', () => {
    expect(parseProfile(document, { mode: 'long', flags: {}, env: {} }).scenario).toBeNull()
  })

  test.each<[string, unknown, string | undefined, string, RegExp]>([
    ['an unknown cure', document, 'lif', '--cure', /did you mean "lifo"\?$/u],
    ['a cure where there are none', { ...document, scenario: { expect: 'recovered' } }, 'lifo', '--cure', /no cures$/u],
    ['a cure with a wrong setting', document, 'wrong', '/target/knobs/capacity/order', /"fifo", "lifo"/u],
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
