import { describe, expect, test } from 'vitest'
import { tuneAnswerSoFar } from '../../../../harness/judge/tune/search.ts'
import { latencySearch, tuned, type TunedTarget } from '../../../support/tuned-target.ts'

/** Breaks over 59. */
const figure = (value: number): number => (value + 1) / 60
const plain: TunedTarget = { figure }
const valuesOf = ({ steps }: ReturnType<typeof tuned>): number[] => steps.map(({ value }) => value)

describe('a search for the strength that breaks bounds', () => {
  test('doubles from the value of the profile until two in a row break, and then halves what is between', () => {
    const found = tuned(plain)
    expect(valuesOf(found)).toEqual([20, 40, 80, 160, 56.6, 67.3, 61.7])
    expect(found.answer).toEqual({
      kind: 'found',
      holds: 56.6,
      breaks: 61.7,
      monotonic: true,
      precise: true,
      limit: null,
    })
  })

  test('halves from a value that breaks, until one holds', () => {
    const found = tuned(plain, { from: 400 })
    expect(valuesOf(found).slice(0, 4)).toEqual([400, 200, 100, 50])
    expect(found.answer).toMatchObject({ kind: 'found', precise: true, limit: null })
    expect(found.answer.holds).toBeLessThan(59)
    expect(found.answer.breaks).toBeGreaterThan(59)
  })

  test('knows that less of a rate is harder', () => {
    // Breaks under 250 kbps.
    const found = tuned({ figure: (bps) => 250_000 / bps }, { from: 1e6, least: 1000, most: 1e10, harder: 'less' })
    expect(valuesOf(found).slice(0, 4)).toEqual([1e6, 500_000, 250_000, 125_000])
    expect(found.answer).toMatchObject({ kind: 'found', breaks: 250_000, monotonic: true, precise: true })
    expect(found.answer.holds).toBeGreaterThan(250_000)
    expect(found.answer.holds).toBeLessThan(275_100)
  })

  test('says that all held up to the most, and that nothing did down to the least', () => {
    const most = tuned({ figure: () => 0.5 }, { from: 0.3, least: 0.0001, most: 1 })
    expect(valuesOf(most)).toEqual([0.3, 0.6, 1])
    expect(most.answer).toMatchObject({ kind: 'holds', holds: 1, breaks: null, limit: 'most', monotonic: true })
    const least = tuned({ figure: () => 2 }, { from: 5, least: 1 })
    expect(valuesOf(least)).toEqual([5, 2.5, 1.25, 1])
    expect(least.answer).toMatchObject({ kind: 'breaks', holds: null, breaks: 1, limit: 'least' })
  })

  test('tells of a strength that held over one that broke, and widens the interval by it', () => {
    // Breaks from 30 to 50, and over 100.
    const found = tuned({ figure: (value) => ((value > 30 && value < 50) || value > 100 ? 2 : 0.5) })
    expect(found.answer).toMatchObject({ kind: 'found', monotonic: false, precise: false, breaks: 160 })
    expect(found.answer.holds).toBeLessThan(31)
    expect(found.answer.holds).toBeGreaterThan(27)
  })

  test('is unclear where the strongest of all held over one that broke', () => {
    const found = tuned({ figure: (value) => (value === 40 ? 2 : 0.5) }, { most: 100 })
    expect(found.answer).toMatchObject({ kind: 'unclear', breaks: null, monotonic: false, limit: 'most' })
  })

  test('only looks for what is weaker where its begin is known to break', () => {
    const found = tuned(plain, { from: 200, fromBreaks: true, mostSteps: 6 })
    expect(valuesOf(found)).toEqual([100, 50, 70.7, 59.5, 54.5])
    expect(found.answer).toMatchObject({ kind: 'found', holds: 54.5, breaks: 59.5, precise: true })
  })

  test('ends where the fault does nothing, with what it knows by then', () => {
    const found = tuned({ figure: () => 2, idle: (value) => value < 4 })
    expect(valuesOf(found)).toEqual([20, 10, 5, 2.5])
    expect(found.answer).toMatchObject({ kind: 'breaks', breaks: 5, limit: 'void' })
  })

  test('ends with its steps, which all have their trials, or with its time', () => {
    const few = tuned(plain, { mostSteps: 3 })
    expect(few.steps.map(({ trials }) => trials.length)).toEqual([1, 1, 2])
    expect(few.answer).toMatchObject({ kind: 'found', holds: 40, breaks: 80, precise: false, limit: 'steps' })
    expect(tuned(plain, { mostNs: 3 }).answer).toMatchObject({ kind: 'holds', holds: 40, limit: 'time' })
  })

  test('knows what it knew when it was stopped', () => {
    const steps = tuned(plain).steps.slice(0, 3)
    expect(tuneAnswerSoFar(latencySearch, steps)).toMatchObject({ holds: 40, breaks: 80, limit: 'stopped' })
    expect(tuneAnswerSoFar(latencySearch, [])).toMatchObject({ kind: 'unclear', holds: null, breaks: null })
  })

  test('takes values as far apart as it was asked for', () => {
    const { holds, breaks } = tuned(plain, { resolution: 0.02 }).answer
    expect((breaks ?? 0) / (holds ?? 1)).toBeLessThan(1.0205)
  })
})

describe('an interval of a search', () => {
  const runs = 400
  /** How often the true limit of 59 is not in it. */
  function missed(target: Omit<TunedTarget, 'figure'>): number {
    const answers = Array.from({ length: runs }, (_, seed) => tuned({ figure, ...target }, {}, seed + 1).answer)
    return answers.filter(({ holds, breaks }) => holds === null || breaks === null || holds > 59 || breaks < 59).length
  }

  test('holds the true limit, though trials vary by a fiftieth and the machine stalls now and then', () => {
    expect(missed({ deviation: 0.02 })).toBeLessThanOrEqual(0.01 * runs)
    expect(missed({ deviation: 0.02, stalls: 0.02 })).toBeLessThanOrEqual(0.02 * runs)
  })

  test('seldom does not, where trials vary by half of what it is to be narrow', () => {
    expect(missed({ deviation: 0.05 })).toBeLessThanOrEqual(0.1 * runs)
  })
})
