import { beforeAll, describe, expect, test } from 'vitest'
import type { Result, ResultLimit } from '../../../harness/archive/result.ts'
import { validateResult } from '../../../harness/archive/validate.ts'
import type { GateCalibration } from '../../../harness/judge/calibration/ruler.ts'
import { analyzeDocument, type ResultAnswer } from '../../../harness/judge/trace/analyze.ts'
import { resultAnalyzers } from '../../../harness/pipeline/analyze-result.ts'
import { resultComparison } from '../../../harness/pipeline/gate.ts'
import { exampleResult, type Mutable } from '../../fixtures/results/example.ts'
import { archivedArms, type ArchivedChanges, archivedRun } from '../../support/archived-run.ts'

function analyzed(document: unknown): { readonly answer: ResultAnswer; readonly exit: string } {
  const outcome = analyzeDocument(document, resultAnalyzers())
  if (!('answer' in outcome) || !('reproduced' in outcome.answer)) throw new Error(JSON.stringify(outcome))
  return { answer: outcome.answer, exit: outcome.exit }
}

const slow = { 'baseline/baseline-direct#0': 0.8, 'baseline/again-direct#0': 0.8 }
/** A policy of which these rounds cannot tell whether it is worse. */
const unsure = { spread: 0.1, faster: { 'policy.retry/policy-direct#1': 0.98 } }
const nights = [
  { id: 'later', night: '2026-05-02' },
  { id: 'earlier', night: '2026-05-01' },
]
const calibrated: GateCalibration = {
  process: null,
  build: {
    name: 'unknown',
    runs: 12,
    metrics: {
      throughput: { runs: 12, bias: 0, deviation: 0.01, between: 0.01, perRound: 0.2, noise: 0.0232635, floor: 0.05 },
    },
  },
}

