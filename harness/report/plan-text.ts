import type { PlanSummary } from '../measure/plan-summary.ts'
import { duration } from './format.ts'

type Life = PlanSummary['lives'][number]

/** A plan for people: what each target would serve and how often, how long that takes, and what is left out. `--json` has the order. */
export function renderPlan(plan: PlanSummary): string {
  const { profile, mode, seed, expectedMs, budgetMs, gate, lives, stress, notMeasured } = plan
  const over = expectedMs > budgetMs ? `, over the budget of ${duration(budgetMs)}: less cannot be planned` : ''
  // The gate may have its answer after fewer rounds than are planned.
  const about = gate !== null && gate.looks.length > 1 ? 'at most about' : 'about'
  return [
    `plan of ${profile}, mode ${mode}, seed ${seed}: ${about} ${duration(expectedMs)}${over}`,
    ...lives
      .filter(({ group }) => group === null)
      .map((life, index) =>
        [`  target ${index + 1}, round ${life.round + 1}: ${countText(life)}`, ...armLines(life, '    ')].join('\n'),
      ),
    ...(gate === null ? [] : gateLines(gate, lives)),
    ...stress.map(({ name, load, durationMs, steps }) =>
      [`  stress ${name}: ${load} for ${duration(durationMs)}`, ...steps.map(stepLine)].join('\n'),
    ),
    ...notMeasured.map(({ what, why }) => `  not measured: ${what} (${why})`),
  ].join('\n')
}

/** All rounds of the gate at once: a group has the same arms in every one of them. */
function gateLines({ looks }: NonNullable<PlanSummary['gate']>, lives: readonly Life[]): string[] {
  const most = looks.at(-1) ?? 0
  const groups = lives.filter(({ group, round }) => group !== null && round === 0)
  const early = looks.length > 1 ? `, looks after ${looks.join(', ')}` : ''
  const apart = groups.length === 1 ? '' : ` in ${groups.length} groups`
  return [
    `  gate: ${looks.length > 1 ? 'up to ' : ''}${most} rounds of fresh processes${apart}${early}`,
    ...groups.flatMap((life, index) => [`    group ${index + 1}: ${countText(life)}`, ...armLines(life, '      ')]),
  ]
}

function countText({ slices }: Life): string {
  return `${slices.length} slices`
}

function stepLine({ atMs, faults }: PlanSummary['stress'][number]['steps'][number]): string {
  return `    from ${duration(atMs)} ${faults.length === 0 ? 'no fault' : faults.join(' and ')}`
}

/** The slices of each arm once, in the order of the first of them, with how many there are. */
function armLines({ slices }: Life, indent: string): string[] {
  const counts = new Map<string, number>()
  for (const { arm, use, durationMs } of slices) {
    const text = `${arm} ${duration(durationMs)}${use === 'both' ? '' : ` for ${use}`}`
    counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  return [...counts].map(([text, count]) => `${indent}${count > 1 ? `${count} × ` : ''}${text}`)
}
