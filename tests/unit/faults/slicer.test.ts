import { describe, expect, it } from 'vitest'
import { slicer } from '../../../harness/faults/slicer.ts'
import { baselineOf } from '../../support/facts.ts'
import { passed, pieceOf, stageContext } from '../../support/stage-context.ts'

const open = (raw: object, options = {}) => {
  const context = stageContext(options)
  return { context, stage: slicer.stream!(slicer.parse(raw), context) }
}

describe('a slicer', () => {
  it('cuts into parts of its size and a rest, which leave apart', () => {
    const { stage, context } = open({ size: '400b', delay: '1ms' })
    const out = passed(stage, pieceOf(1000, { arrivedNs: 5e6 }))
    expect(out.map(({ bytes, dueNs }) => [bytes.length, dueNs])).toEqual([
      [400, 5e6],
      [400, 6e6],
      [200, 7e6],
    ])
    expect(context.tally).toEqual({ eligible: 1, fired: 1, bytes: 1000 })
    expect(passed(stage, pieceOf(10, { arrivedNs: 7.5e6, message: 2 }))[0]!.dueNs).toBe(8e6)
    expect(context.tally).toEqual({ eligible: 2, fired: 1, bytes: 1000 })
  })

  it('does not stay late with what has become due earlier', () => {
    const { stage } = open({ size: '400b', delay: '1ms' })
    const lost = pieceOf(400)
    lost.dueNs = 206e6
    const [part] = passed(stage, lost)
    lost.dueNs = 50e6
    expect(part!.dueNs).toBe(50e6)
    expect(passed(stage, pieceOf(400, { arrivedNs: 1e6, message: 2 }))[0]!.dueNs).toBe(51e6)
    expect(passed(open({ size: '400b' }).stage, pieceOf(1))[0]!.dueNs).toBe(0)
  })

  it('varies the sizes uniformly, the same again from the same seed', () => {
    const sizesOf = (seed: number) =>
      passed(open({ size: '100b', variation: '50b' }, { seed }).stage, pieceOf(200_000)).map(
        ({ bytes }) => bytes.length,
      )
    const sizes = sizesOf(1).slice(0, -1)
    expect([Math.min(...sizes), Math.max(...sizes)]).toEqual([50, 150])
    expect(sizes.reduce((sum, size) => sum + size, 0) / sizes.length).toBeCloseTo(100, -1)
    expect(sizesOf(1)).toEqual(sizesOf(1))
    expect(sizesOf(1)).not.toEqual(sizesOf(2))
  })

  it('leaves out delays in proportion while a ramp is low', () => {
    const { stage } = open({ size: '1b', delay: '1ms' }, { strength: 0.5 })
    expect(passed(stage, pieceOf(3)).map(({ dueNs }) => dueNs)).toEqual([0, 5e5, 1e6])
  })

  it('is off at a size of 0, and refuses parts of no size (P12)', () => {
    expect(slicer.active(slicer.parse({ size: '0b' }))).toBe(false)
    expect(() => slicer.parse({ size: '10b', variation: '10b' })).toThrow(
      'found variation "10b", allowed: less than the size, 10b',
    )
  })

  it('should delay the last byte by all the parts before it', () => {
    const settings = slicer.parse({ size: '100b', delay: '2ms' })
    const { delayMs, firedShare } = slicer.expect(settings, {
      direction: 'downlink',
      baseline: baselineOf({ responseBytes: { min: 1000, max: 1000 } }),
      operations: 1,
    })
    expect(delayMs).toEqual({ lo: 18, hi: 22 })
    // The rest of a message after a pause may be smaller than a part.
    expect(firedShare).toBeNull()
  })
})