describe('an archived result', () => {
  test.each([
    ['pass', 0, {}],
    ['fail', 111, { faster: slow }],
    ['fail', 111, { faster: { 'policy.retry/policy-direct#1': 0.7 } }],
    ['void', 114, { faster: { 'baseline/again-direct#0': 0.8 } }],
    ['void', 114, { spread: 3 }],
    ['inconclusive', 0, { unread: true }],
    ['void', 114, { spread: 0.14 }],
    ['inconclusive', 0, unsure],
    ['inconclusive', 0, { ...unsure, nights: nights.slice(1) }],
    ['void', 114, { ...unsure, nights }],
    ['void', 114, { ...unsure, run: { strict: true } }],
    // What has an answer does not mind the nights without one.
    ['pass', 0, { nights }],
    ['void', 114, { unread: true, run: { strict: true } }],
    ['fail', 99, { failed: 150 }],
    ['fail', 99, { failed: 150, faster: slow }],
    ['void', 114, { failed: 50, fired: 0 }],
    ['fail', 107, { scripted: 3 }],
    ['inconclusive', 105, { run: { stopped: 'signal' }, rounds: 5 }],
    ['inconclusive', 105, { run: { stopped: 'signal' }, rounds: 8, faster: slow }],
    [
      'fail',
      113,
      {
        measured: { unplannedExit: { name: 'base', code: 7, signal: null, tail: ['oh'] } },
        run: { stopped: 'target' },
        rounds: 2,
      },
    ],
    ['fail', 102, { run: { stopped: 'watchdog' }, rounds: 0 }],
    [
      'fail',
      99,
      {
        run: { stopped: 'failure-budget' },
        measured: {
          failureBudget: {
            breach: { rate: 0.123456789, samples: 99, failures: 12, atNs: 1 },
            worst: { rate: 0.2, samples: 99, failures: 12 },
          },
        },
      },
    ],
    ['fail', 99, { run: { stopped: 'bounds' }, failed: 150 }],
  ] as const satisfies readonly (readonly [string, number, ArchivedChanges])[])(
    'has its %s (%i) again: %j',
    (verdict, exitCode, changes) => {
      const result = archivedRun(changes)
      expect(validateResult(result)).toEqual([])
      expect(result.run).toMatchObject({ verdict, exitCode })
      const { answer, exit } = analyzed(result)
      expect(answer.differences).toEqual([])
      expect(answer).toMatchObject({ id: 'r', verdict, exitCode, reasons: result.run.reasons, reproduced: true })
      expect(answer.doubts).toEqual(result.doubts)
      expect(answer.judged.comparisons).toBe(result.comparisons.filter(({ gated }) => gated !== undefined).length)
      expect(exit === 'pass').toBe(exitCode === 0)
      // Of these the file has the fact, and the words in the reason itself only.
      const inWords = result.run.reasons.filter((text) =>
        /^the run took|^failure budget spent| threw in 3 /u.test(text),
      )
      expect(answer.believed.filter((what) => result.run.reasons.includes(what))).toEqual(inWords)
    },
  )

  let passed: Result
  beforeAll(() => {
    passed = archivedRun()
  })

  test('has the comparisons of its gate again, byte for byte', () => {
    const { answer } = analyzed(passed)
    const recorded = passed.comparisons.filter(({ gated }) => gated !== undefined)
    expect(JSON.parse(JSON.stringify(answer.comparisons.map(resultComparison)))).toEqual(recorded)
    expect(JSON.stringify(analyzed(JSON.parse(JSON.stringify(passed))))).toBe(JSON.stringify(analyzed(passed)))
  })

  test('was judged again in all of its limits and effects, of the figures that it holds', () => {
    const { answer } = analyzed(passed)
    // Three bounds, the error rate of each clean arm, and four thresholds of as many.
    const clean = archivedArms.filter(
      ({ path, kind, phaseKind }) => path === 'direct' && kind === 'baseline' && phaseKind === 'baseline',
    )
    expect(answer.judged.limits).toBe(3 + clean.length * 5)
    expect(answer.judged.effects).toBeGreaterThan(1)
    expect(answer.believed.filter((what) => what.startsWith('/'))).toEqual([])
  })

  test('that was strict says so itself, or by its command line where it is an older one', () => {
    const { run, ...others } = archivedRun({ unread: true, run: { strict: true } })
    expect(run.strict).toBe(true)
    const { strict, ...older } = run
    expect(analyzed({ ...others, run: { ...older, argv: ['soak', '--strict'] } }).answer.reproduced).toBe(true)
    expect(analyzed({ ...others, run: older }).answer).toMatchObject({
      reproduced: false,
      verdict: 'inconclusive',
      exitCode: 0,
    })
    expect(strict).toBe(true)
  })

  test('of a run that soakrig itself could not finish keeps its reason and its exit code', () => {
    const run = {
      ...passed.run,
      abortedBy: 'cannot-write',
      status: 'aborted',
      exitCode: 106,
      verdict: 'fail',
      reasons: ['no space'],
    }
    const { answer } = analyzed({ ...passed, run, doubts: [] })
    expect(answer).toMatchObject({ reproduced: true, verdict: 'fail', exitCode: 106, reasons: ['no space'] })
    expect(answer.believed).toContain('no space')
  })

  test.each([
    [
      'keeps the verdict of its figures where another was written into it',
      (one: Result) => ({ ...one, run: { ...one.run, verdict: 'pass', exitCode: 0, reasons: [] } }),
      ['/run/verdict', '/run/exitCode', '/run/reasons/0'],
    ],
    [
      'keeps the verdict of its slices where another was written into its gate',
      (one: Result) => ({ ...one, gate: { ...one.gate, verdict: 'pass', rounds: 8 } }),
      ['/gate/verdict', '/gate/rounds'],
    ],
  ] as const)('%s, and is no basis for any answer', (_, change, wheres) => {
    const { answer, exit } = analyzed(change(archivedRun({ faster: slow })))
    expect(answer).toMatchObject({ reproduced: false, verdict: 'fail', exitCode: 111 })
    expect(answer.differences.map(({ where }) => where)).toEqual(expect.arrayContaining([...wheres]))
    expect(exit).toBe('void')
  })

  const edited = (change: (draft: Mutable<Result>) => void): ResultAnswer => {
    const draft = structuredClone(passed) as Mutable<Result>
    change(draft)
    return analyzed(draft).answer
  }

  test('tells every value of a comparison that is not what its rounds come to', () => {
    const index = passed.comparisons.findIndex(({ gated }) => gated === true)
    const { differences } = edited(({ comparisons }) => {
      Object.assign(comparisons[index]!, { p: 0.5, interval: null })
      comparisons[index]!.perRound![3] = 0
    })
    const places = ['interval', 'p', 'perRound/3'].map((key) => `/comparisons/${index}/${key}`)
    expect(new Set(differences.map(({ where }) => where))).toEqual(new Set(places))
    expect(differences.find(({ where }) => where.endsWith('/p'))?.recorded).toBe(0.5)
  })

  test('tells a comparison that is missing, and one that nobody made', () => {
    const fewer = edited((draft) => void draft.comparisons.pop())
    expect(fewer.differences[0]).toMatchObject({
      where: `/comparisons/${passed.comparisons.length - 1}`,
      recorded: null,
    })
    const more = edited(({ comparisons }) => void comparisons.push({ ...comparisons.at(-1)!, metric: 'other' }))
    expect(more.differences[0]).toMatchObject({ where: `/comparisons/${passed.comparisons.length}`, found: null })
  })

  test('tells that its slices come to something else', () => {
    const answer = edited(({ slices }) => {
      for (const slice of slices)
        if (slice.group === 0 && ['baseline', 'again'].includes(slice.arm)) slice.ok = Math.round(0.8 * slice.ok)
    })
    expect(answer).toMatchObject({ reproduced: false, verdict: 'fail', exitCode: 111 })
    expect(answer.differences.map(({ where }) => where)).toEqual(
      expect.arrayContaining(['/run/verdict', '/gate/verdict']),
    )
  })

  /** The first limit of a list whose expression begins so. */
  const limitIn = (list: 'ceilings' | 'thresholds', expr: string): number =>
    passed[list].findIndex((limit) => limit.expr.startsWith(expr))

  test.each([
    ['of an error rate', 'ceilings', 'error rate', { actual: 0.005 }],
    ['that broke', 'ceilings', 'error rate', { ok: false }],
    ['of throughput', 'thresholds', 'throughput', { actual: 811 }],
    ['of a latency', 'thresholds', 'latency', { actual: 1 }],
    ['of a count', 'thresholds', 'errors', { actual: 1 }],
  ] as const)('tells a limit %s that is not what the figures say', (_, list, expr, change) => {
    const at = limitIn(list, expr)
    const { differences } = edited((draft) => void Object.assign(draft[list][at]!, change))
    expect(differences.map(({ where }) => where)).toEqual([`/${list}/${at}/${Object.keys(change)[0]}`])
  })

  test.each([
    ['ceilings', 'error rate', -1],
    ['thresholds', 'latency', -1],
    ['thresholds', 'throughput', 1],
  ] as const)('fails by one of the %s on %s that what was found does not keep', (list, expr, change) => {
    const at = limitIn(list, expr)
    const { actual, expr: written } = passed[list][at] as ResultLimit
    const limit = (actual ?? 0) + change
    const own = written.replace(/(?<=[<>]=? ?)[\d.]+\w*/u, String(limit))
    expect(own).not.toBe(written)
    const answer = edited((draft) => void Object.assign(draft[list][at]!, { expr: own, limit }))
    expect(answer).toMatchObject({ verdict: 'fail', exitCode: 99 })
    expect(answer.differences.map(({ where }) => where)).toContain(`/${list}/${at}/ok`)
  })

  test('tells a limit that is not what its expression says, or its baseline', () => {
    const at = limitIn('thresholds', 'latency')
    const answer = edited((draft) => void Object.assign(draft.thresholds[at]!, { limit: 99_999 }))
    expect(answer.differences).toEqual([{ where: `/thresholds/${at}/limit`, recorded: 99_999, found: 1000 }])
    const { arms } = passed.phases.find(({ id }) => id === 'baseline') as Result['phases'][number]
    const p50 = arms.find(({ arm, path }) => arm === 'baseline' && path === 'direct')?.latencyMs.p50 ?? 0
    const changed = { expr: 'latency: p(50)<max(baseline*1000, 3s)', limit: 1 }
    const relative = edited((draft) => void Object.assign(draft.thresholds[at]!, changed))
    const found = relative.differences.find(({ where }) => where.endsWith('/limit'))?.found
    expect(found).toBeCloseTo(Math.max(1000 * p50, 3000), 0)
  })

  test('tells a percentile that its histogram does not have', () => {
    const at = passed.phases.findIndex(({ policy }) => policy === 'reset')
    const answer = edited(({ phases }) => {
      const bounds = phases[at]!.arms.flatMap((arm) => arm.bounds)
      const bound = bounds.find(({ expr }) => expr.startsWith('latency: p(99.5)'))!
      bound.actual! += 0.001
    })
    expect(answer.differences).toHaveLength(1)
    expect(answer.differences[0]?.where).toMatch(new RegExp(`^/phases/${at}/arms/0/bounds/\\d/actual$`, 'u'))
  })

  test('tells an effect that did not show, and is void by it', () => {
    const answer = edited(({ phases }) => {
      const [effect] = phases.flatMap(({ arms }) => arms).flatMap(({ effects }) => effects)
      effect!.observed = effect!.hi + 1
    })
    expect(answer).toMatchObject({ verdict: 'void', exitCode: 114, reproduced: false })
    expect(answer.differences.map(({ where }) => where).join(' ')).toMatch(/\/effects\/0\/ok .*\/doubts\/\d+/u)
  })

  test('tells that nothing fired, though a share of nothing is in the band', () => {
    const answer = edited(({ phases }) => {
      const all = phases.flatMap(({ arms }) => arms).flatMap(({ effects }) => effects)
      Object.assign(
        all.find(({ metric }) => metric === 'fired.reset')!,
        { lo: 0, observed: 0 },
      )
    })
    expect(answer.differences.map(({ where }) => where).join(' ')).toMatch(/\/effects\/\d+\/ok/u)
  })

  test('tells a doubt that was taken away, one that was made up, and one that was made harmless', () => {
    const at = passed.doubts.findIndex(({ kind }) => kind === 'uncalibrated')
    const gone = edited(({ doubts }) => void doubts.splice(at, 1))
    expect(gone.differences).toMatchObject([{ recorded: null, found: { kind: 'uncalibrated' } }])
    const madeUp = { kind: 'baseline-differs', detail: 'x', taints: [], effect: 'void' as const }
    const more = edited(({ doubts }) => void doubts.push(madeUp))
    expect(more).toMatchObject({
      verdict: 'pass',
      differences: [{ where: `/doubts/${passed.doubts.length}`, found: null }],
    })
    // Of a kind that the file cannot tell: what it does follows from its kind all the same.
    const harmless = edited(
      ({ doubts }) => void doubts.push({ kind: 'memory-unreadable', detail: 'x', taints: [], effect: 'note' }),
    )
    expect(harmless.verdict).toBe('void')
    expect(harmless.differences.map(({ where }) => where)).toContain(`/doubts/${passed.doubts.length}/effect`)
    const other = edited(
      ({ doubts }) => void doubts.push({ kind: 'of-a-later-version', detail: 'x', taints: [], effect: 'void' }),
    )
    expect(other.verdict).toBe('void')
    expect(other.believed).toContain('of-a-later-version')
  })

  test('tells a calibration that is not what its name says', () => {
    const { answer } = analyzed(archivedRun({ calibration: calibrated }))
    expect(answer.differences.map(({ where }) => where)).toEqual(['/gate/calibration/build/name'])
    expect(answer.doubts.map(({ kind }) => kind)).toContain('calibration-drifted')
  })
})

