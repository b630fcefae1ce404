import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ResultWindow } from '../../../harness/archive/result.ts'
import { createArchive } from '../../../harness/archive/write.ts'
import { readResult, readWindows } from '../../../harness/archive/read.ts'
import { exampleResult } from '../../fixtures/results/example.ts'

let resultsDir: string
beforeEach(() => {
  resultsDir = mkdtempSync(join(tmpdir(), 'soakrig-archive-'))
})
afterEach(() => rmSync(resultsDir, { recursive: true }))

const archive = (id = 'a1', directory = resultsDir) =>
  createArchive({
    resultsDir: directory,
    profile: 'default',
    mode: 'smoke',
    startedAt: new Date('2026-03-04T05:06:07.890Z'),
    id,
  })

const window: ResultWindow = {
  phase: 'stress',
  arm: 'baseline',
  policy: null,
  slice: 0,
  index: 0,
  fromMs: 0,
  toMs: 1000,
  ok: 3,
  failed: 0,
  degraded: 0,
  p50: 0.123456789,
  p99: null,
  memoryKb: 12_345_678,
  fds: 3,
  threads: 1,
  cpuCores: 0.5,
  faults: [],
  settling: false,
  histogram: 'x'.repeat(200),
}

test('a result is named by its start in UTC, its mode and its id', () => {
  expect(archive().file).toBe(join(resultsDir, 'default', '20260304T050607Z-smoke-a1.json'))
  expect(archive().windowsFile).toBe(join(resultsDir, 'default', '20260304T050607Z-smoke-a1.windows.ndjson'))
})

test('making an archive touches no file', () => {
  archive()
  expect(readdirSync(resultsDir)).toEqual([])
})

test('writing leaves the result and no temporary file', async () => {
  const file = await archive().write(exampleResult())
  expect(readdirSync(join(resultsDir, 'default'))).toEqual(['20260304T050607Z-smoke-a1.json'])
  expect((await readResult(file)).result).toEqual(exampleResult())
})

test('an existing result is not overwritten (F13)', async () => {
  const file = await archive().write(exampleResult())
  const before = readFileSync(file, 'utf8')
  const again = archive().write({ ...exampleResult(), sabotage: 'lost-pid' })
  await expect(again).rejects.toMatchObject({ code: 'result-exists', exit: 'environment' })
  expect(readFileSync(file, 'utf8')).toBe(before)
  expect(readdirSync(join(resultsDir, 'default'))).toHaveLength(1)
})

test('a directory that cannot be made is an error of the environment', async () => {
  const occupied = join(resultsDir, 'occupied')
  writeFileSync(occupied, '')
  const failure = { code: 'cannot-write', exitCode: 106 }
  await expect(archive('a1', occupied).write(exampleResult())).rejects.toMatchObject(failure)
  const broken = archive('a1', occupied)
  broken.appendWindow(window)
  await expect(broken.closeWindows()).rejects.toMatchObject(failure)
})

test('a write that fails leaves no result (F13)', async () => {
  const directory = join(resultsDir, 'default')
  mkdirSync(directory)
  // A directory of the draft's name makes opening the draft fail.
  mkdirSync(join(directory, `.20260304T050607Z-smoke-a1.json.${process.pid}.tmp`))
  await expect(archive().write(exampleResult())).rejects.toMatchObject({ code: 'cannot-write' })
  expect(existsSync(archive().file)).toBe(false)
})

test('windows go to disk in batches, and the result knows their hash', async () => {
  const own = archive()
  for (let index = 0; index < 1000; index++) own.appendWindow({ ...window, index })
  const early = readFileSync(own.windowsFile, 'utf8').trimEnd().split('\n').length
  expect(early).toBeGreaterThan(100)
  expect(early).toBeLessThan(1000)
  const windows = await own.closeWindows()
  const bytes = readFileSync(own.windowsFile)
  expect(windows).toEqual({
    file: '20260304T050607Z-smoke-a1.windows.ndjson',
    sha256: createHash('sha256').update(bytes).digest('hex'),
    count: 1000,
  })
  expect(await own.closeWindows()).toEqual(windows)
  const file = await own.write({ ...exampleResult(), windows })
  const read: number[] = []
  for await (const { index, p50 } of readWindows(file, { ...exampleResult(), windows })) {
    read.push(index)
    expect(p50).toBe(0.123457)
  }
  expect(read).toEqual(Array.from({ length: 1000 }, (_, index) => index))
})

test('without a window there is no windows file', async () => {
  const own = archive()
  expect(await own.closeWindows()).toBeNull()
  expect(existsSync(own.windowsFile)).toBe(false)
})
