import { describe, expect, test } from 'vitest'
import { SoakrigError } from '../../../harness/kernel/errors.ts'
import type { ModeName } from '../../../harness/profile/profile.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'
import { parseThreshold, parseThresholds, thresholdProblems } from '../../../harness/profile/threshold-settings.ts'

const parsed = (raw: Parameters<typeof parseThreshold>[1]) => parseThreshold('latency', raw)

describe('a threshold', () => {
  test('as a text holds over the whole, and ends nothing', () => {
    expect(parsed('p(99)<200ms')).toMatchObject({
      threshold: { expr: 'p(99)<200ms', windowNs: null, abortAfterNs: null },
    })
  })

  test("in k6's long form may end the run, at once or after a delay", () => {
    const threshold = 'p(99)<200ms'
    expect(parsed({ threshold })).toMatchObject({ threshold: { expr: threshold, abortAfterNs: null } })
    expect(parsed({ threshold, abortOnFail: false })).toMatchObject({ threshold: { abortAfterNs: null } })
    expect(parsed({ threshold, abortOnFail: true })).toMatchObject({ threshold: { abortAfterNs: 0 } })
    const delayed = { threshold, abortOnFail: true, delayAbortEval: '10s', window: '1m' }
    expect(parsed(delayed)).toMatchObject({ threshold: { abortAfterNs: 10e9, windowNs: 60e9 } })
  })

  test('is read with all the others, and each that is wrong has its place (L12)', () => {
    const raw = {
      errors: ['rate<1%', 'rate<x'],
      latency: ['p(99)<100ms', 'p99<1', { threshold: 'x' }],
      rss: ['max<5'],
    }
    expect(thresholdProblems(raw, '/thresholds').map(({ where }) => where)).toEqual([
      '/thresholds/latency/1',
      '/thresholds/latency/2/threshold',
      '/thresholds/errors/1',
      '/thresholds/rss/0',
    ])
    const both = { cpu: ['avg<1'], errors: ['rate<1%'], latency: [{ threshold: 'max<1s' }] }
    expect(parseThresholds(both).map(({ expr }) => expr)).toEqual(['max<1s', 'rate<1%', 'avg<1'])
  })

  test('of another shape is left to the schema', () => {
    for (const raw of [
      undefined,
      null,
      5,
      { latency: 'p99' },
      { latency: [5, null, {}, { threshold: 5 }], other: ['x'] },
    ])
      expect(thresholdProblems(raw, '')).toEqual([])
  })

  test.each([
    [{ latency: [{ threshold: 'max<1s', window: '0s' }] }, '/latency/0/window', 'more than 0'],
    [{ rss: [{ threshold: 'max<1mib', window: '1m' }] }, '/rss/0/window', 'none on rss'],
    [{ errors: [{ threshold: 'count!=3', window: '1m' }] }, '/errors/0/window', 'none with !='],
    [{ rss: [{ threshold: 'slope<1mib/h', abortOnFail: true }] }, '/rss/0/abortOnFail', 'none with slope'],
    [{ latency: [{ threshold: 'max<1s', delayAbortEval: '5s' }] }, '/latency/0/delayAbortEval', 'none without'],
    [{ heap: ['max<1mib'] }, '/heap/0', 'a heap is read a few times in a run'],
  ])('in a form that means nothing is told: %j', (raw, where, message) => {
    expect(thresholdProblems(raw, '')).toEqual([{ where, message: expect.stringContaining(message) as string }])
  })
})

/** The problems of a profile with these parts. */
function problemsOf(parts: object): readonly { readonly where: string; readonly message: string }[] {
  try {
    parseProfile({ target: { builtin: 'http' }, ...parts }, { mode: 'smoke', flags: {}, env: {} })
    return []
  } catch (error) {
    return error instanceof SoakrigError ? (error.problems ?? []) : []
  }
}

