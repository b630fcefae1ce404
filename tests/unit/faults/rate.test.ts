import { describe, expect, it } from 'vitest'
import { rate } from '../../../harness/faults/rate.ts'
import { createRng } from '../../../harness/kernel/rng.ts'
import { emptyTally } from '../../../harness/measure/tally.ts'
import { baselineOf } from '../../support/facts.ts'

function open(bitsPerSecond: number) {
  const tally = emptyTally()
  return { tally, stage: rate.stage({ bitsPerSecond }, createRng(1), tally) }
}

describe('rate settings', () => {
  it.each([
    ['384kbps', 384_000],
    ['10mbps', 10_000_000],
    ['0bps', 0],
  ])('%s are bits per second', (raw, bitsPerSecond) => {
    expect(rate.parse(raw)).toEqual({ bitsPerSecond })
  })

  it('of 0 disable the fault', () => {
    expect(rate.active({ bitsPerSecond: 0 })).toBe(false)
    expect(rate.active({ bitsPerSecond: 1 })).toBe(true)
  })
})

describe('a rate', () => {
  it.each([[100], [1460], [65_536]])(
    'of 8 Mbit/s carries 10 MB of chunks of %i bytes in ten seconds, without drift',
    (sizeBytes) => {
      const { stage } = open(8e6)
      const chunks = Math.floor(10e6 / sizeBytes)
      let releasedNs = 0
      for (let i = 0; i < chunks; i++) releasedNs = stage.release(0, sizeBytes)
      expect(releasedNs / (chunks * sizeBytes * 1000)).toBeCloseTo(1, 9)
    },
  )

  it('releases a chunk when its last bit would have left', () => {
    const { stage } = open(8e6)
    expect(stage.release(5e6, 1000)).toBe(6e6)
    expect(stage.release(5e6, 500)).toBe(6.5e6)
  })

  it('saves nothing up while the line is idle', () => {
    const { stage } = open(8e6)
    stage.release(0, 1000)
    expect(stage.release(100e6, 1000)).toBe(101e6)
  })

  it('does not lose the time between a late arrival and the line being free', () => {
    const { stage } = open(8e6)
    stage.release(0, 10_000)
    // Arrives half way through: leaves right behind, not a whole chunk after its arrival.
    expect(stage.release(5e6, 1000)).toBe(11e6)
  })

  it('counts every chunk and byte', () => {
    const { stage, tally } = open(8e6)
    stage.release(0, 10)
    stage.release(0, 20)
    expect(tally).toEqual({ eligible: 2, fired: 2, bytes: 30 })
  })
})

describe('what a rate should do', () => {
  const baseline = baselineOf({ responseBytes: { min: 10_000, max: 20_000 }, requestBytes: { min: 100, max: 100 } })

  it('is the serialisation of the response downlink', () => {
    const { delayMs, errorShare } = rate.expect(
      { bitsPerSecond: 8e6 },
      { direction: 'downlink', baseline, operations: 1 },
    )
    expect(delayMs.lo).toBeCloseTo(10, 9)
    expect(delayMs.hi).toBeCloseTo(22, 9)
    expect(errorShare).toBe(0)
  })

  it('is the serialisation of the request uplink', () => {
    const { delayMs } = rate.expect({ bitsPerSecond: 8e4 }, { direction: 'uplink', baseline, operations: 1 })
    expect(delayMs.lo).toBeCloseTo(10, 9)
    expect(delayMs.hi).toBeCloseTo(11, 9)
  })
})
