import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { resultText } from '../../../harness/archive/text.ts'
import { parseOutputs, writeOutputs } from '../../../harness/report/files.ts'
import { renderMarkdown } from '../../../harness/report/result-markdown.ts'
import { exampleResult } from '../../fixtures/results/example.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'soakrig-out-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

test('a result is written in each kind that was asked for', async () => {
  const [json, markdown] = [join(directory, 'new', 'a.json'), join(directory, 'a=b.md')]
  await writeOutputs(exampleResult(), [`json=${json}`, `markdown=${markdown}`])
  expect(readFileSync(json, 'utf8')).toBe(resultText(exampleResult()))
  expect(readFileSync(markdown, 'utf8')).toBe(renderMarkdown(exampleResult()))
})

test('every wrong output is told at once', () => {
  expect(() => parseOutputs(['xml=a', 'json=a', 'json', '=a', 'json=', 'constructor=a'])).toThrow(
    expect.objectContaining({
      code: 'bad-output',
      exitCode: 104,
      problems: expect.objectContaining({ length: 5 }) as object,
    }),
  )
})

test('a file that cannot be written is an error of the environment', async () => {
  const file = join(directory, 'file')
  writeFileSync(file, '')
  await expect(writeOutputs(exampleResult(), [`json=${file}/a.json`])).rejects.toMatchObject({
    code: 'cannot-write',
    exitCode: 106,
  })
})
