import { expect, test } from 'vitest'
import { compilePlan, type Stages } from '../../../harness/plan/plan.ts'
import { summarisePlan } from '../../../harness/pipeline/dry-run.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'
import { renderPlan } from '../../../harness/report/plan-text.ts'

const planFor = (budget: string): string => {
  const raw = { name: 'p', target: { builtin: 'http' } }
  const profile = parseProfile(raw, { mode: 'smoke', flags: { budget }, env: {} })
  return renderPlan(summarisePlan(compilePlan(profile, { baseline: true, policies: false, stress: false })))
}

test('a plan that takes longer than its budget, since less cannot be planned, says so', () => {
  expect(planFor('1m').split('\n')[0]).toMatch(/^plan of p, mode smoke, seed 1: about [\d.]+s$/u)
  expect(planFor('1s').split('\n')[0]).toMatch(/: about [\d.]+s, over the budget of 1s: less cannot be planned$/u)
})

test('the rounds of a gate are told once, with how many there are at most and when there may be an answer', () => {
  const raw = {
    name: 'p',
    target: { builtin: 'http' },
    base: { builtin: 'http' },
    policies: { retry: { client: { retry: { strategy: 'fixed', maxCalls: 2, baseDelay: '1ms' } } } },
    modes: { long: { gate: { rounds: [8, 16], slices: 2 } } },
  }
  const profile = parseProfile(raw, { mode: 'long', flags: {}, env: {} })
  const planOf = (stages: Partial<Stages>): string[] => {
    const all = { baseline: false, policies: true, gate: 'comparisons', stress: false, ...stages } as const
    return renderPlan(summarisePlan(compilePlan(profile, all))).split('\n')
  }
  const [first, ...lines] = planOf({})
  expect(first).toMatch(/^plan of p, mode long, seed 1: at most about \d+s$/u)
  expect(lines.slice(0, 2)).toEqual([
    '  gate: up to 16 rounds of fresh processes in 2 groups, looks after 8, 16',
    '    group 1: 4 slices',
  ])
  const arms = (group: readonly string[]): string[] => group.map((line) => line.trim()).toSorted()
  // Two processes of a build take turns; of a client's policy there is a slice in each cycle.
  expect(arms(lines.slice(2, 6))).toEqual(
    ['again', 'base', 'baseline', 'twin'].map((kind) => `baseline/${kind}-direct 2s`),
  )
  expect(lines[6]).toBe('    group 2: 6 slices')
  expect(arms(lines.slice(7))).toEqual(
    ['baseline/baseline-direct', 'baseline/control-direct', 'policy.retry/policy-direct'].map((arm) => `2 × ${arm} 2s`),
  )
  const others = planOf({ baseline: true }).filter((line) => /^ {2}\S/u.test(line))
  expect(others.map((line) => line.split(':')[0])).toEqual([
    '  target 1, round 1',
    '  target 2, round 2',
    '  target 3, round 3',
    '  gate',
  ])
})

test('a gate with one look takes as long as it takes, and one group is not counted', () => {
  const raw = {
    name: 'p',
    target: { builtin: 'http' },
    base: { builtin: 'http' },
    modes: { long: { gate: { rounds: [12] } } },
  }
  const profile = parseProfile(raw, { mode: 'long', flags: {}, env: {} })
  const stages = { baseline: false, policies: false, gate: 'comparisons', stress: false } as const
  const [first, second] = renderPlan(summarisePlan(compilePlan(profile, stages))).split('\n')
  expect(first).toMatch(/: about \d+s$/u)
  expect(second).toBe('  gate: 12 rounds of fresh processes')
})
