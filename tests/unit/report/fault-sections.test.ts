import { expect, test } from 'vitest'
import { faultSections } from '../../../harness/report/fault-sections.ts'
import { told } from '../../../harness/report/section.ts'
import { sectionsOf } from '../../../harness/report/sections.ts'
import { exampleResult } from '../../fixtures/results/example.ts'

type Example = ReturnType<typeof exampleResult>

const armOf = ({ phases }: Example) => phases.find(({ kind }) => kind === 'policy')!.arms[0]!
const linesOf = (result: Example, wanted: string): readonly string[] =>
  faultSections(result).find(({ title }) => title === wanted)!.lines
const tally = { eligible: 40, fired: 8, bytes: 0 }

test('the only rule of an arm is not told again', () => {
  const result = exampleResult()
  armOf(result).rules = { 'p/p': { connections: 4, matched: 40, tallies: { latency: tally } } }
  expect(linesOf(result, 'rules')).toEqual([])
})

test('of several rules each says for how much it acted, also where that was nothing', () => {
  const result = exampleResult()
  armOf(result).rules = {
    'p/one': { connections: 4, matched: 40, tallies: { reset: tally } },
    'p/two': { connections: 0, matched: 0, tallies: {} },
  }
  expect(linesOf(result, 'rules').map((line) => line.replace(/^[^:]*: /u, ''))).toEqual([
    'p/one acted for 40 exchanges on 4 connections: reset 8/40',
    'p/two acted for 0 exchanges',
  ])
})

test('what faults count is told, but for zeros', () => {
  const result = exampleResult()
  armOf(result).faultCounters = { 'loss.lost': 3, 'loss.timeouts': 0 }
  expect(linesOf(result, 'counted by faults')).toEqual([expect.stringMatching(/: loss\.lost 3$/u)])
})

test('delays of the relay stand beside what was asked of it', () => {
  const result = exampleResult()
  const arm = armOf(result)
  const of = (p50: number) => ({ ...arm.latencyMs, p50, p99: 2 * p50 })
  Object.assign(arm, { askedDelayMs: of(20), injectedDelayMs: of(20.1), injectedDelayErrorMs: of(0.1) })
  expect(linesOf(result, 'delays of the relay')).toEqual([
    expect.stringMatching(
      /: asked p50 20, p99 40 ms; added p50 20\.1, p99 40\.2 ms; later than asked by p50 0\.1, p99 0\.2 ms$/u,
    ),
  ])
})

test('stress under steps is told by what it was under, and each limit by what it is about', () => {
  const result = exampleResult()
  const okLatencyMs = { ...armOf(result).latencyMs, p50: 1, p99: 2 }
  const group = { phase: 'stress.smoke', windows: 2, durationMs: 400, ok: 90, failed: 10, perSecond: 225, okLatencyMs }
  result.windowGroups = [
    { ...group, faults: [] },
    { ...group, faults: ['slow', 'reset'] },
  ]
  const scope = 'stress.smoke, windows under slow'
  result.thresholds = [{ kind: 'bound', scope, expr: 'errors: rate<1%', actual: 0.1, limit: 0.01, ok: false }]
  const [windows] = faultSections(result)
  expect(windows?.table?.rows).toEqual([
    ['stress.smoke, no fault', '2', '400ms', '225', '1', '2', '10%'],
    ['stress.smoke, slow and reset', '2', '400ms', '225', '1', '2', '10%'],
  ])
  const titled = (title: string) => sectionsOf(result).find((section) => section.title === title)?.lines
  expect(titled('bounds')).toContain(`${scope}: broken: errors: rate<1%, found 0.1`)
  expect(titled('thresholds')).toBeUndefined()
})

test('a run without steps or rules has no such sections', () => {
  const result = exampleResult()
  delete result.windowGroups
  const titles = told(faultSections(result)).map(({ title }) => title)
  expect(titles).not.toContain('rules')
  expect(titles.filter((title) => title.startsWith('stress'))).toEqual([])
})
