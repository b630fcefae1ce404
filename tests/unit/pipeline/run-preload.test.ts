import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseFaults } from '../../../harness/faults/faults.ts'
import { plainRule } from '../../../harness/faults/rules.ts'
import { preloadRules } from '../../../harness/pipeline/run-preload.ts'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'soakrig-run-preload-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const open = () => {
  const rules = [plainRule('slow', parseFaults({ latency: { delay: '5ms' } }))]
  return preloadRules({ name: 'policy', at: null, rules } as never, { seed: 1, allowedHosts: [], directory })
}
const report = (connections: number): string =>
  JSON.stringify({ rules: { 'preload/slow': { connections, matched: connections, tallies: {} } } })

test('what the processes of a command counted is summed, but for one that was killed while it wrote', () => {
  const preload = open()
  for (const [pid, text] of [report(2), report(3), report(4).slice(0, 9), ''].entries())
    writeFileSync(join(directory, `preload-${pid}.json`), text)
  expect(preload.read()).toEqual({ 'policy/slow': { connections: 5, matched: 5, tallies: {} } })
})

test('no process had the rules where none has left what it counted', () => {
  const preload = open()
  expect(preload.read()).toBeNull()
  writeFileSync(join(directory, 'preload-1.json'), '{')
  expect(preload.read()).toBeNull()
})
