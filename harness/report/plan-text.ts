import type { PlanSummary } from '../measure/plan-summary.ts'
import { duration } from './format.ts'

/** A plan for people: what each target would serve and how often, how long that takes, and what is left out. `--json` has the order. */
export function renderPlan(plan: PlanSummary): string {
  const { profile, mode, seed, expectedMs, budgetMs, lives, stress, notMeasured } = plan
  const over = expectedMs > budgetMs ? `, over the budget of ${duration(budgetMs)}: less cannot be planned` : ''
  return [
    `plan of ${profile}, mode ${mode}, seed ${seed}: about ${duration(expectedMs)}${over}`,
    ...lives.map(({ round, slices }, index) => {
      const arms = repeated(
        slices.map(
          ({ arm, use, durationMs }) => `${arm} ${duration(durationMs)}${use === 'both' ? '' : ` for ${use}`}`,
        ),
      )
      return [`  target ${index + 1}, round ${round + 1}: ${slices.length} slices`, ...arms].join('\n')
    }),
    ...stress.map(({ name, load, durationMs, steps }) =>
      [`  stress ${name}: ${load} for ${duration(durationMs)}`, ...steps.map(stepLine)].join('\n'),
    ),
    ...notMeasured.map(({ what, why }) => `  not measured: ${what} (${why})`),
  ].join('\n')
}

function stepLine({ atMs, faults }: PlanSummary['stress'][number]['steps'][number]): string {
  return `    from ${duration(atMs)} ${faults.length === 0 ? 'no fault' : faults.join(' and ')}`
}

/** Each text once, in the order of the first of its kind, with how often it is there. */
function repeated(texts: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return [...counts].map(([text, count]) => `    ${count > 1 ? `${count} × ` : ''}${text}`)
}
