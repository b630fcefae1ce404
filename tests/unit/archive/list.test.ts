import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listResults, newestPassing } from '../../../harness/archive/list.ts'
import { exampleResult, type Mutable } from '../../fixtures/results/example.ts'
import type { Result } from '../../../harness/archive/result.ts'

let resultsDir: string
beforeEach(() => {
  resultsDir = mkdtempSync(join(tmpdir(), 'soakrig-list-'))
  mkdirSync(join(resultsDir, 'default'))
})
afterEach(() => rmSync(resultsDir, { recursive: true }))

const put = (name: string, change: (result: Mutable<Result>) => void = () => {}): void => {
  const result = exampleResult()
  change(result)
  writeFileSync(join(resultsDir, 'default', name), JSON.stringify(result))
}

const wish = () => {
  const { hostFingerprint, profileFingerprint } = exampleResult().env
  return { resultsDir, profile: 'default', mode: 'smoke', kind: 'soak', hostFingerprint, profileFingerprint }
}

test('results are listed newest first, and nothing else is', async () => {
  put('20260101T000000Z-smoke-a1.json')
  put('20260301T000000Z-long-b2.json')
  put('20260201T000000Z-smoke-c3.json')
  put('20260201T000000Z-smoke-c3.windows.ndjson')
  put('.20260401T000000Z-smoke-d4.json.17.tmp')
  put('notes.txt')
  expect((await listResults(resultsDir, 'default')).map(({ stamp, mode, id }) => [stamp, mode, id])).toEqual([
    ['20260301T000000Z', 'long', 'b2'],
    ['20260201T000000Z', 'smoke', 'c3'],
    ['20260101T000000Z', 'smoke', 'a1'],
  ])
})

test('a profile that never ran has no results', async () => {
  expect(await listResults(resultsDir, 'other')).toEqual([])
  expect(await newestPassing({ ...wish(), profile: 'other' })).toEqual({ whyNone: 'no earlier smoke of other' })
})

test('the reference is the newest pass of the same mode, settings and host', async () => {
  put('20260101T000000Z-smoke-a1.json')
  put('20260102T000000Z-smoke-a2.json')
  put('20260103T000000Z-smoke-a3.json', ({ run }) => (run.verdict = 'fail'))
  put('20260104T000000Z-smoke-a4.json', ({ env }) => (env.hostFingerprint = 'another'))
  put('20260105T000000Z-smoke-a5.json', ({ env }) => (env.profileFingerprint = 'another'))
  put('20260106T000000Z-smoke-a6.json', (result) => (result.sabotage = 'lost-pid'))
  put('20260107T000000Z-long-a7.json')
  put('20260107T000001Z-smoke-b7.json', ({ run }) => (run.kind = 'stress'))
  writeFileSync(join(resultsDir, 'default', '20260108T000000Z-smoke-a8.json'), 'cut of')
  expect(await newestPassing(wish())).toMatchObject({
    found: { file: join(resultsDir, 'default', '20260102T000000Z-smoke-a2.json') },
  })
  expect(await newestPassing({ ...wish(), hostFingerprint: 'third' })).toEqual({
    whyNone: 'no passing smoke of default with these settings on this host',
  })
})
