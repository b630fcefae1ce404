import { describe, expect, test } from 'vitest'
import { undisturbed } from '../../../../harness/judge/paired/disturbance.ts'

const usual = [0.01, -0.01, 0.004, -0.006, 0.012, -0.003, 0.008, -0.009, 0.002, -0.001]

describe('rounds in which one arm alone was disturbed', () => {
  test('are at most two, the furthest above the others, and do not count where the others are nothing', () => {
    expect(undisturbed([...usual, 0.7], 0.02)).toEqual(usual)
    expect(undisturbed([0.7, ...usual, 0.5], 0.02)).toEqual(usual)
    expect(undisturbed([0.7, ...usual, 0.5, 0.6], 0.02)).toEqual([...usual, 0.5])
  })

  test('lie above by more than is worth a failure, however quiet the others are', () => {
    const quiet = usual.map((value) => value / 100)
    expect(undisturbed([...quiet, 0.019], 0.02)).toHaveLength(11)
    expect(undisturbed([...quiet, 0.021], 0.02)).toHaveLength(10)
  })

  test('are none below, and none where all are as far apart', () => {
    expect(undisturbed([...usual, -0.7], 0.02).at(-1)).toBe(-0.7)
    const wide = usual.map((value) => 50 * value)
    expect(undisturbed(wide, 0.02)).toEqual(wide)
    expect(undisturbed([], 0.02)).toEqual([])
  })

  test('are none of a change that is in all rounds', () => {
    const worse = usual.map((value) => value + 0.3)
    expect(undisturbed(worse, 0.02)).toEqual(worse)
  })

  test('count as the middle one where fewer than ten would be left', () => {
    const worse = usual.slice(0, 9).map((value) => value + 0.3)
    expect(undisturbed([...worse, 0.9], 0.02)).toHaveLength(10)
    expect(undisturbed([...worse, 0.9], 0.02).at(-1)).toBeCloseTo(0.303, 3)
  })
})
