import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { History } from '../../harness/compare/history.ts'
import { nightlyResults, nightName } from '../support/nights.ts'
import { soakrig } from '../support/soakrig.ts'

let results: string
beforeAll(async () => {
  results = await mkdtemp(join(tmpdir(), 'soakrig-history-'))
  const nights = nightlyResults(25, 'archived', (result, night) => {
    if (night >= 18) result.metrics.requestsPerSecond! *= 0.9
    if (night === 3) result.run.verdict = 'void'
    if (night === 4) result.env.hostFingerprint = 'another'
  })
  await Promise.all(
    ['default', 'steady'].map(async (name) => {
      await mkdir(join(results, name))
      const kept = name === 'default' ? nights : nights.slice(0, 18)
      await Promise.all(kept.map((night, at) => writeFile(join(results, name, nightName(at)), JSON.stringify(night))))
    }),
  )
  await writeFile(join(results, 'default', '20260301T000000Z-smoke-cut.json'), 'cut of')
})
afterAll(() => rm(results, { recursive: true }))

describe.concurrent('history', () => {
  test('finds since when a profile is slower, and fails by it where it is asked to', async () => {
    const args = ['history', 'default', '--mode', 'smoke', '--results', results]
    const [json, text] = await Promise.all([soakrig([...args, '--json']), soakrig([...args, '--fail'])])
    expect(json.code).toBe(0)
    const history = JSON.parse(json.stdout) as History
    expect(history).toMatchObject({ profile: 'default', mode: 'smoke', alarms: 1 })
    expect(history.results).toHaveLength(23)
    expect(history.leftOut.map(({ why }) => why)).toEqual([
      'void',
      'other stages, settings or host than the newest',
      expect.stringContaining('is no result of soakrig'),
    ])
    const slower = history.series.find(({ metric, unit }) => metric === 'requestsPerSecond' && unit === '1/s')
    // Nights 3 and 4 are left out.
    expect(slower?.changes).toMatchObject([{ state: 'alarm', night: 16, id: 'n18', results: 7 }])
    expect(text.stdout).toMatch(/^1 alarm in \d+ figures of smoke of default\n/u)
    expect(text.code).toBe(111)
  })

  test('of a steady profile does not fail', async () => {
    const { code, stdout } = await soakrig(['history', 'steady', '--mode', 'smoke', '--results', results, '--fail'])
    expect(stdout).toMatch(/^no alarm in \d+ figures of smoke of steady\n/u)
    expect(code).toBe(0)
  })

  test('of no results has nothing to compare; a date that is none is bad input', async () => {
    const none = await soakrig(['history', 'default', '--mode', 'long', '--results', results])
    expect(none.stderr).toMatch(/^error: there is no long result of default that has a history/u)
    expect(none.code).toBe(112)
    const date = await soakrig(['history', 'default', '--since', 'yesterday', '--results', results])
    expect(date.stderr).toMatch(/^error: --since: found "yesterday", allowed: /u)
    expect(date.code).toBe(104)
  })
})
