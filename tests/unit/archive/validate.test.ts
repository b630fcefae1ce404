import { expect, test } from 'vitest'
import { resultSchema } from '../../../harness/archive/schema.ts'
import { validateResult } from '../../../harness/archive/validate.ts'
import { exampleResult } from '../../fixtures/results/example.ts'

test('the example is a result', () => {
  expect(validateResult(exampleResult())).toEqual([])
})

test('nothing of the example is missing from the schema', () => {
  const keys = Object.keys(resultSchema['properties'] as object)
  // The example is of a run without steps, scenario, search and dead letters.
  const absent = ['windowGroups', 'scenario', 'capacity', 'deadLetters']
  expect(keys.filter((key) => !absent.includes(key))).toEqual(Object.keys(exampleResult()))
})

test('null passes where a part may be missing, and a broken part is told from within', () => {
  const result = exampleResult()
  expect(validateResult({ ...result, windows: null })).toEqual([])
  expect(validateResult({ ...result, windows: { file: 'x', sha256: 'y' } })).toEqual([
    { where: '/windows/count', message: 'found nothing, required' },
  ])
})

test('what is no object at all is no result', () => {
  expect(validateResult(null)).toEqual([{ where: '', message: 'found null, allowed: "object"' }])
  expect(validateResult([])).toEqual([{ where: '', message: 'found a list, allowed: "object"' }])
})
