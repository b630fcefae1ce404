import type { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { corrupt } from '../../../harness/faults/corrupt.ts'
import { binomialBand } from '../../../harness/measure/binomial.ts'
import { datagramOf, passed, stageContext } from '../../support/stage-context.ts'

function differingBits(a: Buffer, b: Buffer): number {
  return a.reduce((sum, byte, at) => sum + ((byte ^ (b[at] ?? 0)).toString(2).match(/1/gu)?.length ?? 0), 0)
}

describe('corruption', () => {
  it('flips exactly one bit, anywhere in the datagram', () => {
    const stage = corrupt.datagram!({ probability: 1 }, stageContext())
    const sent = datagramOf('hello')
    const places = new Set<string>()
    for (let i = 0; i < 1000; i++) {
      const [got] = passed(stage, sent)
      expect(differingBits(sent.bytes, got!.bytes)).toBe(1)
      places.add(got!.bytes.toString('hex'))
    }
    expect(places.size).toBe(40)
    expect(sent.bytes.toString()).toBe('hello')
  })

  it('hits its share, and leaves the rest as it is', () => {
    const context = stageContext()
    const stage = corrupt.datagram!({ probability: 0.1 }, context)
    const sent = datagramOf('hello')
    const wrong = Array.from({ length: 10_000 }, () => passed(stage, sent)[0]).filter((got) => got !== sent).length
    expect(context.tally).toEqual({ eligible: 10_000, fired: wrong, bytes: 5 * wrong })
    const [lo, hi] = binomialBand(10_000, 0.1, 1e-4)
    expect(wrong / 10_000).toBeGreaterThanOrEqual(lo)
    expect(wrong / 10_000).toBeLessThanOrEqual(hi)
  })

  it('has nothing to flip in an empty datagram', () => {
    const context = stageContext()
    const sent = datagramOf('')
    expect(passed(corrupt.datagram!({ probability: 1 }, context), sent)).toEqual([sent])
    expect(context.tally.eligible).toBe(0)
  })
})
