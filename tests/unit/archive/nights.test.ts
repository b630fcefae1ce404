import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { unclearNights } from '../../../harness/archive/nights.ts'
import type { Result } from '../../../harness/archive/result.ts'
import { exampleResult, type Mutable } from '../../fixtures/results/example.ts'
import { gatedResult } from '../../fixtures/results/gated.ts'

let resultsDir: string
beforeEach(() => {
  resultsDir = mkdtempSync(join(tmpdir(), 'soakrig-nights-'))
  mkdirSync(join(resultsDir, 'p'))
})
afterEach(() => rmSync(resultsDir, { recursive: true }))

type Verdict = NonNullable<Result['gate']>['verdict']

/** A long run that began on this day of May, with what its gate came to. */
function put(day: string, verdict: Verdict, change: (result: Mutable<Result>) => void = () => {}, hour = '02'): void {
  const result = gatedResult(12) as unknown as Mutable<Result>
  if (result.gate) result.gate.verdict = verdict
  result.run.id = `r${day}${hour}`
  change(result)
  writeFileSync(join(resultsDir, 'p', `202605${day}T${hour}0000Z-long-${result.run.id}.json`), JSON.stringify(result))
}

const before = (day: number, hour = 3) =>
  unclearNights(
    { resultsDir, profile: 'p', mode: 'long', kind: exampleResult().run.kind, most: 2 },
    new Date(Date.UTC(2026, 4, day, hour)),
  )

test('nights without an answer are told, newest first and two at most', async () => {
  expect(await before(1)).toEqual([])
  for (const day of ['01', '02', '03']) put(day, 'inconclusive')
  expect(await before(4)).toEqual([
    { id: 'r0302', night: '2026-05-03' },
    { id: 'r0202', night: '2026-05-02' },
  ])
  expect(await before(2)).toEqual([{ id: 'r0102', night: '2026-05-01' }])
  // A night without a run is none.
  expect(await before(9)).toHaveLength(2)
})

test.each(['pass', 'fail', 'void', 'reported'] as const)('a night that came to %s ends them', async (verdict) => {
  put('01', 'inconclusive')
  put('02', verdict)
  put('03', 'inconclusive')
  expect(await before(4)).toEqual([{ id: 'r0302', night: '2026-05-03' }])
})

test('the last run of a day stands for its night, and those of today are of this one', async () => {
  put('01', 'pass', undefined, '01')
  put('01', 'inconclusive', undefined, '23')
  put('02', 'inconclusive', undefined, '01')
  put('02', 'pass', undefined, '00')
  put('03', 'pass')
  expect(await before(3)).toEqual([
    { id: 'r0201', night: '2026-05-02' },
    { id: 'r0123', night: '2026-05-01' },
  ])
})

test('what is no such run neither counts nor ends them', async () => {
  put('01', 'inconclusive')
  put('02', 'pass', ({ run }) => (run.kind = 'ab'))
  put('03', 'pass', ({ run }) => Object.assign(run, { status: 'aborted', abortedBy: 'signal' }))
  put('04', 'pass', (result) => (result.sabotage = 'lost-pid'))
  writeFileSync(join(resultsDir, 'p', '20260505T020000Z-long-r5.json'), '{')
  writeFileSync(join(resultsDir, 'p', '20260505T020000Z-smoke-r6.json'), JSON.stringify(exampleResult()))
  expect(await before(6)).toEqual([{ id: 'r0102', night: '2026-05-01' }])
})