describe('the schema of a profile', () => {
  test('takes thresholds as texts and in their long form', () => {
    const latency = ['p(99)<1s', { threshold: 'p(95)<1s', abortOnFail: true, delayAbortEval: '1s', window: '1s' }]
    expect(
      problemsOf({ thresholds: { latency, rss: ['slope<1MiB/h'], fds: [], threads: [], cpu: ['avg<1'] } }),
    ).toEqual([])
    expect(problemsOf({ policies: { slow: { fault: { latency: { delay: '5ms' } }, bounds: { latency } } } })).toEqual(
      [],
    )
  })

  test.each([
    [{ thresholds: { latency: [5] } }, '/thresholds/latency/0'],
    [{ thresholds: { latency: [{ expr: 'p(99)<1s' }] } }, '/thresholds/latency/0'],
    [{ thresholds: { latency: [{ threshold: 'p(99)<1s', window: '1 hour' }] } }, '/thresholds/latency/0/window'],
    [{ thresholds: { heap: ['max<1mib'] } }, '/thresholds/heap/0'],
    [
      { policies: { slow: { fault: { latency: { delay: '5ms' } }, bounds: { rss: ['max<1mib'] } } } },
      '/policies/slow/bounds',
    ],
  ])('tells the place of what it refuses: %j', (parts, where) => {
    const places = problemsOf(parts).map((problem) => problem.where)
    expect(places.length).toBeGreaterThan(0)
    expect(places.filter((place) => !place.startsWith(where))).toEqual([])
  })
})

const slow = (bounds: object) => ({ slow: { fault: { latency: { delay: '5ms' } }, bounds } })

/** The warnings about thresholds and bounds of a profile in a mode. */
function warningsOf(parts: object, mode: ModeName = 'smoke') {
  const { warnings } = parseProfile({ target: { builtin: 'http' }, ...parts }, { mode, flags: {}, env: {} })
  return warnings.filter(({ message }) => message.startsWith('is never judged')).map(({ where }) => where)
}

const window = (length: string) => ({ latency: ['max<1s', { threshold: 'p(99)<1s', window: length }] })

test('a window that is longer than the stress stage is warned of, and one that just fits is not', () => {
  expect(warningsOf({ thresholds: window('2s') })).toEqual([])
  expect(warningsOf({ thresholds: window('2001ms') })).toEqual(['/thresholds/latency/1'])
  expect(warningsOf({ thresholds: window('20s') }, 'long')).toEqual([])
  expect(warningsOf({ thresholds: window('1m') }, 'long')).toEqual(['/thresholds/latency/1'])
})

test('a window that recorded windows do not add up to, and an abort that comes too late, are warned of', () => {
  const told = (one: object): string[] => {
    const parts = {
      thresholds: { latency: [{ threshold: 'p(99)<1s', ...one }] },
      modes: { smoke: { window: '500ms' } },
    }
    const { warnings } = parseProfile({ target: { builtin: 'http' }, ...parts }, { mode: 'smoke', flags: {}, env: {} })
    return warnings.filter(({ where }) => where === '/thresholds/latency/0').map(({ message }) => message)
  }
  const recorded = ': mode smoke records windows of 500ms'
  expect(told({ window: '100ms' })).toEqual([`is judged in windows of 500ms${recorded}`])
  expect(told({ window: '1100ms' })).toEqual([`is judged in windows of 1.5s${recorded}`])
  expect(told({ window: '1s' })).toEqual([])
  expect(told({ abortOnFail: true, delayAbortEval: '2s' })).toEqual([])
  expect(told({ abortOnFail: true, delayAbortEval: '3s' })).toEqual([
    'never ends the run: its delayAbortEval is 3s, and the stress stage of mode smoke takes 2s',
  ])
})

test('a slope needs five minutes of stress', () => {
  const thresholds = { rss: ['max<1gib', 'slope<1MiB/h'] }
  expect(warningsOf({ thresholds }, 'long')).toEqual(['/thresholds/rss/1'])
  expect(warningsOf({ thresholds, modes: { long: { duration: '5m' } } }, 'long')).toEqual([])
})

test('a bound with a window needs steps that have its policy in force so long', () => {
  const where = ['/policies/slow/bounds/latency/1']
  const steps = (length: string) => ({ smoke: { steps: [{ at: '200ms', install: 'slow', for: length }] } })
  expect(warningsOf({ policies: slow(window('1s')) })).toEqual(where)
  expect(warningsOf({ policies: slow(window('1s')), stress: steps('900ms') })).toEqual(where)
  expect(warningsOf({ policies: slow(window('1s')), stress: steps('1s') })).toEqual([])
})
