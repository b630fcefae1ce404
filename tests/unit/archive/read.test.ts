import { createHash } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readResult, readWindows } from '../../../harness/archive/read.ts'
import { decodeHistogram } from '../../../harness/measure/histogram.ts'
import { exampleFile, exampleResult } from '../../fixtures/results/example.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'soakrig-read-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const written = (text: string): string => {
  const file = join(directory, 'result.json')
  writeFileSync(file, text)
  return file
}

test('a result of schema soakrig/result@0 stays readable, with its histograms and its windows', async () => {
  const { result, sha256, file } = await readResult(exampleFile)
  expect(file).toBe(exampleFile)
  expect(sha256).toMatch(/^[\da-f]{64}$/u)
  expect(result.schema).toBe('soakrig/result@0')
  const arm = result.phases[0]!.arms[0]!
  expect(decodeHistogram(arm.histogram).count).toBe(arm.latencyMs.count)
  const counts: number[] = []
  for await (const { ok } of readWindows(exampleFile, result)) counts.push(ok)
  expect(counts).toEqual([19_990, 20_010])
})

test('a missing file, no JSON, and no result are each told apart', async () => {
  const usage = { exit: 'usage', exitCode: 104 }
  await expect(readResult(join(directory, 'none.json'))).rejects.toMatchObject({ code: 'no-result', ...usage })
  await expect(readResult(directory)).rejects.toMatchObject({ code: 'unreadable-result', ...usage })
  await expect(readResult(written('{ "a":'))).rejects.toMatchObject({ code: 'not-a-result', ...usage })
  await expect(readResult(written('[]'))).rejects.toMatchObject({ code: 'not-a-result', ...usage })
  const alien = written(JSON.stringify({ ...exampleResult(), schema: 'soakrig/result@7' }))
  await expect(readResult(alien)).rejects.toMatchObject({
    code: 'unknown-version',
    problems: [{ where: '/schema', message: 'found "soakrig/result@7", allowed: "soakrig/result@0"' }],
  })
})

test('all problems of a result are told at once, with their places', async () => {
  const result = exampleResult() as unknown as Record<string, Record<string, unknown>>
  delete result['run']!['verdict']
  result['metrics']!['operations'] = 'many'
  result['target']!['exit'] = { code: 1, signal: null, tail: 'text' }
  const file = written(JSON.stringify(result))
  await expect(readResult(file)).rejects.toMatchObject({
    code: 'not-a-result',
    problems: [
      { where: '/run/verdict', message: 'found nothing, required' },
      { where: '/target/exit/tail', message: 'found "text", allowed: "array"' },
      { where: '/metrics/operations', message: 'found "many", allowed: "integer"' },
    ],
  })
})

test('keys that a later version adds do no harm', async () => {
  const file = written(JSON.stringify({ ...exampleResult(), outlook: [] }))
  expect((await readResult(file)).result.run.id).toBe('f0f0f0f0')
})

const firstWindow = async (file: string): Promise<unknown> =>
  (await readWindows(file, exampleResult())[Symbol.asyncIterator]().next()).value

test('windows that were changed or are gone are refused before the first is given', async () => {
  const copy = written(readFileSync(exampleFile, 'utf8'))
  await expect(firstWindow(copy)).rejects.toMatchObject({ code: 'windows-missing', exitCode: 104 })
  const windows = join(directory, exampleResult().windows!.file)
  copyFileSync(exampleFile.replace('.json', '.windows.ndjson'), windows)
  await expect(firstWindow(copy)).resolves.toMatchObject({ index: 0 })
  writeFileSync(windows, readFileSync(windows, 'utf8').replace('19990', '29990'))
  await expect(firstWindow(copy)).rejects.toMatchObject({ code: 'windows-changed', exitCode: 104 })
})

test.for([
  ['cut in a line', (text: string) => text.slice(0, -9), 'its line 2 is no window'],
  ['with a line that says nothing', (text: string) => text.replace(/^.*\n/u, 'null\n'), 'its line 1 is no window'],
  ['with a figure that is none', (text: string) => text.replace(/"ok":\d+/u, '"ok":"9"'), 'its line 1 is no window'],
  ['without a line', (text: string) => text.replace(/^.*\n/u, ''), 'it has 1 lines, and not 2'],
  ['with nothing in it', () => '', 'it has 0 lines, and not 2'],
] as const)('windows %s are refused, though the result has their sha256', async ([, changed, why]) => {
  const copy = written(readFileSync(exampleFile, 'utf8'))
  const text = changed(readFileSync(exampleFile.replace('.json', '.windows.ndjson'), 'utf8'))
  const { windows, ...result } = exampleResult()
  writeFileSync(join(directory, windows!.file), text)
  const sealed = { ...windows!, sha256: createHash('sha256').update(text).digest('hex') }
  const all = async () => Array.fromAsync(readWindows(copy, { ...result, windows: sealed }))
  await expect(all()).rejects.toThrow(why)
})
