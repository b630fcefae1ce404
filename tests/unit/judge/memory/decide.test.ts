import { describe, expect, test } from 'vitest'
import type { MemoryCase } from '../../../../harness/judge/memory/course.ts'
import { decideMemory } from '../../../../harness/judge/memory/decide.ts'
import type { MemorySample } from '../../../../harness/judge/memory/series.ts'
import { mannKendall } from '../../../../harness/judge/stats/mann-kendall.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'

const mib = 1024

/** Once a second, with a little noise; `kbAt` says how much at a second, null: not read. */
function samplesOf(minutes: number, kbAt: (second: number) => number | null, rate = 400): MemorySample[] {
  const rng = createRng('memory samples')
  return Array.from({ length: minutes * 60 }, (_, seconds) => {
    const kb = kbAt(seconds)
    return { seconds, amount: kb === null ? null : Math.round(kb + 200 * rng.next()), requests: rate * seconds }
  })
}

function caseOf(samples: readonly MemorySample[], others: Partial<MemoryCase> = {}): MemoryCase {
  return {
    kind: 'rss',
    samples,
    faults: [],
    calibration: null,
    ceiling: null,
    budget: 32 * mib,
    serviceHours: 24,
    runSeconds: null,
    ...others,
  }
}

const level = 100 * mib
const leak = (perMinute: number) => (second: number) => level + (perMinute * second) / 60
const kindsOf = (answer: ReturnType<typeof decideMemory>): string[] =>
  answer.doubts.map(({ kind }) => kind).filter((kind) => kind !== 'uncalibrated')

describe('a run of 12 minutes', () => {
  test('passes where memory stands still, and fails where it leaks: 100 B per request at 400 a second', () => {
    expect(decideMemory(caseOf(samplesOf(12, () => level))).verdict).toBe('pass')
    const answer = decideMemory(caseOf(samplesOf(12, leak((100 * 400 * 60) / 1024))))
    expect(answer.verdict).toBe('fail')
    expect((answer.trend?.perRequest ?? 0) * 1024).toBeCloseTo(100, 0)
    expect(answer.projected).toBeCloseTo((answer.trend?.slope ?? 0) * 24 * 60, -2)
  })

  test('passes up to half of the bound, is inconclusive up to it, and fails above', () => {
    const verdicts = [0.3, 0.75, 1.3].map((part) => decideMemory(caseOf(samplesOf(12, leak(part * 1.1 * mib)))).verdict)
    expect(verdicts).toEqual(['pass', 'inconclusive', 'fail'])
  })

  test('is held to what is calibrated, and says so where nothing is', () => {
    const samples = samplesOf(12, leak(600))
    const calibration = { name: 'a1b2', bounds: [[12, 300]] as const }
    expect(decideMemory(caseOf(samples, { calibration }))).toMatchObject({ verdict: 'fail', bound: 300, doubts: [] })
    expect(decideMemory(caseOf(samples)).doubts.map(({ kind }) => kind)).toContain('uncalibrated')
  })

  test('may grow by its budget', () => {
    const samples = samplesOf(12, leak(2 * mib))
    expect(decideMemory(caseOf(samples, { budget: 4000 * mib })).verdict).toBe('pass')
    expect(decideMemory(caseOf(samples, { budget: 10 * mib, serviceHours: 0.05 })).verdict).toBe('pass')
  })

  test('is regressed against requests: what stands still while none are served is no smaller a leak', () => {
    const perRequest = 0.1
    const served = (second: number): number => 400 * (second < 560 ? second : second < 640 ? 560 : second - 80)
    const samples = samplesOf(12, (second) => level + perRequest * served(second)).map((sample) => ({
      ...sample,
      requests: served(sample.seconds),
    }))
    const answer = decideMemory(caseOf(samples))
    expect(answer.verdict).toBe('fail')
    expect(answer.trend?.perRequest).toBeCloseTo(perRequest, 2)
    const overTime = decideMemory(caseOf(samples.map((sample) => ({ ...sample, requests: null }))))
    expect(overTime.trend?.perRequest).toBeNull()
  })
})

