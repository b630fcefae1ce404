import { describe, expect, test } from 'vitest'
import { judgeMetastable, type TriggerPlace } from '../../../../harness/judge/metastable/verdict.ts'
import type { LoadSeries, SeriesPoint } from '../../../../harness/measure/load-series.ts'

const fine: SeriesPoint = { offered: 100, good: 100, attempts: 100, served: 100, wasted: 0, queueAgeNs: 0 }
const trigger: TriggerPlace = { fromNs: 10e9, toNs: 12e9, timeoutNs: 1e9, retries: 1, backoffNs: null }

type After = (second: number) => Partial<SeriesPoint>

/** Ten good seconds, two of a trigger, and then what `after` says. */
function judged(seconds: number, after: After, changes: Partial<TriggerPlace> = {}) {
  const points = [
    ...Array.from({ length: 10 }, () => fine),
    ...Array.from({ length: 2 }, () => ({ ...fine, good: 0 })),
    ...Array.from({ length: seconds }, (_, second) => ({ ...fine, ...after(second) })),
  ]
  const series: LoadSeries = { stepNs: 1e9, points, binNs: 100e6, bins: [] }
  return judgeMetastable(series, { ...trigger, ...changes })
}

describe('the verdict on an overload', () => {
  test('is recovered when the goodput is back for three steps, and says since when', () => {
    const report = judged(20, (second) => (second < 4 ? { good: 30 } : { good: 96 }))
    expect(report).toMatchObject({ verdict: 'recovered', timeToRecoverNs: 4e9, drainNs: null })
    expect(report.reason).toContain('4s')
    expect(report.goodput.ratio).toBeCloseTo(0.96)
  })

  test('is recovered also where there is more load than before', () => {
    expect(judged(20, () => ({ good: 150, offered: 150 })).verdict).toBe('recovered')
  })

  test('is not recovered by a while in which it only seemed so', () => {
    const relapse: After = (second) => ({ good: second >= 3 && second < 8 ? 100 : 0 })
    expect(judged(30, relapse).verdict).toBe('metastable')
    const again: After = (second) => ({ good: second < 3 || (second >= 6 && second < 12) ? 0 : 100 })
    expect(judged(30, again)).toMatchObject({ verdict: 'recovered', timeToRecoverNs: 12e9 })
  })

  test('is not recovered where it is back again and again but not on the whole', () => {
    const report = judged(60, (second) => ({ good: second < 3 || second % 3 === 0 ? 100 : 0 }))
    expect(report).toMatchObject({ verdict: 'metastable', timeToRecoverNs: null })
    const late: After = (second) => ({ good: second < 3 || second > 9 || second % 3 === 0 ? 100 : 0 })
    expect(judged(60, late)).toMatchObject({ verdict: 'recovered', timeToRecoverNs: 9e9 })
  })

  test('takes two steps in which it is not back for noise', () => {
    expect(judged(30, (second) => ({ good: second === 15 || second === 16 ? 90 : 100 }))).toMatchObject({
      verdict: 'recovered',
      timeToRecoverNs: 0,
    })
  })

  test('is metastable when it stays low and nothing gets better', () => {
    const report = judged(30, (second) => ({
      good: 0,
      attempts: 200,
      served: 80,
      wasted: 80,
      queueAgeNs: second * 1e9,
    }))
    expect(report).toMatchObject({
      verdict: 'metastable',
      amplification: { before: 1, peak: 2, end: 2, level: 'alert' },
      goodput: { before: 1, during: 0, end: 0, ratio: 0 },
      wastedShare: 1,
    })
  })

  test('is metastable where the queue stands at its limit and only wavers', () => {
    expect(judged(60, (second) => ({ good: 20, queueAgeNs: 1e9 + ((second * 7) % 5) * 1e6 })).verdict).toBe(
      'metastable',
    )
  })

  test('is a slow drain when the queue gets younger, and says for how long', () => {
    const report = judged(31, (second) => ({ good: 0, queueAgeNs: 20e9 - second * 0.2e9 }))
    expect(report).toMatchObject({ verdict: 'slow-drain', timeToRecoverNs: null })
    // 14.2 s of age in the middle of the last three steps, 0.2 s of which go in each.
    expect((report.drainNs ?? 0) / 1e9).toBeCloseTo(71)
  })

  test('is no drain when it would take far longer than it was watched', () => {
    const report = judged(31, (second) => ({ good: 0, queueAgeNs: 20e9 - second * 1e6 }))
    expect(report).toMatchObject({ verdict: 'metastable', drainNs: null })
  })

  test('goes by the amplification where the target does not tell the age of its queue', () => {
    const blind = { good: 0, queueAgeNs: null, served: null, wasted: null }
    const falling = judged(30, (second) => ({ ...blind, attempts: 400 - second * 5 }))
    expect(falling.verdict).toBe('slow-drain')
    expect(falling.reason).toContain('amplification')
    expect(falling.wastedShare).toBeNull()
    expect(judged(30, () => ({ ...blind, attempts: 200 })).verdict).toBe('metastable')
  })

  test('is degraded when it stays above half and nothing gets better', () => {
    expect(judged(30, () => ({ good: 57, attempts: 150 }))).toMatchObject({
      verdict: 'degraded',
      amplification: { level: 'warn' },
    })
  })

  test.each([
    ['the time after the trigger is too short', 12, () => ({ good: 0 }), {}, '1s more'],
    ['five timeouts have not passed', 40, () => ({ good: 0 }), { timeoutNs: 8e9 }, '3s more'],
    ['the load is not what it was', 30, () => ({ good: 0, offered: 80 }), {}, '80 %'],
    ['it is back with less load', 30, () => ({ good: 50, offered: 50 }), {}, '50 %'],
    ['nothing is known of before', 30, () => ({ good: 0 }), { fromNs: 2e9 }, '2 steps'],
  ] as const)('is inconclusive when %s', (_, seconds, after, changes, reason) => {
    const report = judged(seconds, after, changes)
    expect(report.verdict).toBe('inconclusive')
    expect(report.reason).toContain(reason)
  })

  test('warns of an amplification from 1.5 on, and by what the retries allow', () => {
    const level = (attempts: number, retries: number | null) =>
      judged(30, () => ({ attempts }), { retries }).amplification.level
    expect([level(149, 1), level(150, 1), level(179, 1), level(180, 1)]).toEqual(['none', 'warn', 'warn', 'alert'])
    expect([level(199, null), level(200, 4)]).toEqual(['warn', 'alert'])
  })

  test('tells of waves since the trigger began only', () => {
    const bins = [
      ...Array.from({ length: 100 }, (_, at) => (at % 2) * 50),
      ...Array.from({ length: 200 }, (_, at) => (at % 5 ? 0 : 10)),
    ]
    const points = Array.from({ length: 32 }, () => fine)
    const { synchrony } = judgeMetastable({ stepNs: 1e9, points, binNs: 100e6, bins }, { ...trigger, backoffNs: 500e6 })
    expect(synchrony).toMatchObject({ peakToMean: 5, lagNs: 500e6 })
  })
})
