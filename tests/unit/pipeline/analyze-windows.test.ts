import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Result } from '../../../harness/archive/result.ts'
import { rounded } from '../../../harness/archive/text.ts'
import { createArchive } from '../../../harness/archive/write.ts'
import { holdCeilings } from '../../../harness/judge/ceilings.ts'
import { judgeMemory, memoryDoubts, memoryReasons } from '../../../harness/judge/memory/live.ts'
import { comparablesOf, noReference } from '../../../harness/judge/thresholds/against.ts'
import { holdThresholds } from '../../../harness/judge/thresholds/hold.ts'
import { watchThresholds } from '../../../harness/judge/thresholds/watch.ts'
import type { ResultAnswer } from '../../../harness/judge/trace/analyze.ts'
import { watchWindows } from '../../../harness/judge/windows.ts'
import { analyzeTraces } from '../../../harness/pipeline/analyze.ts'
import { archivedWindow, judgedWindow } from '../../../harness/pipeline/archived-window.ts'
import { memoryOf } from '../../../harness/pipeline/memory.ts'
import { growthOf } from '../../../harness/pipeline/metrics.ts'
import { windowGroupsOf } from '../../../harness/pipeline/window-groups.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'
import { exampleResult, type Mutable } from '../../fixtures/results/example.ts'
import { stressArm, windowAt } from '../../support/stress-windows.ts'

const { phase } = stressArm
const profile = parseProfile(
  {
    name: 'p',
    target: { builtin: 'http' },
    policies: {
      slow: { fault: { latency: { delay: '9ms' } }, bounds: { latency: [{ threshold: 'p(50)<30ms', window: '2s' }] } },
    },
    stress: { smoke: { steps: [{ at: '3s', install: 'slow', for: '4s' }] } },
    thresholds: {
      latency: [{ threshold: 'p(99)<1s', window: '3s' }, 'p(95)<1s'],
      throughput: [{ threshold: 'rate>=reference*0.5', window: '2s' }],
      rss: ['max<1gib', 'avg<1gib'],
    },
    ceilings: { errorRate: '5%', rssDeltaKb: 9999 },
    modes: { smoke: { duration: '12s' } },
  },
  { mode: 'smoke', flags: {}, env: {} },
)

/** Twelve seconds of stress, of which four are under a policy; no figure of them is round. */
const windows = Array.from({ length: 12 }, (_, index) =>
  windowAt(index, {
    fromNs: index * 1e9 + 123_456_789,
    toNs: (index + 1) * 1e9 + 123_456_789,
    ok: 100 + 7 * index,
    failed: index % 4,
    ms: 10.123 + index,
    memoryKb: 50_000.123_456 + 10 * index,
    fds: 20 + index,
    faults: index >= 3 && index < 7 ? ['slow'] : [],
    settling: index === 3,
  }),
)

/** A run's result, and its windows beside it, as far as they follow from windows. */
async function archived(resultsDir: string): Promise<string> {
  const lines = windows.map((window) => archivedWindow(window, 0))
  const [summary, watch] = [watchWindows([phase]), watchThresholds(profile, () => undefined)]
  const archive = createArchive({ resultsDir, profile: 'p', mode: 'smoke', startedAt: new Date(0), id: 'f0f0f0f0' })
  for (const line of lines) {
    archive.appendWindow(line)
    summary.add(judgedWindow(line))
    watch.add(judgedWindow(line))
  }
  const read = summary.read()
  const baselines = { whole: () => null, successes: () => null }
  const figures = { okPerSecond: 10, errorRate: null, failed: 0, ended: 0, degraded: 0, percentileMs: () => null }
  const judgedLatencyMs = { min: null, mean: null, p50: null, p90: null, p95: null, p99: null, p999: null, max: null }
  const reference = { ...noReference, whyNone: null, windows: () => ({ ...figures, judgedLatencyMs }) }
  const comparables = comparablesOf({ arms: [], baselines, windows: () => read, reference })
  const held = holdThresholds({ profile, clean: [], windows: read, findings: watch.read(), comparables })
  const example = exampleResult()
  const result = {
    ...example,
    config: { ...example.config, profile: profile.effective },
    metrics: { ...example.metrics, rssDeltaKb: 110, fdDelta: 11, rssSlopeKbPerMin: null },
    ceilings: rounded(holdCeilings(profile.ceilings, { arms: [], slices: [], windows: read, stressed: true })),
    thresholds: rounded(held.limits),
    ...(rounded(windowGroupsOf(read)) as object),
    windows: await archive.closeWindows(),
  }
  return archive.write(result as Result)
}

