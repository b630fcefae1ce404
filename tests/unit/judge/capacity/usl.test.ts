import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fitUsl, type LoadPoint, type UslFit } from '../../../../harness/judge/capacity/usl.ts'

interface Vector extends Pick<UslFit, 'perLoop' | 'contention' | 'coherency' | 'peakLoops' | 'error'> {
  readonly points: readonly LoadPoint[]
  readonly rSquared: number
}

const file = new URL('../../../fixtures/statistics/usl.json', import.meta.url)
const vectors = JSON.parse(readFileSync(file, 'utf8')) as readonly Vector[]

function fitOf(points: readonly LoadPoint[]): UslFit {
  const answer = fitUsl(points)
  if ('refused' in answer) throw new Error(answer.refused)
  return answer.fit
}

const law =
  (perLoop: number, contention: number, coherency: number) =>
  (loops: number): LoadPoint => ({
    loops,
    perSecond: (perLoop * loops) / (1 + contention * (loops - 1) + coherency * loops * (loops - 1)),
  })

const doubling = [1, 2, 4, 8, 16, 32, 64]

describe('the universal scalability law', () => {
  test('is fitted as scipy.optimize.nnls does, to the six digits that are kept', () => {
    const fitted = vectors.filter(({ error }) => error <= 0.1)
    // Else the fixture would test nothing of a kind.
    expect(fitted.length).toBeGreaterThan(30)
    expect(fitted.filter(({ contention }) => contention === 0).length).toBeGreaterThan(2)
    expect(fitted.filter(({ coherency }) => coherency === 0).length).toBeGreaterThan(2)
    for (const { points, ...expected } of fitted) {
      const fit = fitOf(points)
      for (const key of ['perLoop', 'contention', 'coherency', 'peakLoops'] as const) {
        const [found, wanted] = [fit[key], expected[key]]
        const isSame = found === wanted || (found !== null && wanted !== null && Math.abs(found / wanted - 1) < 6e-6)
        expect({ key, found, wanted, isSame }).toMatchObject({ isSame: true })
      }
      for (const key of ['rSquared', 'error'] as const) expect(fit[key]).toBeCloseTo(expected[key], 6)
    }
  })

  test('gives back the law that made the points, and where it has its peak', () => {
    const fit = fitOf(doubling.map(law(100, 0.05, 0.001)))
    expect(fit).toMatchObject({ perLoop: 100, contention: 0.05, coherency: 0.001, rSquared: 1, error: 0 })
    expect(fit.peakLoops).toBeCloseTo(Math.sqrt(0.95 / 0.001), 3)
    expect(fit.peakPerSecond).toBeCloseTo(law(100, 0.05, 0.001)(Math.sqrt(950)).perSecond, 2)
  })

  test('has no peak without coherency, only what it comes near to', () => {
    const fit = fitOf(doubling.map(law(100, 0.25, 0)))
    expect(fit).toMatchObject({ contention: 0.25, coherency: 0, peakLoops: null, peakPerSecond: 400 })
    expect(fitOf(doubling.map(law(100, 0, 0)))).toMatchObject({ peakLoops: null, peakPerSecond: null })
  })

  test('holds for one server, on which more loops change nothing', () => {
    const fit = fitOf(doubling.map((loops) => ({ loops, perSecond: 300 })))
    expect(fit).toMatchObject({ perLoop: 300, contention: 1, coherency: 0, rSquared: null, error: 0 })
    expect(fit.peakPerSecond).toBe(300)
  })

  test('takes the speed of one loop from the two lowest loads where none was measured alone', () => {
    expect(fitOf([2, 4, 8, 16, 32, 64].map(law(100, 0.05, 0))).perLoop).toBe(100)
  })

  test.for([
    { points: doubling.slice(0, 5).map(law(100, 0.1, 0)), why: 'found 5 numbers of loops, needed: 6' },
    { points: doubling.map((loops) => ({ loops, perSecond: loops === 4 ? 0 : 100 })), why: 'nothing got done with 4' },
    { points: [2, 4, 8, 16, 32, 64].map((loops) => ({ loops, perSecond: 100 / loops ** 2 })), why: 'falls so fast' },
    { points: doubling.map((loops) => ({ loops, perSecond: 100 * loops ** 1.4 })), why: 'on average, allowed: 10 %' },
    { points: doubling.map((loops) => ({ loops, perSecond: loops < 10 ? 100 : 20 })), why: 'the law is off by' },
  ])('is refused: $why', ({ points, why }) => {
    expect(fitUsl(points)).toEqual({ refused: expect.stringContaining(why) as unknown })
  })
})