describe('a ceiling that chance may have broken', () => {
  const why = 'chance may be why: its lower 99 % bound is 0.000251227'

  /** An arm that had these slices, and is recorded as one of which one of 40 operations failed. */
  function unclear(phase: string, scope: string, slices: readonly (readonly [ok: number, failed: number])[]) {
    const result = exampleResult()
    const arm = result.phases.find(({ id }) => id === phase)!.arms.find(({ path }) => path === 'direct')!
    const [ok, failed] = [0, 1].map((at) => slices.reduce((sum, slice) => sum + slice[at]!, 0)) as [number, number]
    Object.assign(arm.all.operations, { count: ok + failed, ok, failed })
    result.slices = slices.map((counts) => {
      return { ...result.slices[0]!, phase, ok: counts[0], failed: counts[1] }
    })
    const limit = result.ceilings.find((one) => one.scope === scope)!
    Object.assign(limit, { actual: 0.025, ok: false, why })
    const detail = `error rate <= 0.02 of ${scope}, found 0.025: ${why}`
    result.doubts.push({ kind: 'limit-unclear', detail, taints: [], effect: 'inconclusive' })
    Object.assign(result.run, { verdict: 'inconclusive' })
    return result
  }

  test('is found so again by the counts and slices of its arm', () => {
    const { answer } = analyzed(
      unclear('baseline', 'baseline/baseline-direct', [
        [13, 0],
        [26, 1],
      ]),
    )
    expect(answer).toMatchObject({ verdict: 'inconclusive', exitCode: 0, reproduced: true, differences: [] })
    const broken = analyzed(
      unclear('baseline', 'baseline/baseline-direct', [
        [1900, 100],
        [1900, 100],
      ]),
    ).answer
    expect(broken).toMatchObject({ verdict: 'fail', exitCode: 99, reproduced: false })
    const together = analyzed(
      unclear('baseline', 'baseline/baseline-direct', [
        [1000, 0],
        [1000, 0],
        [1000, 0],
        [910, 90],
      ]),
    )
    expect(together.answer.verdict).toBe('inconclusive')
    expect(together.answer.differences.map(({ found }) => found).join(' ')).toMatch(/and failures came together/u)
  })

  test('is believed to be so where its windows were not read, and that it is kept is not', () => {
    const result = unclear('stress', 'stress/baseline-direct', [[39, 1]])
    const at = result.ceilings.findIndex(({ why: told }) => told !== undefined)
    const { answer } = analyzed(result)
    expect(answer).toMatchObject({ verdict: 'inconclusive', reproduced: true })
    expect(answer.believed).toContain(`/ceilings/${at}/why`)
    Object.assign(result.ceilings[at]!, { ok: true })
    expect(analyzed(result).answer.differences.map(({ where }) => where)).toContain(`/ceilings/${at}/ok`)
  })

  test('is not believed to be so where its counts say that it broke, nor that it broke where they do not', () => {
    const broken = analyzed(unclear('stress', 'stress/baseline-direct', [[3800, 200]])).answer
    expect(broken).toMatchObject({ verdict: 'fail', exitCode: 99, reproduced: false })
    const result = unclear('stress', 'stress/baseline-direct', [[39, 1]])
    const at = result.ceilings.findIndex(({ why: told }) => told !== undefined)
    delete result.ceilings[at]!.why
    expect(analyzed(result).answer).toMatchObject({
      verdict: 'inconclusive',
      differences: [{ where: `/ceilings/${at}/why`, recorded: null, found: why }],
    })
  })
})

