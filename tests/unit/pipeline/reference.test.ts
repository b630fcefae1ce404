import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Result } from '../../../harness/archive/result.ts'
import { resultText } from '../../../harness/archive/text.ts'
import { validateResult } from '../../../harness/archive/validate.ts'
import type { ArchivedResult } from '../../../harness/archive/read.ts'
import { analyzeDocument, type ResultAnswer } from '../../../harness/judge/trace/analyze.ts'
import { resultAnalyzers } from '../../../harness/pipeline/analyze-result.ts'
import { findReference, heldAgainst, type Reference } from '../../../harness/pipeline/reference.ts'
import { parseReference } from '../../../harness/pipeline/reference-flag.ts'
import { withReference } from '../../../harness/pipeline/result-reference.ts'
import { findResults, pinResult, unpinResult } from '../../../harness/pipeline/results.ts'
import type { Verdict } from '../../../harness/judge/judge.ts'
import { renderResults } from '../../../harness/report/results-text.ts'
import { exampleResult, type Mutable } from '../../fixtures/results/example.ts'
import { gatedResult } from '../../fixtures/results/gated.ts'
import { archivedRun } from '../../support/archived-run.ts'

describe('what a run is held against', () => {
  let resultsDir: string
  let directory: string
  beforeEach(() => {
    resultsDir = mkdtempSync(join(tmpdir(), 'soakrig-reference-'))
    directory = join(resultsDir, 'default')
    mkdirSync(directory)
  })
  afterEach(() => rmSync(resultsDir, { recursive: true }))

  const put = (day: number, id: string, change: (result: Mutable<Result>) => void = () => {}): string => {
    const result = exampleResult()
    result.run.id = id
    change(result)
    const file = join(directory, `202601${String(day).padStart(2, '0')}T000000Z-smoke-${id}.json`)
    writeFileSync(file, JSON.stringify(result))
    return file
  }

  const look = (
    asked?: string,
    more: {
      readonly requireReference?: boolean
      readonly kind?: string
      readonly thresholds?: readonly unknown[]
    } = {},
  ): Promise<Reference> => {
    const profile = { name: 'default', mode: { name: 'smoke' }, thresholds: more.thresholds ?? [], policies: [] }
    const plan = { profile, gate: null }
    const choice = asked === undefined ? {} : { reference: parseReference(asked) }
    const options = { plan, kind: 'soak', resultsDir, ...choice, ...more } as unknown as Parameters<
      typeof findReference
    >[0]
    return findReference(options, exampleResult().env)
  }
  const ids = (reference: Reference) =>
    'found' in reference ? reference.found.map(({ result }) => result.run.id) : reference.whyNone

  test('is the median of the last ten, of fewer where there are fewer, or of so many as is asked', async () => {
    expect(ids(await look())).toBe('no earlier smoke of default')
    for (let day = 1; day <= 12; day++) put(day, `n${day}`)
    const usual = await look()
    expect([usual.asked, ids(usual)]).toEqual([
      'median:10',
      ['n12', 'n11', 'n10', 'n9', 'n8', 'n7', 'n6', 'n5', 'n4', 'n3'],
    ])
    expect(ids(await look('median:2'))).toEqual(['n12', 'n11'])
    expect(usual).toMatchObject({ history: null })
    expect(await look('newest')).toMatchObject({ kind: 'newest', asked: 'newest', found: { length: 1 } })
    // By how much nights differ is told by ten of them, however few are the reference.
    for (const few of ['newest', 'median:2', join(directory, '20260101T000000Z-smoke-n1.json')])
      expect(await look(few)).toMatchObject({ history: { length: 10, 0: { result: { run: { id: 'n12' } } } } })
  })

  test('is a file that is named, if that is a passing run of the same', async () => {
    const good = put(1, 'good')
    expect(await look(good)).toMatchObject({ kind: 'file', asked: good, found: [{ file: good }] })
    const failed = put(2, 'bad', ({ run }) => Object.assign(run, { verdict: 'fail', reasons: ['p99'] }))
    await expect(look(failed)).rejects.toMatchObject({ code: 'unfit-reference', exitCode: 112 })
    const pairing = { policy: 'baseline/baseline-direct', against: 'baseline/yardstick-direct', arms: [], baseArms: [] }
    const beside = put(4, 'beside', (result) => {
      result.gate = {
        ...gatedResult(8).gate!,
        yardstick: { name: 'yardstick@2', pairing },
      } as Mutable<Result>['gate'] & {}
    })
    await expect(look(beside)).rejects.toMatchObject({
      code: 'different-profiles',
      message: expect.stringContaining('it was measured with another yardstick'),
    })
    const other = put(3, 'other', ({ env }) => (env.profileFingerprint = 'x'))
    await expect(look(other)).rejects.toMatchObject({ code: 'different-profiles', exitCode: 112 })
    await expect(look(join(directory, 'none.json'))).rejects.toMatchObject({ code: 'no-result', exitCode: 104 })
    for (const text of ['', 'median:0', 'median:101', 'median', 'median:x'])
      expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'bad-flag', exitCode: 104 }))
  })

  test('must be there where that is required', async () => {
    put(1, 'bad', ({ run }) => (run.verdict = 'fail'))
    await expect(look(undefined, { requireReference: true })).rejects.toMatchObject({
      code: 'no-reference',
      exitCode: 112,
      problems: [{ message: 'it is no pass but fail' }],
    })
  })

  test('is what is pinned, however old, and an error where that is gone or was altered', async () => {
    const old = put(1, 'old')
    put(2, 'new')
    const { pin } = await pinResult(old)
    expect(JSON.parse(readFileSync(pin, 'utf8'))).toMatchObject({ schema: 'soakrig/pin@0', id: 'old' })
    expect(await look()).toMatchObject({
      kind: 'pinned',
      found: { length: 1, 0: { file: old } },
      history: { length: 2 },
    })
    expect(ids(await look('newest'))).toEqual(['new'])
    const lines = await findResults({ resultsDir, profile: null, mode: null })
    expect(lines.map(({ id, pinned, unfit }) => [id, pinned, unfit])).toEqual([
      ['new', false, null],
      ['old', true, null],
    ])
    put(1, 'old', ({ run }) => (run.seed = 99))
    await expect(look()).rejects.toMatchObject({
      code: 'pinned-changed',
      exitCode: 112,
      hint: expect.stringContaining('soakrig results unpin default --mode smoke'),
    })
    const altered = await findResults({ resultsDir, profile: 'default', mode: 'smoke' })
    expect(altered.at(-1)).toMatchObject({ pinned: true, unfit: 'it is not what was pinned' })
    expect(renderResults(altered, { color: false, width: 400 })).toContain('pinned: it is not what was pinned')
    rmSync(old)
    await expect(look()).rejects.toMatchObject({ code: 'pinned-gone', exitCode: 112 })
    // What is held to no former run does not need it, but for a threshold that is relative to one.
    for (const kind of ['ab', 'calibrate', 'capacity', 'load', 'tune'])
      expect(await look(undefined, { kind })).toMatchObject({
        whyNone: `${kind} is not held to former runs`,
        asked: null,
      })
    const thresholds = [{ limit: { kind: 'max', of: [{ kind: 'reference', factor: 1, plus: 0 }] } }]
    await expect(look(undefined, { kind: 'load', thresholds })).rejects.toMatchObject({ code: 'pinned-gone' })
    writeFileSync(pin, '{}')
    await expect(look()).rejects.toMatchObject({ code: 'unreadable-pin', exitCode: 112 })
    await unpinResult({ resultsDir, profile: 'default', mode: 'smoke' })
    expect(ids(await look())).toEqual(['new'])
    await expect(unpinResult({ resultsDir, profile: 'default', mode: 'smoke' })).rejects.toMatchObject({
      code: 'no-pin',
      exitCode: 112,
    })
  })

  test('is nothing where what is pinned has other settings, and a failed run cannot be pinned', async () => {
    await pinResult(put(1, 'old', ({ env }) => (env.profileFingerprint = 'x')))
    expect(ids(await look())).toMatch(/^the pinned result old does not measure the same/u)
    await expect(pinResult(put(2, 'bad', ({ run }) => (run.verdict = 'fail')))).rejects.toMatchObject({
      code: 'unfit-reference',
    })
    const elsewhere = join(resultsDir, 'copy.json')
    writeFileSync(elsewhere, JSON.stringify(exampleResult()))
    await expect(pinResult(elsewhere)).rejects.toMatchObject({ code: 'bad-flag', exitCode: 104 })
    const copies = join(resultsDir, 'copies')
    mkdirSync(copies)
    const moved = join(copies, '20260103T000000Z-smoke-good.json')
    writeFileSync(moved, readFileSync(put(3, 'good')))
    await expect(pinResult(moved)).rejects.toMatchObject({ code: 'bad-flag', exitCode: 104 })
  })
})

