import { describe, expect, test } from 'vitest'
import { type History, historyOf } from '../../../harness/compare/history.ts'
import { renderHistory } from '../../../harness/report/history-text.ts'
import { nightly, type NightChange } from '../../support/nights.ts'

const wish = { profile: 'default', mode: 'smoke', since: null }
const scope = 'policy.retry/policy-relay / baseline/baseline-relay'

/** The relay's retry arm loses this much of its throughput relative to its baseline, in these nights. */
const slower =
  (by: number, from: number, to = Infinity): NightChange =>
  ({ comparisons }, night) => {
    const comparison = comparisons.find(
      ({ policy, metric }) => policy === 'policy.retry/policy-relay' && metric === 'throughput',
    )
    if (comparison && night >= from && night < to) comparison.logRatio! += by
  }

const historyWith = (count: number, change?: NightChange, since: string | null = null): History =>
  historyOf({ ...wish, since }, nightly(count, 'nights', change))

const allChangesOf = ({ series }: History) =>
  series.flatMap(({ scope: of, metric, changes }) => changes.map((change) => ({ of, metric, ...change })))

/** Change points are also found in noise; those stay unsure. */
const changesOf = (history: History) => allChangesOf(history).filter(({ state }) => state !== 'unsure')

describe('a history', () => {
  test('of figures that only have noise has no alarm', () => {
    const history = historyWith(50)
    expect(history.alarms).toBe(0)
    expect(history.series.length).toBeGreaterThan(15)
    expect(history.results).toHaveLength(50)
  })

  test('has an alarm where a policy became slower for good, with the result that was the first', () => {
    const history = historyWith(40, slower(0.08, 30))
    expect(history.alarms).toBe(1)
    expect(changesOf(history)).toMatchObject([
      {
        of: scope,
        metric: 'throughput',
        state: 'alarm',
        night: 30,
        id: 'n30',
        startedAt: '2026-01-31T03:00:00.000Z',
        results: 10,
      },
    ])
    // e^0.08 is 1.083.
    expect(changesOf(history)[0]?.ratio).toBeCloseTo(1.083, 1)
  })

  test('waits for three results before it is alarmed', () => {
    const states = [31, 32, 33].map((count) =>
      changesOf(historyWith(count, slower(0.15, 30))).map(({ state }) => state),
    )
    expect(states[0]).not.toContain('alarm')
    expect(states[1]).toEqual(['recent'])
    expect(states[2]).toEqual(['alarm'])
  })

  test('is not alarmed by what became better', () => {
    const history = historyWith(40, slower(-0.08, 30))
    expect(history.alarms).toBe(0)
    expect(changesOf(history)).toMatchObject([{ state: 'better', night: 30 }])
  })

  test('knows by the figure which way is worse', () => {
    const scaled =
      (factor: number): NightChange =>
      ({ metrics }, night) => {
        if (night >= 25) metrics.requestsPerSecond = factor * metrics.requestsPerSecond!
      }
    const change = { metric: 'requestsPerSecond', night: 25 }
    // A last night that chance made slow may wait for more after it.
    expect(changesOf(historyWith(40, scaled(0.9)))[0]).toMatchObject({ ...change, state: 'alarm' })
    expect(changesOf(historyWith(40, scaled(1.1)))[0]).toMatchObject({ ...change, state: 'better' })
  })

  test('has no ratio of differences of shares, and their levels as they are', () => {
    const failing: NightChange = ({ comparisons }, night) => {
      const found = comparisons.find(({ policy, metric }) => policy === 'policy.retry/policy-relay' && metric === 'p99')
      if (!found) return
      Object.assign(found, {
        metric: 'errors',
        unit: 'share',
        logRatio: found.logRatio! / 10 + (night < 30 ? 0 : 0.03),
      })
    }
    const history = historyWith(40, failing)
    const [change] = changesOf(history)
    expect(change).toMatchObject({ metric: 'errors', state: 'alarm', night: 30, ratio: null })
    expect(change!.after - change!.before).toBeCloseTo(0.03, 2)
    const text = renderHistory(history, { color: false, width: 200 })
    expect(text).toMatch(/errors difference of shares +\S+ +\S+ +- +10 /u)
    expect(text).not.toContain('times worse')
  })

  test('is not alarmed by what came back, neither after a few nights nor after many', () => {
    const few = historyWith(60, slower(0.1, 30, 36))
    expect(changesOf(few)).toEqual([])
    expect(few.series.flatMap(({ excursions }) => excursions)).toContainEqual({ from: 30, to: 35 })
    const many = historyWith(60, slower(0.1, 10, 40))
    expect(changesOf(many)).toMatchObject([
      { state: 'recovered', night: 10 },
      { state: 'better', night: 40 },
    ])
    expect(many.alarms).toBe(0)
  })

  test('is not alarmed by one night, and tells of it', () => {
    const history = historyWith(40, slower(0.5, 20, 21))
    expect(changesOf(history)).toEqual([])
    expect(history.series.find((one) => one.scope === scope)?.excursions).toEqual([{ from: 20, to: 20 }])
    // As a ratio, as all levels are.
    expect(renderHistory(history, { color: false })).toMatch(/throughput \(times worse\): x1\.\d+ /u)
  })

  test('is not alarmed by what is known since a date', () => {
    expect(changesOf(historyWith(40, slower(0.08, 30), '2026-02-05'))).toMatchObject([{ state: 'known' }])
    expect(changesOf(historyWith(40, slower(0.08, 30), '2026-01-20'))).toMatchObject([{ state: 'alarm' }])
  })

  test('counts nights by the results, also where some lack the figure', () => {
    const gaps: NightChange = (result, night) => {
      slower(0.08, 30)(result, night)
      if (night % 5 === 0) for (const comparison of result.comparisons) comparison.logRatio = null
    }
    const history = historyWith(45, gaps)
    // The figure of night 30 is missing.
    expect(changesOf(history)).toMatchObject([{ state: 'alarm', night: 31, id: 'n31' }])
    expect(history.series.find((one) => one.scope === scope)?.values[30]).toBeNull()
  })

  test('is unsure where a change is clear by itself and not among so many figures', () => {
    const nights = nightly(12, 'few', slower(0.035, 9))
    const alone = nights.map((night) => ({
      ...night,
      figures: night.figures.filter((figure) => figure.scope === scope && figure.metric === 'throughput'),
    }))
    const many = alone.map((night, at) => ({
      ...night,
      figures: [
        ...night.figures,
        ...Array.from({ length: 3000 }, (_, index) => ({ ...night.figures[0]!, metric: `m${index}`, value: at % 2 })),
      ],
    }))
    expect(allChangesOf(historyOf(wish, alone)).map(({ state }) => state)).toEqual(['alarm'])
    expect(allChangesOf(historyOf(wish, many)).map(({ state }) => state)).toEqual(['unsure'])
  })

  test('is the same whenever it is made', () => {
    const made = [1, 2].map(() => JSON.stringify(historyWith(30, slower(0.1, 20))))
    expect(made[0]).toBe(made[1])
  })
})
