import { describe, expect, it } from 'vitest'
import { slowClose } from '../../../harness/faults/slow-close.ts'
import { passed, pieceOf, stageContext } from '../../support/stage-context.ts'

describe('a slow close', () => {
  it('holds the end of a stream, and no byte of it', () => {
    const context = stageContext()
    const stage = slowClose.stream!(slowClose.parse({ delay: '300ms' }), context)
    const piece = pieceOf('hello', { arrivedNs: 7 })
    expect(passed(stage, piece)).toEqual([piece])
    expect(piece.dueNs).toBe(7)
    expect(context.tally.fired).toBe(0)
    expect(stage.end!(20)).toBe(300e6 + 20)
    expect(context.tally).toEqual({ eligible: 1, fired: 1, bytes: 0 })
  })

  it('of 0 is disabled', () => {
    expect(slowClose.active(slowClose.parse({ delay: '0ms' }))).toBe(false)
  })
})
