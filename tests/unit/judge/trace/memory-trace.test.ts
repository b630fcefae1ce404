import { describe, expect, test } from 'vitest'
import {
  decideMemoryTrace,
  type MemoryTrace,
  memoryTraceProblems,
} from '../../../../harness/judge/trace/memory-trace.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { countRun, heapRun, type MemoryNoise, memoryRun } from '../../../support/memory-noise.ts'

const trace: MemoryTrace = memoryRun({ minutes: 12, noises: ['sawtooth'] }, createRng('trace'))
const problemsOf = (others: object): readonly string[] =>
  memoryTraceProblems({ ...trace, ...others }).map(({ where, message }) => `${where}: ${message}`)

describe('a trace of memory', () => {
  test('has an answer with its keys in the published order', () => {
    const answer = decideMemoryTrace(trace)
    expect(Object.keys(answer).slice(0, 6)).toEqual([
      'id',
      'verdict',
      'slopeKbPerMin',
      'interval',
      'cutSeconds',
      'doubts',
    ])
    expect(answer).toMatchObject({ id: 'generated', verdict: 'pass', cutSeconds: 240 })
    expect(memoryTraceProblems(trace)).toEqual([])
    expect(decideMemoryTrace(countRun({ minutes: 12, kind: 'fds' }, createRng(1)))).toHaveProperty('slopePerMin')
  })

  test('has the same answer byte for byte, also after it was written down', () => {
    const written = JSON.parse(JSON.stringify(trace)) as MemoryTrace
    expect(JSON.stringify(decideMemoryTrace(written))).toBe(JSON.stringify(decideMemoryTrace(trace)))
  })

  test('needs no calibration, faults, or requests', () => {
    const bare = { schema: trace.schema, id: 'bare', samples: trace.samples.map(([at, kb]) => [at, kb, null] as const) }
    expect(memoryTraceProblems(bare)).toEqual([])
    expect(decideMemoryTrace(bare)).toMatchObject({ verdict: 'pass', bytesPerRequest: null })
  })

  test('is told what is wrong with it, and where', () => {
    expect(
      problemsOf({
        samples: [
          [0, 1, 1],
          [1, 2, 2],
          [1, 3, 3],
        ],
      }),
    ).toEqual(['/samples/2/0: found 1, allowed: over 1'])
    expect(problemsOf({ faults: [[5, 4]] })).toEqual(['/faults/0: found an end at 4, allowed: at least 5'])
    expect(
      problemsOf({
        calibration: {
          name: 'c',
          bounds: [
            [20, 5],
            [10, 9],
          ],
        },
      }),
    ).toEqual(['/calibration/bounds/1/0: found 10, allowed: over 20'])
    expect(problemsOf({ kind: 'fds', ceilingKb: 5 })).toEqual([
      '/ceilingKb: found a limit of another unit, allowed: ceiling, budget',
    ])
    expect(problemsOf({ budget: 5 })).toEqual(['/budget: found a limit of another unit, allowed: ceilingKb, budgetKb'])
    for (const others of [
      { samples: [] },
      { samples: [[0, 1]] },
      { samples: [[null, 1, 1]] },
      { kind: 'cpu' },
      { x: 1 },
    ])
      expect(problemsOf(others)).toHaveLength(1)
  })
})

describe('of generated targets', () => {
  const mixed: readonly MemoryNoise[] = ['warmup', 'sawtooth', 'steps', 'wander']
  const rng = createRng('small bench')
  const failing = (runs: number, make: (run: number) => MemoryTrace): number =>
    Array.from({ length: runs }, (_, run) => decideMemoryTrace(make(run))).filter(({ verdict }) => verdict === 'fail')
      .length

  // The whole is in tests/bench/memory-verdicts.ts.
  test('hardly a healthy one fails', () => {
    const lengths = [5, 10, 12]
    for (const noises of [['warmup'], ['sawtooth'], ['steps'], mixed] as const) {
      const fails = failing(90, (run) =>
        memoryRun({ minutes: lengths[run % 3] as number, noises }, rng.fork(noises.join(), run)),
      )
      expect(fails).toBeLessThanOrEqual(2)
    }
  })

  test('a leak of 100 B per request is found in 12 minutes of RSS, and in 5 of heap', () => {
    const found = failing(60, (run) =>
      memoryRun({ minutes: 12, noises: mixed, leakBytesPerRequest: 100 }, rng.fork('leak', run)),
    )
    expect(found).toBeGreaterThanOrEqual(55)
    const inHeap = failing(60, (run) =>
      heapRun({ minutes: 5, epochSeconds: 10, leakBytesPerRequest: 100 }, rng.fork('heap', run)),
    )
    expect(inHeap).toBeGreaterThanOrEqual(59)
  })
})
