import { describe, expect, it } from 'vitest'
import { refused } from '../../../harness/faults/refused.ts'

describe('a refused connect', () => {
  it('comes of a listener that is closed (F30)', () => {
    expect(refused.active(refused.parse(true))).toBe(true)
    expect(refused.listener!(true)).toBe('refused')
  })

  it('is disabled by an explicit false', () => {
    expect(refused.active(refused.parse(false))).toBe(false)
  })
})
