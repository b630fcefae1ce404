import { expect, test } from 'vitest'
import { followFaults } from '../../../harness/run/fault-spans.ts'

test('a window is under a policy from before it is in force until it has settled', () => {
  const spans = followFaults(5)
  spans.begin(['latency'], 100)
  spans.narrow(['latency'], 102)
  spans.begin([], 200)
  spans.narrow([], 203)
  expect(spans.between(90, 100)).toEqual({ faults: [], settling: false })
  expect(spans.between(95, 101)).toEqual({ faults: ['latency'], settling: true })
  expect(spans.between(101, 110)).toEqual({ faults: ['latency'], settling: true })
  expect(spans.between(150, 160)).toEqual({ faults: ['latency'], settling: false })
  expect(spans.between(195, 204)).toEqual({ faults: ['latency'], settling: true })
  expect(spans.between(207, 300)).toEqual({ faults: ['latency'], settling: true })
  expect(spans.between(208, 300)).toEqual({ faults: [], settling: false })
})

test('policies that are in force at the same time are all named, once', () => {
  const spans = followFaults(0)
  spans.begin(['rate'], 10)
  spans.narrow(['rate'], 10)
  spans.begin(['latency', 'rate'], 20)
  spans.narrow(['latency', 'rate'], 20)
  spans.begin(['latency'], 30)
  spans.narrow(['latency'], 30)
  spans.begin(['rate'], 40)
  expect(spans.between(0, 50).faults).toEqual(['latency', 'rate'])
  expect(spans.between(31, 39)).toEqual({ faults: ['latency'], settling: false })
})