test('a single step makes the interval of a line wide, and hides no slope that is steeper than all there is', () => {
  const step = samplesOf(10, (second) => level + (second < 440 ? 0 : 3.3 * mib))
  const answer = decideMemory(caseOf(step))
  expect(answer.trend?.upper).toBeGreaterThan(1.5 * (answer.bound ?? Infinity))
  expect([answer.verdict, kindsOf(answer)]).toEqual(['pass', []])
  const large = decideMemory(caseOf(samplesOf(10, (second) => level + (second < 440 ? 0 : 33 * mib))))
  expect([large.verdict, kindsOf(large)]).toEqual(['inconclusive', ['trend-unclear']])
})

describe('what is no leak does not fail:', () => {
  const sawtooth = (second: number): number => level + (15 * mib * (second % 37)) / 37
  const warmup = (second: number): number => level + 80 * mib * (1 - Math.exp(-second / 120))
  const plateau = (second: number): number => level + 60 * mib * Math.min(1, second / 430)
  const returning = (second: number): number => level + (second < 600 ? 40 * mib : 0)
  test.each([
    ['a warm-up', warmup, ['pass', 'inconclusive']],
    ['a sawtooth, whose bottom is followed', sawtooth, ['pass']],
    ['one step', (second: number) => level + (second < 500 ? 0 : 40 * mib), ['pass', 'inconclusive']],
    ['a cache that is full late', plateau, ['inconclusive']],
    ['memory that is given back', returning, ['pass']],
    ['memory that falls', leak(-2 * mib), ['pass']],
  ] as const)('%s', (_, kbAt, allowed) => {
    expect(allowed).toContain(decideMemory(caseOf(samplesOf(12, kbAt))).verdict)
  })

  test('of a sawtooth it is the bottom that leaks', () => {
    expect(decideMemory(caseOf(samplesOf(12, (second) => sawtooth(second) + 40 * second))).verdict).toBe('fail')
  })

  test('a rise that has ended is inconclusive, and a leak is found though it never became steady', () => {
    expect(kindsOf(decideMemory(caseOf(samplesOf(12, plateau))))).not.toEqual([])
    const answer = decideMemory(caseOf(samplesOf(12, leak(3 * mib))))
    expect([answer.verdict, answer.steadySeconds, answer.cutSeconds]).toEqual(['fail', null, 360])
  })

  test('Mann and Kendall would fail a slope that is nothing; here nothing rests on them', () => {
    const answer = decideMemory(caseOf(samplesOf(12, leak(60))))
    expect(mannKendall(samplesOf(12, leak(60)).map(({ amount }) => amount ?? 0)).p).toBeLessThan(1e-6)
    expect(answer.mannKendallP).toBeLessThan(0.01)
    expect(answer.verdict).toBe('pass')
  })
})

describe('growth that decays is no leak, and no pass:', () => {
  const fast = (second: number): number => level + 40 * mib * (1 - Math.exp(-second / 70))
  const perMinute = (100 * 400 * 60) / 1024
  test.each([
    [
      'a warm-up with a time constant of 8 minutes, in 12',
      12,
      (second: number) => level + 60 * mib * (1 - Math.exp(-second / 480)),
    ],
    ['one of 10 minutes, in 20', 20, (second: number) => level + 60 * mib * (1 - Math.exp(-second / 600))],
    [
      'a cache whose hits follow a power law, in 12',
      12,
      (second: number) => level + 15 * mib * Math.log1p(second / 30),
    ],
    ['the same after a warm-up, in 30', 30, (second: number) => fast(second) + 15 * mib * Math.log1p(second / 30)],
  ] as const)('%s', (_, minutes, kbAt) => {
    const answer = decideMemory(caseOf(samplesOf(minutes, kbAt)))
    expect(answer.trend?.slope).toBeGreaterThan(answer.bound ?? Infinity)
    expect(Math.min(...(answer.trend?.parts ?? []))).toBeGreaterThan(0.5 * (answer.bound ?? Infinity))
    expect(answer.verdict).toBe('inconclusive')
  })

  test.each([12, 20, 30])('what leaks after a warm-up is one, in %d minutes', (minutes) => {
    const kbAt = (second: number): number => fast(second) + (perMinute * second) / 60
    expect(decideMemory(caseOf(samplesOf(minutes, kbAt))).verdict).toBe('fail')
  })
})

