import { describe, expect, it } from 'vitest'
import { effectOf } from '../../../harness/measure/effect.ts'

describe('an effect', () => {
  it.each([
    [39.5, true],
    [43, true],
    [41, true],
    [39.49, false],
    [43.01, false],
    [Number.NaN, false],
  ])('of %f in [39.5, 43] is %s: the edges belong to the band', (observed, ok) => {
    expect(effectOf('p50', 'ms', [39.5, 43], observed).ok).toBe(ok)
  })

  it('is never there where nothing was observed', () => {
    expect(effectOf('p50', 'ms', [0, 1000], null)).toMatchObject({ observed: null, ok: false })
  })
})
