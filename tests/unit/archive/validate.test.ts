import { expect, test } from 'vitest'
import { resultSchema } from '../../../harness/archive/schema.ts'
import { validateResult } from '../../../harness/archive/validate.ts'
import type { JsonSchema } from '../../../harness/kernel/json-schema.ts'
import { exampleResult } from '../../fixtures/results/example.ts'
import { gatedResult } from '../../fixtures/results/gated.ts'

test('the example is a result', () => {
  expect(validateResult(exampleResult())).toEqual([])
})

test('nothing of the example is missing from the schema', () => {
  const keys = Object.keys(resultSchema['properties'] as object)
  // The examples are of a run without steps, memory verdict, scenario, search and dead letters, and one of them without a gate.
  const absent = ['windowGroups', 'memory', 'scenario', 'capacity', 'tolerance', 'adjusted', 'deadLetters']
  const present = keys.filter((key) => !absent.includes(key))
  expect(present).toEqual(Object.keys(gatedResult(12)))
  expect(present.filter((key) => key !== 'gate')).toEqual(Object.keys(exampleResult()))
})

test('a result with a gate is one, and nothing of its gate, comparisons and slices is missing from the schema', () => {
  const result = gatedResult(12)
  expect(validateResult(result)).toEqual([])
  const { gate, comparisons, slices } = resultSchema['properties'] as Readonly<Record<string, JsonSchema>>
  const keysOf = (schema: unknown): string[] => Object.keys((schema as JsonSchema)['properties'] as object)
  // No night before it was without an answer.
  expect(keysOf(gate)).toEqual([...Object.keys(result.gate!), 'unclearNights'])
  expect(keysOf(comparisons?.['items']).toSorted()).toEqual(Object.keys(result.comparisons.at(-1)!).toSorted())
  // Nor was the memory of its processes read.
  expect(keysOf(slices?.['items'])).toEqual([...Object.keys(result.slices[0]!), 'rssKb', 'heapKb'])
})

test('a broken part of a gate is told by its place', () => {
  const result = gatedResult(12)
  Object.assign(result.gate!, { verdict: 'maybe' })
  Object.assign(result.gate!.pairings[0]!, { gated: [1] })
  expect(validateResult(result).map(({ where }) => where)).toEqual(['/gate/verdict', '/gate/pairings/0/gated/0'])
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
