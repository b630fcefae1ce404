import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Result, ResultWindow } from '../../harness/archive/result.ts'
import { validateResult } from '../../harness/archive/validate.ts'
import { memoryOfWindows } from '../../harness/judge/memory/live.ts'
import { memoryOf } from '../../harness/pipeline/memory.ts'
import { type Bench, openBench, soakrig } from '../support/soakrig.ts'

let bench: Bench

beforeAll(async () => {
  bench = await openBench()
})

afterAll(() => bench[Symbol.asyncDispose]())

// That a leak is found takes ten minutes: tests/bench/leak-live.ts.
test('a long run keeps how little its target held, and that it was started again; too short to judge, it says so', async () => {
  const long = { duration: '4s', floor: false, workers: 2, discard: '100ms', warmup: '200ms', window: '2s' }
  const profile = await bench.profile('memory', {
    workload: { protocol: 'http', timeout: '300ms', requests: [{ method: 'GET', path: '/echo/hi' }] },
    policies: { kill: { fault: { kill: { after: '0s', down: '300ms' } } } },
    modes: { long },
    stress: { long: { steps: [{ at: '400ms', install: 'kill', for: '400ms' }] } },
    ceilings: { errorRate: null },
  })
  const { code, stdout } = await soakrig(['stress', profile, '--results', bench.results, '--json'])
  const result = JSON.parse(stdout) as Result
  expect([code, validateResult(result)]).toEqual([0, []])
  const file = join(bench.results, 'memory', result.windows?.file ?? '')
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
  const windows = lines.map((line) => JSON.parse(line) as ResultWindow).filter(({ phase }) => phase === 'stress.long')
  // A busy machine may have had no time to look in a window.
  const seen = windows.filter(({ lows }) => lows)
  expect(seen.at(-1)?.lows?.restarts).toBe(1)
  for (const { lows, memoryKb, threads } of seen) {
    expect(lows?.readings).toBeGreaterThan(0)
    expect(lows?.memoryKb).toBeGreaterThan(10_000)
    expect(lows?.memoryKb).toBeLessThanOrEqual(memoryKb!)
    expect(lows?.threads).toBeLessThanOrEqual(threads!)
    expect(lows?.fds).toBeGreaterThan(5)
  }
  const notJudged = 'the sustained load took 4 s of at least 600 s'
  expect(result.memory).toMatchObject({ notJudged, restarts: 1, kinds: [] })
  expect(result.doubts.map(({ kind }) => kind)).not.toContain('samples-missing')
  const again = memoryOfWindows(windows, { calibration: null, heap: null, memoryCeiling: true, overloaded: false })
  expect(JSON.stringify(memoryOf(again).memory)).toBe(JSON.stringify(result.memory))
})
