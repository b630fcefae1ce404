import { expect, test } from 'vitest'
import { compilePlan } from '../../../harness/plan/plan.ts'
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
