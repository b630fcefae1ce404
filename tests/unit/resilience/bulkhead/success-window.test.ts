import { describe, expect, it } from 'vitest'
import { SuccessWindow } from '../../../../harness/resilience/bulkhead/success-window.ts'

describe('a success window', () => {
  it('has a rate of 1 before anything has happened', () => {
    expect(new SuccessWindow(10)).toMatchObject({ rate: 1, count: 0 })
  })

  it('looks at the last outcomes only', () => {
    const window = new SuccessWindow(4)
    const rates = [true, false, false, true, true, true].map((ok) => {
      window.record(ok)
      return window.rate
    })
    expect(rates).toEqual([1, 1 / 2, 1 / 3, 1 / 2, 1 / 2, 3 / 4])
    expect(window.count).toBe(4)
  })
})
