import { expect, test } from 'vitest'
import { type Case, judge } from '../../../../harness/judge/judge.ts'
import { watchWindows } from '../../../../harness/judge/windows.ts'
import { emptyArm, type Measurements } from '../../../../harness/measure/measurements.ts'
import { createHistogram } from '../../../../harness/measure/histogram.ts'
import { compilePlan } from '../../../../harness/plan/plan.ts'
import { parseProfile } from '../../../../harness/profile/parse.ts'

/** A run of stress alone whose target keeps so many KiB of each second. */
function caseOf(mode: 'smoke' | 'long', kbPerSecond: number, changes: Partial<Case> = {}): Case {
  const raw = { name: 'p', target: { builtin: 'http' }, ceilings: { rssDeltaKb: 4_000_000 } }
  const profile = parseProfile(raw, { mode, flags: {}, env: {} })
  const plan = compilePlan(profile, { baseline: false, policies: false, stress: true })
  const arms = plan.stress.map(({ arm }) => arm)
  const okLatency = createHistogram().encode()
  const watch = watchWindows([])
  const identity = arms.at(-1)!
  for (let index = 0; index < 72; index++) {
    const memoryKb = 80_000 + Math.round(10 * index * kbPerSecond) + 40 * ((3 * index) % 7)
    const held = { memoryKb, fds: 20, threads: 9 }
    const span = { slice: 0, index, fromNs: 10e9 * index, toNs: 10e9 * (index + 1) }
    const counts = { ok: 4000, failed: 0, degraded: 0, p50Ms: 1, p99Ms: 2, cpuCores: null, okLatency }
    const rest = { series: { offered: 0, bins: [] }, queue: null, collection: null, faults: [], settling: false }
    watch.add({ identity, ...span, ...counts, ...held, lows: { ...held, readings: 10, restarts: 0 }, ...rest })
  }
  const measurements: Measurements = {
    arms: new Map(
      arms.map((arm) => {
        const measured = { ...emptyArm(arm, ['hi']), slices: 1, measuredNs: 1e9 }
        for (const counts of [measured.all, measured.measured]) Object.assign(counts.operations, { count: 9, ok: 9 })
        return [arm.id, measured]
      }),
    ),
    slices: [],
    processes: [],
    lives: 1,
    kills: 0,
    unplannedExit: null,
    failureBudget: null,
    memoryMissing: { count: 0, detail: null },
    target: { command: [], url: null, pid: 1, startTicks: 1, heapMissing: 'nobody asked' },
  }
  const end = { stressed: true, scenario: null, stopped: null, strict: false } as const
  return { profile, arms, rounds: 1, measurements, windows: watch.read(), stepped: [], ...end, ...changes }
}

test('a long run whose target leaks is a failure by drift, also where a signal ended it', () => {
  const { verdict, exitCode, reasons } = judge(caseOf('long', 200))
  expect([verdict, exitCode]).toEqual(['fail', 115])
  expect(reasons[0]).toMatch(/^leak of memory \(RSS\): 1\d{4}.* KiB more per minute/u)
  const ended = judge(caseOf('long', 200, { stopped: 'signal' }))
  expect(ended.exitCode).toBe(105)
  expect(ended.reasons[1]).toMatch(/^leak of memory/u)
})

test('a long run whose target comes to a level passes; a note says that nothing is calibrated', () => {
  const { verdict, exitCode, doubts, memory } = judge(caseOf('long', 0))
  expect([verdict, exitCode]).toEqual(['pass', 0])
  expect(doubts.filter(({ kind }) => kind === 'uncalibrated').map(({ effect }) => effect)).toEqual(['note'])
  expect(memory?.kinds.map((one) => one.verdict)).toEqual(['pass', 'pass', 'pass'])
})

test('a slope near to what is allowed is inconclusive, and void where an answer is asked for', () => {
  const [free, strict] = [false, true].map((only) =>
    judge(caseOf('long', (0.85 * (1.1 * 1024)) / 60, { strict: only })),
  )
  expect([free?.verdict, free?.exitCode]).toEqual(['inconclusive', 0])
  expect(free?.doubts.map(({ kind }) => kind)).toContain('no-steady-state')
  expect([strict?.verdict, strict?.exitCode]).toEqual(['void', 114])
})

test('nothing is judged of a smoke run, nor where the stress stage was not carried out', () => {
  expect(judge(caseOf('smoke', 200))).toMatchObject({ exitCode: 0, memory: null })
  expect(judge(caseOf('long', 200, { stressed: false })).memory).toBeNull()
})
