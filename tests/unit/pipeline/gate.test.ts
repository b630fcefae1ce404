import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addControlRun, calibrationPath, contentHash } from '../../../harness/archive/calibration-file.ts'
import { planGate } from '../../../harness/judge/gate.ts'
import { canFail } from '../../../harness/judge/paired/decide.ts'
import { calibrationKey } from '../../../harness/pipeline/calibration.ts'
import { keepControls, openGate, resultComparison, type RunGate } from '../../../harness/pipeline/gate.ts'
import { planRun } from '../../../harness/pipeline/plan-run.ts'
import { compilePlan, type Plan } from '../../../harness/plan/plan.ts'
import { mostRounds } from '../../../harness/profile/modes.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'
import { gateOfBuilds, slicesOf } from '../../support/gate-slices.ts'
import { answerTo, ripple } from '../../support/paired-traces.ts'

let results: string
beforeAll(async () => {
  results = await mkdtemp(join(tmpdir(), 'soakrig-gate-'))
})
afterAll(() => rm(results, { recursive: true }))

const env = { hostFingerprint: 'h' }
const stage = (): { resultsDir: string; kind: string } => ({ resultsDir: results, kind: 'soak' })
const now = new Date(Date.UTC(2026, 5, 30))
const daysAgo = (days: number): string => new Date(now.getTime() - days * 86_400_000).toISOString()

/** The plan of a target beside its former build, with so many policies, looked at after so many rounds. */
function planOf(name: string, rounds: readonly number[], policies = 0): Plan {
  const names = Array.from({ length: policies }, (_, index) => [`retry-${index}`, { client: { retry: {} } }])
  const modes = { long: { gate: { rounds }, budget: '99h' } }
  const document = { name, target: { builtin: 'http' }, base: { builtin: 'http' }, modes }
  const profile = parseProfile({ ...document, policies: Object.fromEntries(names) }, { flags: {}, env: {} })
  return compilePlan(profile, { baseline: false, policies: true, gate: 'comparisons', stress: false })
}

/** How many comparisons may fail a run. */
const testsOf = ({ gate }: Plan): number =>
  (gate ? planGate(gate, [], true).pairings : []).reduce((sum, { gated }) => sum + gated.length, 0)

const opened = (plan: Plan) => openGate(plan, env, stage(), now)

describe('a gate', () => {
  test('is none where the plan has none', async () => {
    expect(await opened({ ...planOf('none', [12]), gate: null })).toBeNull()
  })

  test.each([
    [[8], 0],
    [[1], 0],
    [[10], 8],
    [[4, 8], 0],
    [[10, 11], 8],
    // Eleven would be enough where nothing was spent before.
    [[9, 10], 8],
    [[1, 2, 3], 8],
  ])(
    'that cannot fail with %j rounds and %i policies is refused, with the rounds that are enough',
    async (rounds, policies) => {
      const tests = testsOf(planOf('blind', rounds, policies))
      const before = rounds.slice(0, -1)
      const refusal = await opened(planOf('blind', rounds, policies)).catch((error: unknown) => error)
      expect(refusal).toMatchObject({ code: 'gate-cannot-fail', exitCode: 104 })
      const { message, hint } = refusal as { message: string; hint: string }
      expect(message).toBe(`the gate cannot fail: ${rounds.join(', ')} rounds for ${tests} comparisons`)
      const enough = Number(/take (\d+) rounds/u.exec(hint)?.[1])
      expect(canFail([...before, enough], tests)).toBe(true)
      expect(canFail([...before, enough - 1], tests)).toBe(false)
      await expect(opened(planOf('seeing', [...before, enough], policies))).resolves.not.toBeNull()
    },
  )

  test('that cannot fail is refused where a run is planned, so that a plan that is only shown is one that can be carried out', () => {
    const planned = (rounds: readonly number[]) => {
      const modes = { long: { gate: { rounds } } }
      const profile = parseProfile(
        { target: { builtin: 'http' }, base: { builtin: 'http' }, modes },
        { flags: {}, env: {} },
      )
      return () => planRun(profile, { baseline: false, policies: false, gate: 'comparisons', stress: false })
    }
    expect(planned([6])).toThrow(expect.objectContaining({ code: 'gate-cannot-fail', exitCode: 104 }) as Error)
    expect(planned([10])().gate?.looks).toEqual([10])
  })

  test('of ten rounds is enough for a build alone, and of eleven for twelve comparisons', async () => {
    await expect(opened(planOf('ten', [10]))).resolves.not.toBeNull()
    await expect(opened(planOf('eleven', [11], 8))).resolves.not.toBeNull()
    expect(mostRounds).toBe(60)
  })
})

