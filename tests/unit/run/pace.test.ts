import { expect, test } from 'vitest'
import { Pace } from '../../../harness/run/pace.ts'

const reached = (iterations: number, ns: number) => ({ ok: iterations, iterations, ns })

test('the rate of a life is a share of what was reached in it, not before', () => {
  const pace = new Pace()
  pace.add('baseline', reached(500, 10e9), reached(800, 12e9))
  expect(pace.of('baseline')).toEqual({ throughput: reached(300, 2e9) })
})

test('all slices of a life are asked for the same, whatever is reached after the first of them', () => {
  const pace = new Pace()
  pace.add('baseline', reached(0, 0), reached(300, 2e9))
  const first = pace.of('baseline')
  pace.add('baseline', reached(300, 2e9), reached(400, 4e9))
  expect(pace.of('baseline')).toEqual(first)
  pace.add('other', reached(0, 0), reached(10, 1e9))
  pace.add('other', reached(10, 1e9), reached(40, 2e9))
  expect(pace.of('other')).toEqual({ throughput: reached(40, 2e9) })
})

test('where nothing was reached there is nothing to have a share of', () => {
  expect(new Pace().of('baseline')).toEqual({ throughput: reached(0, 0) })
})
