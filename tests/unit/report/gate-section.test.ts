import { describe, expect, test } from 'vitest'
import { renderMarkdown } from '../../../harness/report/result-markdown.ts'
import { renderResult } from '../../../harness/report/result-text.ts'
import { verdictLine } from '../../../harness/report/verdict-line.ts'
import { exampleResult } from '../../fixtures/results/example.ts'
import { gatedResult } from '../../fixtures/results/gated.ts'

const slower = gatedResult(24, { target: { throughput: 0.08, latency: 0.03, p95: 0.2 } })
const healthy = gatedResult(12)

const textOf = (result: Parameters<typeof renderResult>[0]): string =>
  renderResult(result, { color: false, width: 100 })

/** A section of a report: its title, and what is below it. */
const sectionOf = (text: string, title: string): string => text.split('\n\n').find((one) => one.startsWith(title)) ?? ''

describe('a report shows of a gate', () => {
  test('the speed of the target beside the yardstick, which decides nothing', () => {
    const result = gatedResult(12)
    const like = result.comparisons.find(({ metric, gated }) => metric === 'throughput' && gated === true)!
    const pairing = { policy: 'b', against: 'y', arms: [], baseArms: [] }
    Object.assign(result.gate!, { yardstick: { name: 'yardstick@1', pairing } })
    const speed = { ...like, gated: false, base: 8000, value: 500, logRatio: Math.log(16), interval: [2.7, 2.8] }
    Object.assign(result, { comparisons: [{ ...speed, verdict: 'reported', falseDiscoveryRate: null }] })
    expect(sectionOf(textOf(result), 'speed:')).toMatchInlineSnapshot(`
      "speed: beside soakrig's own server (yardstick@1)
        decides nothing here: other runs are compared with this one by it
        metric                target           yardstick  times worse          95 %
        throughput  500 operations/s  8,000 operations/s           16  14.9 to 16.4"
    `)
    expect(textOf(result)).not.toContain('worth a look')
    Object.assign(result.gate!, { verdict: 'reported', pairings: [] })
    expect(sectionOf(textOf(result), 'what may fail').split('\n')[1]).toBe(
      '  nothing that could fail the run was compared, in 12 rounds',
    )
    expect(verdictLine(result)).not.toContain('gate:')
  })

  test('every comparison that may fail the run, and what would have been found', () => {
    expect(sectionOf(textOf(slower), 'what may fail')).toMatchInlineSnapshot(`
      "what may fail the run by being worse (the gate)
        fail after 24 of at most 24 rounds, with looks after 12, 24
        ruler within a process: uncalibrated, the usual floors hold
        ruler between builds: uncalibrated, the usual floors hold
        policy               against       metric      worse by, %           95 %  verdict     would find
        the target           former build  throughput         7.61   7.42 to 7.81  fail              5.00
        the target           former build  p50                2.92   2.76 to 3.11  pass-minor        5.00
        the target           former build  p99                3.00   2.78 to 3.18  pass-minor       10.00
        the target           former build  cpu                0.13  -0.11 to 0.37  pass              5.00
        policy.retry client  baseline      throughput        -0.20  -0.42 to 0.04  pass              5.00"
    `)
  })

  test('what fails nothing and is worth a look', () => {
    expect(sectionOf(textOf(slower), 'worth a look')).toMatchInlineSnapshot(`
      "worth a look: compared in the same rounds, and fails nothing
        1 of 7 comparisons; by chance: the share of wrong ones among all that are as clear
        policy      against       metric  worse by, %            95 %   by chance
        the target  former build  p95           22.22  21.98 to 22.45  0.0000596%"
    `)
    expect(textOf(healthy)).not.toContain('worth a look')
  })

  test('no row that is wider than a terminal, whatever it came to', () => {
    const wide = gatedResult(24, { target: { latency: -2 }, client: { throughput: 0.05 } })
    for (const comparison of wide.comparisons) if (comparison.gated === true) comparison.verdict = 'inconclusive'
    const rows = sectionOf(textOf(wide), 'what may fail').split('\n')
    expect(rows.filter((row) => row.includes('inconclusive')).length).toBe(5)
    expect(Math.max(...rows.map(({ length }) => length))).toBeLessThanOrEqual(100)
  })

  test('the rulers that it was held to, each by its name and what it rests on', () => {
    const result = gatedResult(12)
    result.gate!.calibration.build = { name: 'f00d', runs: 14, metrics: {} }
    const [, , within, between] = sectionOf(textOf(result), 'what may fail').split('\n')
    expect(within).toBe('  ruler within a process: uncalibrated, the usual floors hold')
    expect(between).toBe('  ruler between builds: f00d, of 14 control arms')
    result.gate!.pairings = result.gate!.pairings.slice(1)
    expect(textOf(result)).not.toContain('ruler between builds')
  })

  test('what a policy may cost', () => {
    const result = gatedResult(12)
    expect(textOf(result)).not.toContain('may cost')
    const cost = result.comparisons.find(
      ({ policy, gated }) => policy === 'policy.retry/client-direct' && gated === true,
    )!
    Object.assign(cost, { accepted: -Math.log(0.85) })
    expect(sectionOf(textOf(result), 'what may fail')).toContain(
      'may cost: retry 15 % of throughput; what is told of these counts from there',
    )
  })

  test('what failed whatever the tests say', () => {
    const result = gatedResult(12, { target: { throughput: 1 } })
    expect(sectionOf(textOf(result), 'what may fail')).toContain(
      'whatever the tests say: throughput of the target is 2.71 times worse than of its former build',
    )
  })

  test('differences of shares in points, and nothing where nothing is known', () => {
    const result = gatedResult(12)
    const errors = result.comparisons.find(({ metric, gated }) => metric === 'errors' && gated === false)!
    Object.assign(errors, { verdict: 'notable', logRatio: 0.0123, interval: null, falseDiscoveryRate: 0.04 })
    expect(sectionOf(textOf(result), 'worth a look')).toMatch(/ errors +1\.23 points +- +4%$/mu)
  })

  test('nothing at all of a run without one', () => {
    expect(textOf(exampleResult())).not.toContain('the gate')
  })
})

test('a comparison of the gate is not among the differences that decide nothing', () => {
  const differences = sectionOf(textOf(slower), 'differences')
  expect(differences.split('\n').length).toBe(2)
  expect(differences).toContain('baseline/control-direct against baseline/baseline-direct: throughput x0.980')
})

test('a run that passed says in its first line what the gate came to', () => {
  expect(verdictLine(healthy)).toBe(
    'pass (gate: pass after 12 of at most 24 rounds; not compared: no earlier smoke of default)',
  )
})

test('a pull request shows the gate without unfolding anything', () => {
  const text = renderMarkdown(slower)
  const shown = text.slice(0, text.indexOf('<details>'))
  expect(shown).toContain('### what may fail the run by being worse (the gate)\n\n- fail after 24 of at most 24 rounds')
  expect(shown).toContain('| the target | former build | throughput |')
  expect(shown).not.toContain('worth a look')
  expect(text).toContain('#### worth a look')
})
