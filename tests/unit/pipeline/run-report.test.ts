import { describe, expect, test } from 'vitest'
import { noFaults } from '../../../harness/faults/faults.ts'
import { plainRule } from '../../../harness/faults/rules.ts'
import { checkRun, ruleLines, ruleReport, type RunReport, whyNotFired } from '../../../harness/pipeline/run-report.ts'

const tallies = { loss: { eligible: 10, fired: 2, bytes: 300 }, latency: { eligible: 4, fired: 4, bytes: 50 } }

const report = (rules: RunReport['rules'], changes: Partial<RunReport> = {}): RunReport => ({
  policy: 'slow',
  command: ['x'],
  exitCode: 0,
  paths: [],
  notFired: null,
  rules,
  ...changes,
})

const rule = plainRule('all', noFaults)

describe('what a rule did', () => {
  test('is summed up over its faults', () => {
    expect(ruleReport('all', { connections: 3, matched: 7, tallies })).toEqual({
      rule: 'all',
      connections: 3,
      matched: 7,
      fired: 6,
      bytes: 350,
      tallies,
    })
  })

  test('is a line for people (F40)', () => {
    const rules = [
      ruleReport('all', { connections: 1, matched: 3, tallies }),
      ruleReport('target', {
        connections: null,
        matched: null,
        tallies: { kill: { eligible: 1, fired: 1, bytes: 0 } },
      }),
    ]
    expect(ruleLines(report(rules))).toEqual([
      'slow/all: matched 3, fired 6 (loss 2 of 10, latency 4 of 4), 350 bytes',
      'slow/target: fired 1 (kill 1 of 1), 0 bytes',
    ])
  })
})

describe('a command that passed', () => {
  const idle = ruleReport('all', { connections: 0, matched: 0, tallies: {} })

  test('passed where some fault acted', () => {
    const acted = ruleReport('all', { connections: 1, matched: 1, tallies })
    expect(whyNotFired([idle, acted], [rule])).toBeNull()
    expect(() => checkRun(report([acted]))).not.toThrow()
  })

  test.each([
    ['nothing passed', [idle], [rule], 'no traffic of the command passed'],
    ['nothing was hit', [{ ...idle, matched: 5 }], [rule], 'it was for 5 exchanges'],
    ['its rules are off', [idle], [{ ...rule, enabled: false }], 'all its rules are disabled'],
    ['the target was left alone', [{ ...idle, matched: null }], [rule], 'its faults on the target did not act'],
  ])('is void where %s (P1, P12)', (_what, rules, declared, why) => {
    const notFired = whyNotFired(rules, declared)
    expect(notFired).toContain(why)
    expect(() => checkRun(report(rules, { notFired }))).toThrow(`the policy slow did nothing: ${notFired}`)
    expect(() => checkRun(report(rules, { notFired, exitCode: 3 }))).not.toThrow()
  })
})
