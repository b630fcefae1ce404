import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Verdict } from '../../../harness/judge/judge.ts'
import type { Clock } from '../../../harness/kernel/clock.ts'
import { createRng } from '../../../harness/kernel/rng.ts'
import { createVirtualClock } from '../../../harness/kernel/virtual-clock.ts'
import { doubt, type DoubtKind } from '../../../harness/measure/doubts.ts'
import { readCalibration } from '../../../harness/pipeline/calibrate.ts'
import { keepControls, openGate, tellsOfNoise } from '../../../harness/pipeline/gate.ts'
import { environmentOf } from '../../../harness/pipeline/result.ts'
import { compilePlan, type Plan } from '../../../harness/plan/plan.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'
import { gateOfBuilds, slicesOf } from '../../support/gate-slices.ts'

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'soakrig-calibrate-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const stages = { baseline: false, policies: true, gate: 'calibration', stress: false } as const
const document = {
  name: 'a',
  target: { builtin: 'http' },
  modes: { long: { gate: { rounds: [12] } } },
  policies: { retry: { client: { retry: {} } } },
}
const planOf = (changes: object = {}): Plan =>
  compilePlan(parseProfile({ ...document, ...changes }, { flags: {}, env: {} }), stages)

/** Keeps the control arms of so many runs, an hour apart, and tells what is known an hour after the last. */
async function calibrated(name: string, runs: number, noise = 0.01, plan = planOf()) {
  const resultsDir = join(directory, name)
  const rng = createRng(name)
  const start = Date.UTC(2026, 0, 1)
  const hourly = (hours: number) => new Date(start + hours * 3_600_000)
  for (let index = 0; index < runs; index++) {
    const at = hourly(index)
    const run = { resultsDir, kind: 'soak', sabotage: null, version: '1' }
    const gate = await openGate(plan, environmentOf({ plan, git: null }), run, at)
    if (gate === null || plan.gate === null) throw new Error('no gate')
    const slices = slicesOf(plan.gate, 12, () => 1e6 * Math.exp(noise * (rng.next() - 0.5)))
    const answer = { verdict: 'pass', rounds: 12, comparisons: [], doubts: [], catastrophes: [] } as const
    const told = { verdict: { gate: answer, doubts: [] }, measurements: { slices }, id: `run-${index}`, at }
    expect(await keepControls(gate, run, told)).toBeNull()
  }
  const clock = { date: () => hourly(runs) } as Clock
  return readCalibration({ plan, git: null, resultsDir, clock })
}

describe('a calibration', () => {
  test('is there after ten runs, each of which counts once', async () => {
    const few = await calibrated('few', 9)
    expect(few.build).toMatchObject({ missing: 1, calibration: null, expiresAt: null, selfTest: null })
    expect(few.process.runs).toHaveLength(9)
    const enough = await calibrated('enough', 10)
    expect(enough.build).toMatchObject({ missing: 0, calibration: { runs: 10 }, selfTest: null })
    expect(enough.build.expiresAt).toBe('2026-01-31T00:00:00.000Z')
    expect(enough.build.runs[0]).toEqual({ id: 'run-9', at: '2026-01-01T09:00:00.000Z' })
    expect(enough.build.calibration?.metrics).toHaveProperty('throughput.noise')
    expect(enough.process.calibration?.name).not.toBe(enough.build.calibration?.name)
  })

  test('is tested on each of its runs by the others, of which none fails', async () => {
    const { build, process: within } = await calibrated('tested', 12)
    expect(build.selfTest).toEqual({ runs: 12, failed: [], sound: true })
    expect(within.selfTest).toEqual({ runs: 12, failed: [], sound: true })
  })

  test('belongs to a profile whatever it measures besides the baseline, and to no other workload, slices or gate', async () => {
    const same = planOf({
      base: { builtin: 'http', knobs: { cpuTime: '1ms' } },
      thresholds: { latency: ['p(99)<1s'] },
      ceilings: {},
      policies: { latency: { fault: { latency: { delay: '9ms' } } } },
      modes: { long: { gate: { rounds: [12] }, duration: '9m', rounds: 2, policies: ['latency'] } },
    })
    const others = [
      { workload: { protocol: 'http', requests: [{ path: '/echo/other' }] } },
      { target: { builtin: 'http', knobs: { cpuTime: '1ms' } } },
      { load: { model: 'closed', workers: 7 } },
      { modes: { long: { gate: { rounds: [12] }, slice: '3s' } } },
      { modes: { long: { gate: { rounds: [12], slices: 9 } } } },
    ]
    const read = async (plan: Plan) => {
      const clock = createVirtualClock()
      return readCalibration({ plan, git: null, resultsDir: join(directory, 'key'), clock })
    }
    const { controlFingerprint } = await read(planOf())
    expect((await read(same)).controlFingerprint).toBe(controlFingerprint)
    for (const other of others) expect((await read(planOf(other))).controlFingerprint).not.toBe(controlFingerprint)
  })
})

describe('what a run tells of the noise', () => {
  const { plan } = gateOfBuilds()
  const told = (
    verdict: 'pass' | 'fail' | 'inconclusive' | 'void',
    { rounds = 12, doubts = [], ofGate = [] }: { rounds?: number; doubts?: DoubtKind[]; ofGate?: DoubtKind[] } = {},
    calibrating = false,
  ): boolean => {
    const [all, own] = [doubts, ofGate].map((kinds) => kinds.map((kind) => doubt(kind, '', [])))
    const gate = { verdict, rounds, comparisons: [], doubts: own ?? [], catastrophes: [] }
    return tellsOfNoise({ plan }, { gate, doubts: all ?? [] } as Pick<Verdict, 'gate' | 'doubts'>, calibrating)
  }

  test('counts whatever the answer is, since those of much noise must not be left out', () => {
    for (const verdict of ['pass', 'fail', 'inconclusive'] as const) expect(told(verdict)).toBe(true)
    expect(told('inconclusive', { doubts: ['gate-blind', 'effect-missing', 'no-stats'] })).toBe(true)
  })

  test('counts where it ended early with an answer, and not where it was ended without one', () => {
    expect(told('pass', { rounds: 8 })).toBe(true)
    expect(told('fail', { rounds: 8 })).toBe(true)
    expect(told('inconclusive', { rounds: 11 })).toBe(false)
    expect(told('inconclusive', { rounds: 0 })).toBe(false)
  })

  test('does not count where something else was wrong than noise', () => {
    for (const kind of ['counts-differ', 'machine-exhausted', 'no-operations'] as const) {
      expect(told('pass', { doubts: [kind] })).toBe(false)
      expect(told('pass', { doubts: [kind] }, true)).toBe(false)
    }
  })

  test('does not count where its baseline differed from itself, unless that is what is measured', () => {
    expect(told('void', { ofGate: ['baseline-differs'] })).toBe(false)
    expect(told('void', { ofGate: ['baseline-differs'] }, true)).toBe(true)
    expect(told('void', { rounds: 9, ofGate: ['baseline-differs'] }, true)).toBe(false)
  })
})
