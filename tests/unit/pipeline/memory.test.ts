import { expect, test } from 'vitest'
import { memorySchema } from '../../../harness/archive/memory.ts'
import { checkOf } from '../../../harness/kernel/schema-check.ts'
import { memoryOf, rssSlopeKbPerMin } from '../../../harness/pipeline/memory.ts'
import { shortMemory, watchedMemory } from '../../fixtures/results/memory.ts'

const problemsOf = checkOf(() => memorySchema)

test('a result has of each kind what was found and what it was held to, and follows its schema', () => {
  const verdict = watchedMemory(500)
  const { memory } = memoryOf(verdict)
  expect(problemsOf(memory)).toEqual([])
  expect(memory?.kinds[0]).toMatchObject({ kind: 'rss', unit: 'KiB', verdict: 'fail', budget: 32_768 })
  const [rss] = memory!.kinds
  expect(rss!.slopePerRequest! * 1024).toBeCloseTo(500, -1)
  expect(rss!.interval![0]).toBeLessThan(rss!.slopePerMin!)
  expect(rss!.samples).toBeGreaterThan(30)
  expect(rssSlopeKbPerMin(verdict)).toBe(rss!.slopePerMin)
})

test('a result of a run that was too short says so, and one without sustained load has nothing', () => {
  const { memory } = memoryOf(shortMemory())
  expect(problemsOf(memory)).toEqual([])
  expect(memory).toMatchObject({ notJudged: 'the sustained load took 60 s of at least 600 s', kinds: [] })
  expect(rssSlopeKbPerMin(shortMemory())).toBeNull()
  expect([memoryOf(null), rssSlopeKbPerMin(null)]).toEqual([{}, null])
})