let directory: string
let file: string
let recorded: Result
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'soakrig-windows-'))
  file = await archived(directory)
  recorded = JSON.parse(await readFile(file, 'utf8')) as Result
})
afterAll(() => rm(directory, { recursive: true }))

/** The result of a long run in which the target grew by 2 MiB in a minute, and the lines of its windows. */
function leaking(): { readonly result: Result; readonly lines: string } {
  const windows = Array.from({ length: 72 }, (_, index) => {
    const held = { memoryKb: 80_000 + 341 * index + 40 * ((3 * index) % 7), fds: 24, threads: 11 }
    const lows = { ...held, readings: 10, restarts: 0 }
    const [fromNs, toNs] = [index * 10e9 + 1234.5, (index + 1) * 10e9 + 1234.5]
    return archivedWindow(windowAt(index, { fromNs, toNs, ...held, lows }), 0)
  })
  const summary = watchWindows([])
  for (const line of windows) summary.add(judgedWindow(line))
  const read = summary.read()
  const verdict = judgeMemory(read.lows, { calibration: null, memoryCeiling: false, heap: null, overloaded: false })
  const lines = windows.map((line) => `${JSON.stringify(line)}\n`).join('')
  const sha256 = createHash('sha256').update(lines).digest('hex')
  const result = {
    ...recorded,
    run: {
      ...recorded.run,
      mode: 'long',
      verdict: 'fail',
      exitCode: 115,
      reasons: memoryReasons(verdict).map(({ text }) => text),
    },
    config: { ...recorded.config, profile: {} },
    metrics: { ...recorded.metrics, ...growthOf(read, verdict) },
    ceilings: [],
    thresholds: [],
    windowGroups: undefined,
    ...memoryOf(verdict),
    doubts: memoryDoubts(verdict),
    windows: { file: recorded.windows?.file ?? '', sha256, count: 72 },
  }
  return { result: rounded(JSON.parse(JSON.stringify(result))) as Result, lines }
}

/** The answer to a result in a folder of its own, beside the windows that are given, or none. */
async function analyzed(result: unknown, lines: string | null): Promise<ResultAnswer> {
  const own = await mkdtemp(join(directory, 'copy-'))
  const name = join(own, basename(file))
  await writeFile(name, JSON.stringify(result))
  if (lines !== null) await writeFile(join(own, recorded.windows?.file ?? ''), lines)
  const answers: unknown[] = []
  const show = async ({ outcome }: { readonly outcome: object }): Promise<boolean> => {
    answers.push('answer' in outcome ? outcome.answer : outcome)
    return true
  }
  await analyzeTraces({ file: name, input: (async function* () {})(), exitByVerdict: false, show })
  return answers[0] as ResultAnswer
}

const linesOf = (): Promise<string> => readFile(join(directory, 'p', recorded.windows?.file ?? ''), 'utf8')
const limitOn = (expr: string, result = recorded) => result.thresholds.find((one) => one.expr.startsWith(expr))

