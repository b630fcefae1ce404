import { describe, expect, test } from 'vitest'
import { limitReasons } from '../../../harness/judge/answer.ts'
import { unclearDoubts } from '../../../harness/judge/ceilings.ts'
import { holdErrorCeiling, sumsOfSlices } from '../../../harness/judge/error-ceiling.ts'
import { isBroken } from '../../../harness/judge/limits.ts'
import { exitCodes } from '../../../harness/kernel/exit-codes.ts'
import { significant } from '../../../harness/kernel/units.ts'
import { binomialCdf, clopperPearsonLower } from '../../../harness/measure/binomial.ts'

type Slices = readonly (readonly [ok: number, failed: number])[]

/** Held against 2 % are these slices, which are all that there is. */
function held(slices: Slices) {
  const parts = slices.map(([ok, failed]) => ({ ok, failed }))
  const sum = (key: 'ok' | 'failed') => parts.reduce((all, part) => all + part[key], 0)
  return holdErrorCeiling('a', { ok: sum('ok'), failed: sum('failed') }, 0.02, () => sumsOfSlices(parts))
}

const times = (count: number, part: Slices[number]): Slices => Array.from({ length: count }, () => part)

describe('a ceiling of the error rate', () => {
  test.each([
    [
      'half of two slices, each whole',
      [
        [100, 0],
        [0, 100],
      ],
      0.5,
    ],
    [
      'all that 24 users had in flight, in the second of two slices',
      [
        [24, 0],
        [0, 24],
      ],
      0.5,
    ],
    [
      'half of one slice of 20',
      [
        [20, 0],
        [10, 10],
      ],
      0.25,
    ],
    ['300 of 4,000, all of them in one slice', [...times(3, [1000, 0]), [700, 300]], 0.075],
    ['150 of 4,000, all of them in one slice', [...times(3, [1000, 0]), [850, 150]], 0.0375],
    ['110 of 4,000, in every fourth slice', [...times(30, [100, 0]), ...times(10, [90, 11])], 0.0274],
    ['120 of one slice of 4,000', [[3880, 120]], 0.03],
  ] as const)('is broken by %s, however they came together', (_, slices, actual) => {
    const limit = held(slices)
    expect(limit.actual).toBeCloseTo(actual, 4)
    expect(limit).not.toHaveProperty('why')
    expect(limitReasons([limit]).map(({ code }) => code)).toEqual([exitCodes.broken])
    expect(unclearDoubts([limit])).toEqual([])
  })

  test('is neither kept nor broken where chance may be why it is above, which makes the run inconclusive', () => {
    const one = held([[39, 1]])
    expect(one).toMatchObject({ actual: 0.025, ok: false })
    // Of 40 of which one failed: (1 - bound)^40 = 99 %.
    expect(one.why).toBe(`chance may be why: its lower 99 % bound is ${significant(1 - 0.99 ** (1 / 40))}`)
    expect(isBroken(one)).toBe(false)
    expect(limitReasons([one])).toEqual([])
    expect(unclearDoubts([one])).toMatchObject([{ kind: 'limit-unclear', effect: 'inconclusive' }])
  })

  test('is broken once in a hundred runs at most whose true rate it is, each operation by itself', () => {
    const atLeast = (failed: number) => 1 - binomialCdf(failed - 1, 2400, 0.02)
    expect([65, 66].map((failed) => atLeast(failed) < 0.01)).toEqual([false, true])
    expect([65, 66].map((failed) => isBroken(held([[2400 - failed, failed]])))).toEqual([false, true])
  })

  test('tells how failures lie where chance may be why, and decides nothing by it', () => {
    const bound = significant(clopperPearsonLower(90, 4000, 0.01))
    const why = `chance may be why: its lower 99 % bound is ${bound}`
    expect(held([...times(10, [97, 3]), ...times(30, [98, 2])]).why).toBe(why)
    expect(held([...times(30, [100, 0]), ...times(10, [91, 9])]).why).toBe(
      `${why}, and failures came together (design effect 7.08)`,
    )
  })
})
