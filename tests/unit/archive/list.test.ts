import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listProfiles, listResults, passingResults } from '../../../harness/archive/list.ts'
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
  return {
    resultsDir,
    profile: 'default',
    mode: 'smoke',
    kind: 'soak',
    yardstick: null,
    hostFingerprint,
    profileFingerprint,
  }
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
  expect(await passingResults({ ...wish(), profile: 'other' }, 10)).toEqual({
    found: [],
    leftOut: [],
    whyNone: 'no earlier smoke of other',
  })
  expect(await listProfiles(resultsDir)).toEqual(['default'])
})

test('a run is held against the newest passes of the same mode, settings, host and yardstick, strict ones and those too that are void for want of an answer, and told what was left out', async () => {
  put('20260101T000000Z-smoke-a1.json')
  put('20260102T000000Z-smoke-a2.json')
  put('20260103T000000Z-smoke-a3.json', ({ run }) => (run.verdict = 'fail'))
  put('20260104T000000Z-smoke-a4.json', ({ env }) => (env.hostFingerprint = 'another'))
  put('20260105T000000Z-smoke-a5.json', ({ env }) => (env.profileFingerprint = 'another'))
  put('20260106T000000Z-smoke-a6.json', (result) => (result.sabotage = 'lost-pid'))
  put('20260107T000000Z-long-a7.json')
  put('20260107T000001Z-smoke-b7.json', ({ run }) => (run.kind = 'stress'))
  writeFileSync(join(resultsDir, 'default', '20260108T000000Z-smoke-a8.json'), 'cut of')
  put('20260108T000001Z-smoke-b8.json', ({ run, doubts }) => {
    run.verdict = 'inconclusive'
    doubts.push({ kind: 'reference-unclear', detail: 'x', taints: [], effect: 'inconclusive' })
  })
  put('20260108T000002Z-smoke-c8.json', ({ run, doubts }) => {
    run.verdict = 'inconclusive'
    doubts.push({ kind: 'gate-unclear', detail: 'x', taints: ['p99'], effect: 'inconclusive' })
    doubts.push({ kind: 'counts-differ', detail: 'x', taints: ['attempts'], effect: 'void' })
  })
  put('20260108T000003Z-smoke-d8.json', ({ run, doubts }) => {
    run.verdict = 'void'
    doubts.push({ kind: 'gate-blind', detail: 'x', taints: ['p99'], effect: 'void' })
    doubts.push({ kind: 'samples-missing', detail: 'x', taints: ['rss'], effect: 'inconclusive' })
  })
  put('20260108T000004Z-smoke-e8.json', ({ run, doubts }) => {
    Object.assign(run, { verdict: 'void', strict: true })
    doubts.push({ kind: 'reference-unclear', detail: 'x', taints: [], effect: 'inconclusive' })
  })
  put('20260108T000005Z-smoke-f8.json', ({ run, doubts, reference }) => {
    Object.assign(run, { verdict: 'void', strict: true })
    doubts.push({ kind: 'samples-missing', detail: 'x', taints: ['rss'], effect: 'inconclusive' })
    reference.verdict = 'fail'
  })
  const { found, leftOut, whyNone } = await passingResults(wish(), 4)
  expect([...found.map(({ file }) => basename(file)), whyNone]).toEqual([
    '20260108T000004Z-smoke-e8.json',
    '20260108T000003Z-smoke-d8.json',
    '20260108T000001Z-smoke-b8.json',
    '20260102T000000Z-smoke-a2.json',
    null,
  ])
  expect(leftOut.map(({ file, why }) => [basename(file).slice(23, 25), why])).toEqual([
    ['f8', 'it is void, and it is worse than its reference'],
    ['c8', 'it is doubtful: counts-differ'],
    ['a8', expect.stringMatching(/is no result of soakrig/u)],
    ['b7', 'it is of stress'],
    ['a6', 'it was sabotaged: lost-pid'],
    ['a5', 'it has other settings'],
    ['a4', 'it was measured on another host'],
    ['a3', 'it is no pass but fail'],
  ])
  expect((await passingResults(wish(), 10)).found).toHaveLength(5)
  expect((await passingResults({ ...wish(), hostFingerprint: 'third' }, 1)).whyNone).toBe(
    'no passing smoke of default with these settings on this host',
  )
  expect((await passingResults({ ...wish(), yardstick: 'yardstick@1' }, 1)).leftOut.map(({ why }) => why)).toContain(
    'it was measured with another yardstick',
  )
})
