import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { endLeftovers } from '../../../harness/run/leftovers.ts'
import { readStat } from '../../../harness/target/proc.ts'

let resultsDir: string
beforeEach(() => {
  resultsDir = mkdtempSync(join(tmpdir(), 'soakrig-left-'))
})
afterEach(() => rmSync(resultsDir, { recursive: true }))

const own = { pid: process.pid, startTicks: readStat(process.pid)!.startTicks }
const dead = { ...own, startTicks: own.startTicks - 1 }

function leave(runId: string, owner: string, processes = ''): string {
  const path = join(resultsDir, '.runs', runId)
  mkdirSync(path, { recursive: true })
  writeFileSync(join(path, 'owner.json'), owner)
  writeFileSync(join(path, 'processes.ndjson'), processes)
  return path
}

test('without runs there is nothing to end', async () => {
  expect(await endLeftovers(resultsDir)).toEqual([])
})

test('the directory of a dead run goes, that of a living one stays', async () => {
  const living = leave('living', JSON.stringify({ runId: 'living', ...own }))
  const crashed = leave('crashed', JSON.stringify({ runId: 'crashed', ...dead }), '{"pid":1,"sta')
  expect(await endLeftovers(resultsDir)).toEqual([])
  expect([existsSync(living), existsSync(crashed)]).toEqual([true, false])
})

test('a directory whose owner cannot be read, or that is being made, is left alone', async () => {
  const unreadable = leave('unreadable', '{')
  const draft = leave('.new-1-x', JSON.stringify({ runId: 'x', ...dead }))
  await endLeftovers(resultsDir)
  expect([existsSync(unreadable), existsSync(draft)]).toEqual([true, true])
})

test('a recorded process without the id of the run is not ours, even this one', async () => {
  leave('crashed', JSON.stringify({ runId: 'crashed', ...dead }), `${JSON.stringify({ ...own, role: 'target' })}\n`)
  expect(await endLeftovers(resultsDir)).toEqual([])
})
