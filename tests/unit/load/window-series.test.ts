import { expect, test } from 'vitest'
import { WindowSeriesCounter } from '../../../harness/load/window-series.ts'
import { addWindowSeries } from '../../../harness/measure/load-series.ts'

test('attempts are counted in bins of 100 ms, and each window begins anew', () => {
  const counter = new WindowSeriesCounter(1e9, 300e6)
  for (const atMs of [1000, 1099, 1100, 1299]) counter.attempt(atMs * 1e6)
  for (let index = 0; index < 3; index++) counter.offered()
  expect(counter.take(1.3e9)).toEqual({ offered: 3, bins: [2, 1, 1] })
  counter.attempt(1.31e9)
  expect(counter.take(1.6e9)).toEqual({ offered: 0, bins: [1, 0, 0] })
})

test('what begins before the first window or long after the last is in none, and what is a little late in the last bin', () => {
  const counter = new WindowSeriesCounter(1e9, 300e6)
  for (const atMs of [900, 999, 1310, 1500]) counter.attempt(atMs * 1e6)
  expect(counter.take(1.3e9).bins).toEqual([0, 0, 1])
})

test('a window that is no multiple of 100 ms has bins of equal width', () => {
  const counter = new WindowSeriesCounter(0, 250e6)
  for (const atMs of [0, 83, 84, 166, 167, 249]) counter.attempt(atMs * 1e6)
  expect(counter.take(250e6).bins).toEqual([2, 2, 2])
})

test('workers are added up, also where one has told of fewer bins', () => {
  const [a, b] = [
    { offered: 1, bins: [1, 2] },
    { offered: 2, bins: [1, 1, 1] },
  ]
  expect(addWindowSeries(a, b)).toEqual({ offered: 3, bins: [2, 3, 1] })
  expect(addWindowSeries(b, a)).toEqual({ offered: 3, bins: [2, 3, 1] })
})
