import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { withLaterKeys } from '../../../harness/archive/earlier.ts'
import { noComparison } from '../../../harness/archive/reference.ts'
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

test('a reference of before names a result, which nothing was decided by', () => {
  const none = { id: null, file: null, sha256: null, whyNone: 'no earlier smoke' }
  const one = { id: 'a1', file: 'A.json', sha256: 'ff', whyNone: null }
  const [first, second] = [none, one].map((reference) => withLaterKeys({ reference }) as Pick<Result, 'reference'>)
  expect(first?.reference).toMatchObject({ kind: 'none', results: [], whyNone: 'no earlier smoke', verdict: null })
  expect(second?.reference).toMatchObject({ kind: 'newest', results: [{ id: 'a1', file: 'A.json', estimands: [] }] })
  expect(withLaterKeys(second)).toEqual(second)
})

test('a reference of before one result had the nights of others has none, in the place of today', () => {
  const { history, ...earlier } = noComparison('none there', null)
  const { reference } = withLaterKeys({ reference: earlier }) as Pick<Result, 'reference'>
  expect(reference).toEqual({ ...earlier, history })
  expect(Object.keys(reference)).toEqual(Object.keys(noComparison('none there', null)))
  const own = { ...noComparison('none there', null), history: [] }
  expect(withLaterKeys({ reference: own })).toEqual({ reference: own })
})

test('a ceiling of windows has the name of today', () => {
  const ceilings = ['worst window of the stress stage', 'stress stage'].map((scope) => ({ kind: 'ceiling', scope }))
  expect(withLaterKeys({ ceilings })).toEqual({
    ceilings: [
      { kind: 'ceiling', scope: 'worst window' },
      { kind: 'ceiling', scope: 'stress stage' },
    ],
  })
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

test('a gate of before there was a yardstick has none, in the place of today', () => {
  const gate = {
    verdict: 'pass',
    rounds: 8,
    looks: [8],
    pairings: [],
    controls: [],
    catastrophes: [],
    calibration: null,
  }
  const later = withLaterKeys({ gate }) as { readonly gate: Readonly<Record<string, unknown>> }
  expect(later.gate).toMatchObject({ ...gate, yardstick: null })
  const keys = Object.keys(later.gate)
  expect(keys.indexOf('yardstick')).toBe(keys.indexOf('controls') + 1)
  const own = { ...gate, yardstick: { name: 'yardstick@1', pairing: {} } }
  expect(withLaterKeys({ gate: own })).toMatchObject({ gate: own })
})
