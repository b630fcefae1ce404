import { describe, expect, test } from 'vitest'
import { undisturbed } from '../../../../harness/judge/paired/disturbance.ts'

const usual = [0.01, -0.01, 0.004, -0.006, 0.012, -0.003, 0.008, -0.009, 0.002, -0.001]

/** A level that ten rounds clear four times. */
const wide = 0.01

describe('rounds in which one arm alone was disturbed', () => {
  test('are at most two, the furthest above the others, and do not count where the others are nothing', () => {
    expect(undisturbed([...usual, 0.7], 0.02, wide)).toEqual({ values: usual, times: 4 })
    expect(undisturbed([0.7, ...usual, 0.5], 0.02, wide).values).toEqual(usual)
    expect(undisturbed([0.7, ...usual, 0.5, 0.6], 0.02, wide).values).toEqual([...usual, 0.5])
    expect(undisturbed([0.7, ...usual, 0.7, 0.7], 0.02, wide).values).toEqual([...usual, 0.7])
  })

  test('lie above by more than is worth a failure, however quiet the others are', () => {
    const quiet = usual.map((value) => value / 100)
    expect(undisturbed([...quiet, 0.019], 0.02, wide).values).toHaveLength(11)
    expect(undisturbed([...quiet, 0.021], 0.02, wide).values).toHaveLength(10)
  })

  test('are none below, and none where all are as far apart', () => {
    expect(undisturbed([...usual, -0.7], 0.02, wide).values.at(-1)).toBe(-0.7)
    const apart = usual.map((value) => 50 * value)
    expect(undisturbed(apart, 0.02, wide).values).toBe(apart)
    expect(undisturbed([], 0.02, wide)).toEqual({ values: [], times: 1 })
  })

  test('are none of a change that is in all rounds', () => {
    const worse = usual.map((value) => value + 0.3)
    expect(undisturbed(worse, 0.02, wide)).toEqual({ values: worse, times: 1 })
  })

  test('count as the middle one where fewer than ten would be left', () => {
    const worse = usual.slice(0, 9).map((value) => value + 0.3)
    const { values } = undisturbed([...worse, 0.9], 0.02, wide)
    expect(values).toHaveLength(10)
    expect(values.at(-1)).toBeCloseTo(0.303, 3)
    const alike = [...usual.slice(0, 8).map((value) => value + 0.3), 0.9, 0.9, 0.9]
    expect(undisturbed(alike, 0.02, 2 ** -11).values.filter((value) => value === 0.9)).toHaveLength(1)
  })

  test.each([
    [0.004, 10, 4],
    [0.0039, 12, 4],
    [0.0007, 12, 2],
    [0.0003, 12, 1],
  ])('leave enough to fail at a level of %f: %i rounds that count %i times less', (level, rounds, times) => {
    const said = undisturbed([...usual.map((value) => value + 0.3), 0.9, 0.8], 0.02, level)
    expect([said.values.length, said.times]).toEqual([rounds, times])
    expect(said.times * 2 ** -said.values.length).toBeLessThanOrEqual(level)
  })
})