describe('what is about windows', () => {
  test('is found again in the file of the windows, beside the result', async () => {
    const answer = await analyzed(recorded, await linesOf())
    expect(answer.differences).toEqual([])
    expect(answer.reproduced).toBe(true)
    expect(recorded.thresholds.map(({ scope }) => scope)).toContain(`${phase}, windows under slow, every 2s`)
    // Only what it is relative to is in another result.
    const at = recorded.thresholds.findIndex(({ expr }) => expr.includes('reference'))
    expect(answer.believed.filter((what) => what.startsWith('/'))).toEqual([`/thresholds/${at}/limit`])
  })

  test.each([
    ['latency: p(99)<1s', 'actual', 1.5],
    ['latency: p(99)<1s', 'limit', 5000],
    ['throughput: rate>=', 'actual', 1_000_000],
    ['rss: max', 'actual', 3],
    ['latency: p(50)<30ms', 'actual', 2],
  ])('is told where the result says otherwise: %s, its %s', async (expr, key, value) => {
    const forged = structuredClone(recorded)
    Object.assign(limitOn(expr, forged) ?? {}, { [key]: value })
    const answer = await analyzed(forged, await linesOf())
    const at = recorded.thresholds.findIndex((one) => one.expr.startsWith(expr))
    expect(answer.reproduced).toBe(false)
    expect(answer.differences.map(({ where }) => where)).toContain(`/thresholds/${at}/${key}`)
  })

  test('is told where a limit, a group of windows or the growth of the target is left out or another', async () => {
    const forged = structuredClone(recorded) as Mutable<Result>
    forged.thresholds.pop()
    Object.assign(forged.windowGroups?.[0] ?? {}, { ok: 1 })
    Object.assign(forged.metrics, { rssDeltaKb: 1 })
    const { differences } = await analyzed(forged, await linesOf())
    const wheres = [`/thresholds/${recorded.thresholds.length - 1}`, '/windowGroups/0/ok', '/metrics/rssDeltaKb']
    expect(differences.map(({ where }) => where)).toEqual(expect.arrayContaining(wheres))
  })

  test('is told where the windows themselves are forged, with their hash', async () => {
    const lines = (await linesOf()).replace(/"memoryKb":[\d.]+/u, '"memoryKb":2000000')
    const sha256 = createHash('sha256').update(lines).digest('hex')
    const answer = await analyzed({ ...recorded, windows: { ...recorded.windows, sha256 } }, lines)
    expect(answer).toMatchObject({ verdict: 'fail', exitCode: 99, reproduced: false })
    expect(answer.reasons.join()).toContain('rss: max<1gib')
  })

  test('is the verdict on memory too: a leak that a result does not tell is found in its windows', async () => {
    const { result, lines } = leaking()
    expect(result.memory?.kinds[0]).toMatchObject({ kind: 'rss', verdict: 'fail' })
    const answer = await analyzed(result, lines)
    expect(answer.differences).toEqual([])
    expect(answer).toMatchObject({ reproduced: true, verdict: 'fail', exitCode: 115 })
    const forged = structuredClone(result) as Mutable<Result>
    Object.assign(forged.memory?.kinds[0] ?? {}, { verdict: 'pass' })
    Object.assign(forged.run, { verdict: 'pass', exitCode: 0, reasons: [] })
    const told = await analyzed(forged, lines)
    expect(told).toMatchObject({ reproduced: false, verdict: 'fail', exitCode: 115 })
    expect(told.differences.map(({ where }) => where)).toContain('/memory/kinds/0/verdict')
    // Without the windows it can only be believed.
    expect(await analyzed(forged, null)).toMatchObject({ reproduced: true, verdict: 'pass', exitCode: 0 })
  })

  test('is as long in its file as it was, also in the second week', () => {
    const startNs = 777.77
    const fromNs = 1_234_567_891_234_567
    const line = archivedWindow(windowAt(0, { fromNs, toNs: fromNs + 0.2e9 }), startNs)
    const { fromNs: from, toNs } = judgedWindow(line)
    expect(toNs - from).toBe(0.2e9)
    expect(Math.abs(from - fromNs)).toBeLessThan(1e6)
  })

  test('is believed where they are gone, with a doubt; and another file is a difference', async () => {
    const gone = await analyzed(recorded, null)
    expect(gone).toMatchObject({ reproduced: true, differences: [] })
    expect(gone.doubts.at(-1)).toMatchObject({ kind: 'windows-unread', effect: 'note' })
    expect(gone.believed.filter((what) => what.startsWith('/thresholds/')).length).toBeGreaterThan(5)
    const other = await analyzed(recorded, `${await linesOf()}\n`)
    const sha256 = recorded.windows?.sha256
    expect(other).toMatchObject({ reproduced: false, differences: [{ where: '/windows/sha256', recorded: sha256 }] })
    expect(other.doubts.at(-1)?.detail).toContain('its sha256 differs')
  })
})