describe('a result without a gate', () => {
  test('is judged by its limits, effects and doubts', () => {
    const { answer } = analyzed(exampleResult())
    expect(answer).toMatchObject({
      verdict: 'pass',
      exitCode: 0,
      comparisons: [],
      judged: { comparisons: 0, limits: 7, effects: 5 },
    })
    expect(answer).toMatchObject({ reproduced: true, differences: [], believed: ['one-round'] })
  })

  test('of a scenario has its reasons by its verdict and bands', () => {
    const example = exampleResult()
    const band = { figure: 'goodputRatio', lo: 0.8, hi: 1, actual: 0.5, ok: false }
    const figures = { before: null, peak: null, end: null, during: null, ratio: null }
    const scenario = {
      expected: 'recovered',
      verdict: 'recovered',
      ok: false,
      reason: 'x',
      bands: [band],
      cure: null,
      trigger: { fromMs: 0, toMs: 1 },
      amplification: { ...figures, level: 'none' },
      goodput: figures,
      wastedShare: null,
      synchrony: null,
      timeToRecoverMs: null,
      drainMs: null,
      series: { stepMs: 1, offered: [], good: [], attempts: [], served: [], wasted: [], queueAgeMs: [] },
    }
    const reason = 'scenario: expected goodputRatio from 0.8 to 1, found 0.5'
    const run = { ...example.run, verdict: 'fail', exitCode: 99, reasons: [reason] }
    expect(analyzed({ ...example, run, scenario }).answer).toMatchObject({
      verdict: 'fail',
      exitCode: 99,
      reasons: [reason],
    })
    const denied = analyzed({ ...example, scenario: { ...scenario, ok: true, bands: [{ ...band, ok: true }] } }).answer
    expect(denied).toMatchObject({ verdict: 'fail', exitCode: 99 })
    expect(denied.differences.map(({ where }) => where)).toEqual(
      expect.arrayContaining(['/scenario/bands/0/ok', '/scenario/ok']),
    )
  })
})

test('a document that is no whole result is told what is wrong with it', () => {
  const outcome = analyzeDocument({ ...exampleResult(), plan: undefined }, resultAnalyzers())
  expect(outcome).toMatchObject({ id: 'f0f0f0f0', problems: [{ where: '/plan', message: 'found nothing, required' }] })
})
