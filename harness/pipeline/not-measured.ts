import type { Case, Verdict } from '../judge/judge.ts'
import { unjudgedStress } from '../judge/stress.ts'
import type { Plan } from '../plan/plan.ts'

/** What was planned, or is to be judged, and there are no figures for. */
export function notMeasuredIn(plan: Plan, run: Case, verdict: Verdict, endedBy: string | null): Plan['notMeasured'] {
  const why = endedBy === 'bounds' ? 'a policy broke its bounds' : `the run was ended by ${endedBy}`
  const missing = run.arms
    .filter(({ id, phaseKind }) => phaseKind !== 'warmup' && !verdict.arms.some(({ arm }) => arm.id === id))
    .map(({ id }) => ({ what: id, why }))
  // Of what was not carried out it is told already.
  const carriedOut = run.stepped.filter(({ phase }) => verdict.arms.some(({ arm }) => arm.phase === phase))
  const unjudged = [...verdict.arms.flatMap(({ bounds }) => bounds), ...verdict.thresholds].flatMap((limit) =>
    limit.why === undefined ? [] : [{ what: `${limit.kind} ${limit.expr} of ${limit.scope}`, why: limit.why }],
  )
  return [...plan.notMeasured, ...missing, ...unjudged, ...unjudgedStress(run.windows, plan.profile, carriedOut)]
}
