import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import type { Result } from '../../harness/archive/result.ts'
import { validateResult } from '../../harness/archive/validate.ts'
import type { ResultAnswer } from '../../harness/judge/trace/analyze.ts'
import { analyzeTraces } from '../../harness/pipeline/analyze.ts'
import { openBench, soakrig } from '../support/soakrig.ts'

// Slices grow with a delay, and a search has many.
const modes = {
  smoke: { slices: 1, slice: '150ms', discard: '40ms', warmup: '200ms', window: '200ms', budget: '45s' },
}

async function analysed(file: string): Promise<ResultAnswer | null> {
  let answer: ResultAnswer | null = null
  const input = ReadableStream.from<Uint8Array>([])
  await analyzeTraces({
    file,
    input,
    exitByVerdict: false,
    async show({ outcome }) {
      if ('answer' in outcome) answer = outcome.answer as ResultAnswer
      return true
    },
  })
  return answer
}

test('the tolerance of latency is what its bound leaves beside the target', async () => {
  await using bench = await openBench()
  // Half of what breaks leaves the target some ms, also where it waits for its turn.
  const slow = { fault: { latency: { delay: '8ms' } }, bounds: { latency: ['p(50)<14ms'] } }
  const profile = await bench.profile('tuned', { policies: { slow }, modes })
  const { code, stdout } = await soakrig(['tune', profile, '--resolution', '100%', '--results', bench.results])
  const [file] = await bench.files('tuned')
  const result = JSON.parse(await readFile(file ?? '', 'utf8')) as Result
  expect(validateResult(result)).toEqual([])
  expect({ code, kind: result.run.kind, verdict: result.run.verdict }).toEqual({
    code: 0,
    kind: 'tune',
    verdict: 'pass',
  })
  const [tolerance] = result.tolerance ?? []
  expect(tolerance).toMatchObject({ policy: 'slow', kind: 'found', monotonic: true, precise: true })
  expect(tolerance?.holds).toBeLessThan(14)
  expect(tolerance?.holds).toBeGreaterThanOrEqual(4)
  expect(tolerance?.breaks).toBeGreaterThan(tolerance?.holds ?? 0)
  expect(tolerance?.breaks).toBeLessThanOrEqual(16)
  expect(stdout).toContain('tolerance of slow: latency.delay holds at')
  expect(await analysed(file ?? '')).toMatchObject({ reproduced: true, verdict: 'pass' })
})

test('a policy that leaves its bounds is made weaker, and the stress stage has that', async () => {
  await using bench = await openBench()
  // Of which no figure is near its limit, but where all are reset.
  const resets = { fault: { reset: { probability: '100%' } }, bounds: { errors: ['rate<99%'] } }
  const steps = [{ at: '100ms', install: 'resets', for: '400ms' }]
  const profile = await bench.profile('adjusted', { policies: { resets }, modes, stress: { smoke: { steps } } })
  const { code, result } = await bench.soak(profile, '--tune', '--duration', '600ms')
  expect(validateResult(result)).toEqual([])
  const [adjusted] = result.adjusted ?? []
  expect(adjusted).toMatchObject({ policy: 'resets', from: 1, to: 0.841, whyNone: null })
  expect(adjusted?.steps.map(({ value, verdict }) => [value, verdict])).toEqual([
    [0.5, 'held'],
    [0.707, 'held'],
    [0.841, 'held'],
  ])
  expect({ code, reasons: result.run.reasons }).toEqual({ code: 0, reasons: [] })
  const arms = result.phases.flatMap(({ id, arms: ofPhase }) => ofPhase.map((arm) => ({ id, arm })))
  expect(arms.find(({ id }) => id === 'policy.resets')?.arm.bounds).toEqual([])
  expect(arms.find(({ id }) => id === 'adjusted.resets')?.arm.bounds).toMatchObject([{ ok: true }])
  const { eligible = 0, fired = 0 } = arms.find(({ id }) => id === 'stress.smoke')?.arm.fired['reset'] ?? {}
  expect(fired).toBeGreaterThan(10)
  expect(fired).toBeLessThan(eligible)
})
