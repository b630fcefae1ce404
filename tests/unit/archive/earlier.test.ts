import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { withLaterKeys } from '../../../harness/archive/earlier.ts'
import type { Result } from '../../../harness/archive/result.ts'
import { validateResult } from '../../../harness/archive/validate.ts'
import { exampleFile } from '../../fixtures/results/example.ts'

const before: unknown = JSON.parse(readFileSync(exampleFile, 'utf8'))

test('a file from before the load models lacks keys, and is whole with them filled in', () => {
  expect(validateResult(before).length).toBeGreaterThan(0)
  expect(validateResult(withLaterKeys(before))).toEqual([])
})

test('what an earlier file did not measure is null or empty, never made up', () => {
  const { phases, slices } = withLaterKeys(before) as Result
  const [arm] = phases[0]?.arms ?? []
  expect(arm).toMatchObject({ iterations: null, correctedLatencyMs: null, sendLatenessMs: null, requests: [] })
  expect(arm?.all.iterations).toBeNull()
  expect(slices.every(({ use }) => use === 'both')).toBe(true)
})

test('what a file has stays as it is', () => {
  const arm = { iterations: { count: 1 }, all: { iterations: { count: 2 } } }
  const document = { phases: [{ arms: [arm] }], slices: [{ use: 'latency' }] }
  expect(withLaterKeys(document)).toMatchObject(document)
})

test.each([[null], ['text'], [[1]], [{ phases: 1 }], [{ phases: [1, { arms: 2 }], slices: [3] }]])(
  'anything else is left alone: %j',
  (document) => {
    expect(withLaterKeys(document)).toEqual(document)
  },
)