describe('faults', () => {
  const inFault = (second: number): boolean => second % 120 >= 90
  const faults = Array.from({ length: 6 }, (_, index) => ({ from: index * 120 + 90, to: index * 120 + 120 }))
  const rising = (second: number): number => level + (inFault(second) ? 20 * mib + 60 * second : 0)

  test('are no part of the trend, and one of the ceiling', () => {
    expect(decideMemory(caseOf(samplesOf(12, rising), { faults })).verdict).toBe('pass')
    const answer = decideMemory(caseOf(samplesOf(12, rising), { faults, ceiling: level + 50 * mib }))
    expect(answer.verdict).toBe('fail')
    expect(answer.reason).toMatch(/ceiling/u)
  })

  test.each([
    ['second', { from: 235, to: 490 }],
    ['last', { from: 478, to: 720 }],
  ])('hide no leak of 1 kB per request where one takes the %s third of the run', (_, fault) => {
    const samples = samplesOf(12, leak((1000 * 400 * 60) / 1024))
    expect(decideMemory(caseOf(samples, { faults: [fault] })).verdict).toBe('fail')
    const healthy = samplesOf(12, () => level)
    expect(decideMemory(caseOf(healthy, { faults: [fault] })).verdict).toBe('pass')
  })

  test('leave less to see, for which the bound is higher', () => {
    const [all, some] = [[], faults].map((spans) =>
      decideMemory(
        caseOf(
          samplesOf(12, () => level),
          { faults: spans },
        ),
      ),
    )
    expect(some?.bound ?? 0).toBeGreaterThan(all?.bound ?? 0)
    expect(decideMemory(caseOf(samplesOf(12, leak(4 * mib)), { faults })).verdict).toBe('fail')
  })
})

