import { expect, test } from 'vitest'
import { createRng, type Rng } from '../../../../harness/kernel/rng.ts'
import { drawPause } from '../../../../harness/plan/pacer/pause.ts'
import type { Pause } from '../../../../harness/workload/workload.ts'

const unused: Rng = {
  next() {
    throw new Error('a pause that does not vary draws nothing')
  },
  fork: () => unused,
}

function draws(pause: Pause, count = 20_000): number[] {
  const rng = createRng(3)
  return Array.from({ length: count }, () => drawPause(pause, rng))
}

test('a pause without chance is what it says, and draws nothing', () => {
  expect(drawPause({ kind: 'none' }, unused)).toBe(0)
  expect(drawPause({ kind: 'fixed', ns: 5e6 }, unused)).toBe(5e6)
})

test('a uniform pause lies evenly between its bounds', () => {
  const pauses = draws({ kind: 'uniform', fromNs: 5e6, toNs: 20e6 })
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(5e6)
  expect(Math.max(...pauses)).toBeLessThanOrEqual(20e6)
  for (const quarter of [1, 2, 3]) {
    const below = pauses.filter((ns) => ns < 5e6 + (quarter / 4) * 15e6).length / pauses.length
    expect(below).toBeCloseTo(quarter / 4, 1)
  }
  expect(drawPause({ kind: 'uniform', fromNs: 7, toNs: 7 }, createRng(1))).toBe(7)
})

test('an exponential pause has the mean and the tail of its distribution', () => {
  const pauses = draws({ kind: 'exponential', meanNs: 10e6 })
  const mean = pauses.reduce((sum, ns) => sum + ns, 0) / pauses.length
  expect(mean / 10e6).toBeCloseTo(1, 1)
  expect(pauses.filter((ns) => ns > 20e6).length / pauses.length).toBeCloseTo(Math.exp(-2), 2)
})

test('pauses are whole ns', () => {
  const all = [
    ...draws({ kind: 'uniform', fromNs: 0, toNs: 9 }, 100),
    ...draws({ kind: 'exponential', meanNs: 9 }, 100),
  ]
  expect(all.every(Number.isInteger)).toBe(true)
})
