import { expect, test } from 'vitest'
import type { MemoryVerdict } from '../../../harness/judge/memory/live.ts'
import { memoryOf } from '../../../harness/pipeline/memory.ts'
import { renderResult } from '../../../harness/report/result-text.ts'
import { exampleResult } from '../../fixtures/results/example.ts'
import { shortMemory, watchedMemory } from '../../fixtures/results/memory.ts'

/** The section of a report of such a verdict. */
function sectionOf(verdict: MemoryVerdict | null): string | undefined {
  const text = renderResult({ ...exampleResult(), ...memoryOf(verdict) }, { color: false, width: 100 })
  return text.split('\n\n').find((one) => one.startsWith('does the target leak'))
}

test('a report shows what grew, by how much, and what was allowed', () => {
  expect(sectionOf(watchedMemory(500))).toMatchInlineSnapshot(`
    "does the target leak: its growth under sustained load
      720s, 288,000 requests; uncalibrated, the standard bounds hold
      rss fail: it grows by 11718.6 per minute, 1126.4 is allowed
                  verdict  per minute              95 %  allowed  per request  warm-up     peak
      RSS, KiB    fail         11,719  11,691 to 11,732    1,126        500 B     365s  218,792
      open files  pass              0            0 to 0     1.33            0     240s       24
      threads     pass              0            0 to 0    0.667            0     240s       11"
  `)
})

test('a report says since when, and why there is no answer, where a target was started again', () => {
  const verdict = watchedMemory(0)
  const [rss] = verdict.kinds
  const kinds = [
    { ...rss!, verdict: 'inconclusive' as const, reason: 'the run took 90 s, allowed: 600 s or more', trend: null },
  ]
  const text = sectionOf({ ...verdict, restarts: 2, calibration: 'a1b2', kinds })
  expect(text).toContain('since it was started again (2 times); bounds of a1b2')
  expect(text).toContain('rss inconclusive: the run took 90 s, allowed: 600 s or more')
})

test('a report of a run that was too short has one line, and that of a run without sustained load none', () => {
  expect(sectionOf(shortMemory())).toBe(
    'does the target leak: its growth under sustained load\n  not judged: the sustained load took 60 s of at least 600 s',
  )
  expect(sectionOf(null)).toBeUndefined()
})