describe('what was not seen does not pass:', () => {
  test('nothing that could be read is void', () => {
    const answer = decideMemory(caseOf(samplesOf(12, () => null)))
    expect(answer).toMatchObject({ verdict: 'void', trend: null, bound: null, peak: null })
    expect(kindsOf(answer)).toContain('memory-unreadable')
  })

  test.each([
    ['a run that is too short', caseOf(samplesOf(4, () => level))],
    ['one sample', caseOf(samplesOf(12, () => level).slice(0, 1))],
    ['a minute without samples', caseOf(samplesOf(12, (second) => (second >= 300 && second < 360 ? null : level)))],
    ['samples that are not there', caseOf(samplesOf(12, () => level).filter(({ seconds }) => seconds % 180 > 20))],
    [
      'samples that end before the run',
      caseOf(
        samplesOf(12, () => level),
        { runSeconds: 900 },
      ),
    ],
    ['samples that begin after the run', caseOf(samplesOf(12, (second) => (second < 60 ? null : level)))],
    [
      'a run that is a fault',
      caseOf(
        samplesOf(12, () => level),
        { faults: [{ from: 300, to: 700 }] },
      ),
    ],
    [
      'a count of requests that began anew',
      caseOf(samplesOf(12, () => level).map((one) => ({ ...one, requests: (one.requests ?? 0) % 200_000 }))),
    ],
  ])('%s is inconclusive', (_, run) => {
    const answer = decideMemory(run)
    expect(answer.verdict).toBe('inconclusive')
    expect(new Set(kindsOf(answer))).toEqual(new Set(['samples-missing']))
  })

  test('a ceiling that was broken fails all the same', () => {
    expect(
      decideMemory(
        caseOf(
          samplesOf(1, () => level),
          { ceiling: level - 1 },
        ),
      ).verdict,
    ).toBe('fail')
  })

  test('a few late samples are none that are missing, and requests per second are no running total', () => {
    const late = samplesOf(12, () => level).filter(({ seconds }) => seconds % 50 !== 7)
    expect(decideMemory(caseOf(late)).verdict).toBe('pass')
    const perSecond = samplesOf(12, leak(3 * mib)).map((one) => ({ ...one, requests: 400 + (one.seconds % 3) }))
    expect(decideMemory(caseOf(perSecond))).toMatchObject({ verdict: 'fail', trend: { perRequest: null } })
  })

  test('samples at random moments serve as well, and those that are too far apart tell how near they should be', () => {
    const rng = createRng('poisson')
    const at = (meanSeconds: number, perSecond: number): MemorySample[] => {
      const samples: MemorySample[] = []
      for (let seconds = 0; seconds < 720; seconds -= meanSeconds * Math.log(1 - rng.next()))
        samples.push({ seconds, amount: level + perSecond * seconds, requests: 400 * seconds })
      return samples
    }
    expect([at(1, 0), at(1, 60)].map((samples) => decideMemory(caseOf(samples)).verdict)).toEqual(['pass', 'fail'])
    const { verdict, doubts } = decideMemory(caseOf(at(5, 0)))
    expect(verdict).toBe('inconclusive')
    expect(doubts.map(({ detail }) => detail).join()).toMatch(/samples should be no more than \d+ s apart/u)
  })

  test('noise that would hide a leak is inconclusive', () => {
    const rng = createRng('storm')
    let wandering = 0
    const kbAt = (): number => level + 30 * mib * (wandering = 0.98 * wandering + 0.2 * (rng.next() - 0.5))
    expect(kindsOf(decideMemory(caseOf(samplesOf(12, kbAt))))).toContain('trend-unclear')
  })
})

describe('a heap after forced collections', () => {
  const epochs = (count: number, kbAt: (epoch: number) => number): MemoryCase =>
    caseOf(
      Array.from({ length: count }, (_, epoch) => ({
        seconds: epoch * 20,
        amount: kbAt(epoch) + (epoch % 3) * 10,
        requests: epoch * 8000,
      })),
      { kind: 'heap' },
    )

  test('of five minutes shows a leak of 100 B per request', () => {
    expect(decideMemory(epochs(15, (epoch) => 20_000 + (epoch * 8000 * 100) / 1024)).verdict).toBe('fail')
    expect(decideMemory(epochs(15, () => 20_000)).verdict).toBe('pass')
  })

  test('needs six epochs after the warm-up', () => {
    expect(decideMemory(epochs(9, () => 20_000)).verdict).toBe('pass')
    expect(kindsOf(decideMemory(epochs(8, () => 20_000)))).toEqual(['samples-missing'])
  })
})

describe('numbers', () => {
  const counts = (kind: 'fds' | 'threads', at: (second: number) => number): ReturnType<typeof decideMemory> =>
    decideMemory(
      caseOf(
        Array.from({ length: 720 }, (_, seconds) => ({ seconds, amount: at(seconds), requests: 400 * seconds })),
        { kind, budget: 64 },
      ),
    )

  test.each(['fds', 'threads'] as const)(
    'of %s pass with a pool that grows and connections that come and go',
    (kind) => {
      const pool = (second: number): number => 20 + Math.min(4, Math.floor(second / 60))
      expect(counts(kind, () => 17).verdict).toBe('pass')
      expect(counts(kind, (second) => pool(second) + (second % 7)).verdict).toBe('pass')
    },
  )

  test.each(['fds', 'threads'] as const)('of %s fail where three are lost a minute, in whole ones', (kind) => {
    expect(counts(kind, (second) => 20 + Math.floor(second / 20)).verdict).toBe('fail')
    expect(counts(kind, (second) => 20 + Math.floor(second / 20) + (second % 7)).verdict).toBe('fail')
  })
})
