import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Result } from '../../../harness/archive/result.ts'
import { compareFiles } from '../../../harness/pipeline/compare.ts'
import { exampleResult, type Mutable } from '../../fixtures/results/example.ts'

let resultsDir: string
beforeEach(() => {
  resultsDir = mkdtempSync(join(tmpdir(), 'soakrig-compare-'))
  mkdirSync(join(resultsDir, 'default'))
  mkdirSync(join(resultsDir, 'elsewhere'))
})
afterEach(() => rmSync(resultsDir, { recursive: true }))

const put = (name: string, id: string, change: (result: Mutable<Result>) => void = () => {}): string => {
  const result = exampleResult()
  result.run.id = id
  change(result)
  const file = join(resultsDir, name)
  writeFileSync(file, JSON.stringify(result))
  return file
}

const night = (day: number, change?: (result: Mutable<Result>) => void): string =>
  put(`default/202601${String(day).padStart(2, '0')}T000000Z-smoke-n${day}.json`, `n${day}`, change)

test('by how much nights differ is told by the ten newest that pass beside the base, but for the new run', async () => {
  const files = Array.from({ length: 13 }, (_, index) => night(index + 1))
  night(14, ({ run }) => (run.verdict = 'fail'))
  night(15, ({ env }) => (env.profileFingerprint = 'other'))
  const [base = '', next = ''] = [files[0], files[12]]
  const ids = (await compareFiles(base, next)).history.map(({ id }) => id)
  expect(ids).toEqual(['n12', 'n11', 'n10', 'n9', 'n8', 'n7', 'n6', 'n5', 'n4', 'n3'])
})

test('a base that lies where nothing is archived has no nights beside it', async () => {
  night(1)
  const base = put('elsewhere/base.json', 'base')
  expect((await compareFiles(base, night(2))).history).toEqual([])
})
