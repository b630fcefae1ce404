import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createVirtualClock } from '../../../harness/kernel/virtual-clock.ts'
import { openRunDirectory } from '../../../harness/run/run-directory.ts'
import { readStat } from '../../../harness/target/proc.ts'

let resultsDir: string
beforeEach(() => {
  resultsDir = mkdtempSync(join(tmpdir(), 'soakrig-run-'))
})
afterEach(() => rmSync(resultsDir, { recursive: true }))

const open = (runId = 'a1') => openRunDirectory({ resultsDir, runId, clock: createVirtualClock() })

test('a run directory says who conducts it, and lists its processes as they come', async () => {
  const run = await open()
  expect(JSON.parse(readFileSync(join(run.path, 'owner.json'), 'utf8'))).toEqual({
    runId: 'a1',
    pid: process.pid,
    startTicks: readStat(process.pid)!.startTicks,
    startedAt: '2026-01-01T00:00:00.000Z',
  })
  run.record({ pid: 5, startTicks: 6, role: 'target' })
  run.record({ pid: 7, startTicks: 8, role: 'relay' })
  const lines = readFileSync(join(run.path, 'processes.ndjson'), 'utf8').trim().split('\n')
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { pid: 5, startTicks: 6, role: 'target' },
    { pid: 7, startTicks: 8, role: 'relay' },
  ])
})

test('its directories are made when they are asked for', async () => {
  const run = await open()
  expect(existsSync(run.directory('target/1'))).toBe(true)
})

test('closing removes it, unless it is to be kept', async () => {
  const [kept, gone] = [await open('kept'), await open('gone')]
  await kept.close({ keep: true })
  await gone.close({ keep: false })
  await gone.close({ keep: false })
  expect(readdirSync(join(resultsDir, '.runs'))).toEqual(['kept'])
})

test('a second run of the same id is refused and leaves no trace', async () => {
  await open()
  await expect(open()).rejects.toMatchObject({ code: 'run-directory', exitCode: 106 })
  expect(readdirSync(join(resultsDir, '.runs'))).toEqual(['a1'])
})