/** The direct baseline of the group that the yardstick is in. */
const slower = {
  'baseline/baseline-direct#1': 0.8,
  'baseline/control-direct#1': 0.8,
  'policy.retry/policy-direct#1': 0.8,
}

describe('a nightly run', () => {
  let healthy: Result
  let slow: Result
  let reference: Reference
  beforeAll(() => {
    healthy = archivedRun()
    slow = archivedRun({ faster: slower })
    // Nights of one build differ in more than their slices: each has a wander of its own.
    const nights = [-1.5, -1, -0.6, -0.3, -0.1, 0.1, 0.3, 0.6, 1, 1.5].map((wander, night): ArchivedResult => {
      const result = structuredClone(healthy) as Mutable<Result>
      result.run.id = `n${night}`
      for (const one of result.comparisons)
        if (one.against.includes('yardstick')) one.perRound = one.perRound!.map((value) => value + 0.01 * wander)
      return { result, sha256: `${night}`, file: `n${night}.json` }
    })
    reference = { kind: 'median', asked: 'median:10', found: nights as never, history: null, leftOut: [] }
  })

  const archived = (draft: Result, other = reference): Result => {
    const held = heldAgainst(draft, other)
    const { verdict, exitCode, reasons, doubts } =
      draft.run.verdict === 'pass'
        ? withReference({ found: [], doubts: draft.doubts } as unknown as Verdict, held, {
            stopped: null,
            strict: false,
          })
        : { ...draft.run, doubts: draft.doubts }
    const run = { ...draft.run, verdict, exitCode, reasons }
    return JSON.parse(resultText({ ...draft, run, doubts, reference: held } as Result)) as Result
  }
  const analyzed = (document: unknown): ResultAnswer => {
    const outcome = analyzeDocument(document, resultAnalyzers())
    if (!('answer' in outcome) || !('reproduced' in outcome.answer)) throw new Error(JSON.stringify(outcome))
    return outcome.answer
  }

  test('of a build that is a fifth slower everywhere fails, though nothing differs within it', () => {
    expect(slow.run).toMatchObject({ verdict: 'pass', exitCode: 0 })
    const result = archived(slow)
    expect(validateResult(result)).toEqual([])
    expect(result.run).toMatchObject({ verdict: 'fail', exitCode: 111 })
    expect(result.run.reasons[0]).toMatch(
      /^throughput of baseline\/baseline-direct against yardstick@1 is (?:19|20)(?:\.\d)? % worse than in the median of 10 results/u,
    )
    const found = result.reference.comparisons.find(({ kind, metric }) => kind === 'speed' && metric === 'throughput')
    expect(found?.estimate).toBeCloseTo(Math.log(1.25), 2)
  })

  test('of the same build passes, and says of how many results it is the like', () => {
    const result = archived(healthy)
    expect(result.run).toMatchObject({ verdict: 'pass', exitCode: 0 })
    expect(result.reference).toMatchObject({ kind: 'median', verdict: 'pass', why: null, whyNone: null })
    expect(result.reference.results.map(({ id }) => id)).toEqual(Array.from({ length: 10 }, (_, night) => `n${night}`))
  })

  test('is judged again from its file alone, to the same', () => {
    for (const result of [archived(slow), archived(healthy)]) {
      const answer = analyzed(result)
      expect(answer.differences).toEqual([])
      expect(answer).toMatchObject({ reproduced: true, verdict: result.run.verdict, exitCode: result.run.exitCode })
      expect(answer.judged.references).toBe(result.reference.comparisons.length)
    }
  })

  test('tells where another value, verdict or reference was written into its file', () => {
    const forged = (change: (result: Mutable<Result>) => void): readonly string[] => {
      const result = archived(slow) as Mutable<Result>
      change(result)
      return analyzed(result).differences.map(({ where }) => where)
    }
    expect(forged(({ reference: { comparisons } }) => (comparisons[0]!.verdict = 'pass'))).toEqual([
      '/reference/comparisons/0/verdict',
    ])
    expect(forged(({ reference: { results } }) => (results[4]!.estimands[0]!.value += 0.2))).not.toEqual([])
    expect(forged(({ reference: { comparisons } }) => void comparisons.pop())).not.toEqual([])
    expect(forged(({ run }) => Object.assign(run, { verdict: 'pass', exitCode: 0, reasons: [] }))).toContain(
      '/run/exitCode',
    )
  })

  test('that is void only since its gate was blind fails too where it is a fifth slower', () => {
    const blind = structuredClone(slow) as Mutable<Result>
    blind.doubts.push({ kind: 'gate-blind', detail: 'p99', taints: ['p99'], effect: 'void' })
    expect(archived(blind).run).toMatchObject({ verdict: 'fail', exitCode: 111 })
    const healthyToo = structuredClone(healthy) as Mutable<Result>
    healthyToo.doubts.push({ kind: 'gate-blind', detail: 'p99', taints: ['p99'], effect: 'void' })
    expect(archived(healthyToo).run).toMatchObject({ verdict: 'void', exitCode: 114 })
  })

  test('beside one pinned result is held to what the other nights differ by, and judged again to the same', () => {
    const found = 'found' in reference ? reference.found : []
    const pinned = { kind: 'pinned', asked: 'pinned n4', found: [found[4]], history: found, leftOut: [] } as never
    const result = archived(slow, pinned) as Mutable<Result>
    expect(validateResult(result)).toEqual([])
    expect(result.run).toMatchObject({ verdict: 'fail', exitCode: 111 })
    expect(result.reference).toMatchObject({ kind: 'pinned', verdict: 'fail', results: { length: 1 } })
    expect(result.reference.history).toHaveLength(10)
    expect(analyzed(result)).toMatchObject({ reproduced: true, differences: [] })
    result.reference.history!.length = 3
    expect(analyzed(result)).toMatchObject({ reproduced: false, verdict: 'pass' })
  })

  test('that was ended early is not held to anything', () => {
    const ended = { ...slow, run: { ...slow.run, abortedBy: 'signal' } }
    expect(heldAgainst(ended, reference)).toMatchObject({ verdict: 'undecided', why: 'the run was ended early' })
    const calibrating = { ...slow, run: { ...slow.run, kind: 'calibrate' } }
    expect(heldAgainst(calibrating, reference)).toMatchObject({ verdict: 'undecided' })
  })
})
