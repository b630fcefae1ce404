import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Fate, FateMemory, fates } from '../../../../harness/load/udp/fates.ts'

const second = 1e9

/** Gives out so many numbers at a rate; number n gets the fate n mod 4. */
function fill(memory: FateMemory, count: number, perSecond: number, fromNs = 0): number {
  let nowNs = fromNs
  for (let i = 0; i < count; i++) {
    nowNs += second / perSecond
    const number = memory.take(nowNs)
    memory.note(number, (number % 4) as Fate)
  }
  return nowNs
}

function remembered(memory: FateMemory): number {
  let oldest = memory.next
  while (oldest > 0 && memory.remembers(oldest - 1)) oldest--
  let wrong = 0
  for (let number = oldest; number < memory.next; number++) if (memory.of(number) !== number % 4) wrong++
  expect(wrong).toBe(0)
  return memory.next - oldest
}

describe('the memory of what became of numbers', () => {
  test('keeps the last 4,096 where that is time enough', () => {
    const memory = new FateMemory(second)
    fill(memory, 100_000, 4096)
    expect(remembered(memory)).toBe(4096)
  })

  test('grows until it reaches back as far as it is to', () => {
    const memory = new FateMemory(10 * second)
    fill(memory, 1_000_000, 20_000)
    expect(remembered(memory)).toBe(2 ** 18)
  })

  test('never keeps more than 2^20', () => {
    const memory = new FateMemory(1e6 * second)
    fill(memory, 3_000_000, 20_000)
    expect(remembered(memory)).toBe(2 ** 20)
  })

  test('forgets nothing that it says it remembers, whatever the rates', () => {
    const parts = fc.array(fc.record({ count: fc.nat(12_000), perSecond: fc.integer({ min: 10, max: 100_000 }) }), {
      maxLength: 8,
    })
    fc.assert(
      fc.property(parts, (program) => {
        const memory = new FateMemory(second)
        let nowNs = 0
        for (const { count, perSecond } of program) nowNs = fill(memory, count, perSecond, nowNs)
        expect(remembered(memory)).toBeGreaterThanOrEqual(Math.min(memory.next, 4096))
      }),
      { numRuns: 50 },
    )
  })

  test('notes no fate of what it has forgotten', () => {
    const memory = new FateMemory(0)
    fill(memory, 10_000, 1000)
    memory.note(3, fates.lost)
    expect(memory.remembers(3)).toBe(false)
    expect(remembered(memory)).toBe(4096)
  })
})
