import { describe, expect, test } from 'vitest'
import { mser } from '../../../../harness/judge/stats/mser.ts'
import { golden } from '../../../support/golden.ts'

interface Vector {
  readonly values: readonly number[]
  readonly batch: number
  readonly cut: number
  readonly atLimit: boolean
}

describe('MSER', () => {
  test('cuts where its definition does, in fractions', () => {
    const vectors = golden('mser') as readonly Vector[]
    expect(vectors.filter(({ cut, atLimit }) => cut > 0 && !atLimit).length).toBeGreaterThan(10)
    for (const { values, batch, cut, atLimit } of vectors) expect(mser(values, batch)).toEqual({ cut, atLimit })
  })

  test('of batches of five cuts whole batches, and a line as far as it may', () => {
    const line = Array.from({ length: 103 }, (_, index) => index)
    expect(mser(line)).toEqual({ cut: 50, atLimit: true })
  })

  test('leaves what stands still as it is', () => {
    expect(mser(Array.from({ length: 100 }, () => 123.456))).toEqual({ cut: 0, atLimit: false })
    expect(mser([])).toEqual({ cut: 0, atLimit: false })
  })
})