describe('the calibration that a gate opens with', () => {
  const runs = (count: number, days: (index: number) => number, apart = 0.01) =>
    Array.from({ length: count }, (_, index) => ({
      id: `run-${index}`,
      at: daysAgo(days(index)),
      metrics: { throughput: [index % 2 === 0 ? apart : -apart, 0] },
    }))
  const keyOf = (name: string, of: 'process' | 'build') => ({
    ...calibrationKey(planOf(name, [12]).profile, env.hostFingerprint),
    of,
  })
  const kept = async (name: string, of: 'process' | 'build', all: ReturnType<typeof runs>) => {
    for (const run of all) await addControlRun(results, keyOf(name, of), run, '1')
    return (await opened(planOf(name, [12])))?.calibration
  }

  test('is none where nothing is known, or too little', async () => {
    expect(await kept('unknown', 'build', [])).toEqual({ process: null, build: null })
    expect(
      await kept(
        'little',
        'build',
        runs(9, () => 1),
      ),
    ).toEqual({ process: null, build: null })
  })

  test('is of processes or of builds, as its runs are, and named by what is in it', async () => {
    const calibration = await kept(
      'of',
      'build',
      runs(10, () => 1),
    )
    expect(calibration).toMatchObject({ process: null, build: { runs: 10 } })
    const { name, ...content } = calibration!.build!
    expect(name).toBe(contentHash(content))
    const other = await kept(
      'of-other',
      'process',
      runs(10, () => 1, 0.02),
    )
    expect(other).toMatchObject({ process: { runs: 10 }, build: null })
    expect(other!.process!.name).not.toBe(name)
  })

  test('says how many of its runs fail by the others, from eleven runs on', async () => {
    expect(
      (
        await kept(
          'ten',
          'build',
          runs(10, () => 1),
        )
      )?.build,
    ).not.toHaveProperty('selfTest')
    const tested = await kept(
      'eleven',
      'build',
      runs(11, () => 1),
    )
    expect(tested?.build?.selfTest).toEqual({ runs: 11, failed: 0 })
    const { name, ...content } = tested!.build!
    expect(name).toBe(contentHash(content))
  })

  test('does not rest on runs of more than thirty days ago', async () => {
    const old = await kept(
      'old',
      'build',
      runs(12, (index) => (index < 3 ? 30.01 : 29.99)),
    )
    expect(old?.build).toBeNull()
    const enough = await kept(
      'enough',
      'build',
      runs(12, (index) => (index < 2 ? 30.01 : 29.99)),
    )
    expect(enough?.build?.runs).toBe(10)
  })

  test('is no other host’s, and is not there where a file of it is broken', async () => {
    await kept(
      'host',
      'build',
      runs(10, () => 1),
    )
    const elsewhere = await openGate(planOf('host', [12]), { hostFingerprint: 'x' }, stage(), now)
    expect(elsewhere?.calibration.build).toBeNull()
    expect(elsewhere?.notes).toEqual([
      'the calibrations that there are of long of host are of other settings, another host or an older version',
    ])
    expect((await opened(planOf('host', [12])))?.notes).toEqual([])
    const broken = { ...runs(1, () => 1)[0]!, metrics: { throughput: [Number.NaN] } }
    await addControlRun(results, keyOf('broken', 'build'), broken, '1')
    await expect(opened(planOf('broken', [12]))).rejects.toMatchObject({
      code: 'unreadable-calibration',
      exitCode: 104,
    })
    expect(calibrationPath(results, keyOf('broken', 'build'))).toContain('broken-long-build-')
  })
})

describe('the control arms of a run', () => {
  const noise = { verdict: { gate: null, doubts: [] } }
  const of = (gate: RunGate, resultsDir: string) => {
    const answer = { verdict: 'pass', rounds: 12, comparisons: [], doubts: [], catastrophes: [] } as const
    const { gate: groups } = gateOfBuilds(0)
    const slices = slicesOf(groups, 12, (_, round) => 1000 + round)
    const told = { verdict: { gate: answer, doubts: [] }, measurements: { slices }, id: 'run', at: now }
    const kept = { resultsDir, kind: 'soak', version: '1' }
    return {
      kept: () => keepControls(gate, { ...kept, sabotage: null }, told),
      sabotaged: () => keepControls(gate, { ...kept, sabotage: 'fault-off' }, told),
      unjudged: () => keepControls(gate, { ...kept, sabotage: null }, { ...told, ...noise }),
    }
  }

  test('are kept where it tells of the noise, and what kept them from being written is told, not thrown', async () => {
    const gate = await opened(planOf('kept', [12]))
    const directory = calibrationPath(results, { ...gate!.key, of: 'build' })
    const { kept, sabotaged, unjudged } = of(gate!, results)
    expect(await sabotaged()).toBeNull()
    expect(await unjudged()).toBeNull()
    await expect(readdir(directory)).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await kept()).toBeNull()
    expect(await readdir(directory)).toHaveLength(1)
    const file = join(results, 'a-file')
    await writeFile(file, '')
    expect(await of(gate!, file).kept()).toMatchObject({ code: 'cannot-write', exitCode: 106 })
  })
})

describe('a comparison as a result has it', () => {
  test('has the estimate as its logarithm, and an interval where both ends are known', () => {
    const even = ripple(0.01)
    const [comparison] = answerTo(12, (round) => ({ throughput: 0.1 + even(round) })).comparisons
    const { estimate, interval, ...others } = comparison!
    expect(resultComparison(comparison!)).toEqual({ ...others, logRatio: estimate, interval, spread: null })
    const [few] = answerTo(3, (round) => ({ throughput: even(round) })).comparisons
    expect(few?.interval).toEqual([null, null])
    expect(resultComparison(few!).interval).toBeNull()
  })
})
