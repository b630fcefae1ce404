import type { Doubt, DoubtKind } from './doubts.ts'

/** A comparison, a limit, a slope or a scenario came to no answer: that says nothing against any figure. */
const unanswered: readonly string[] = [
  'reference-unclear',
  'gate-unclear',
  'gate-blind',
  'gate-unclear-again',
  'gate-cannot-fail',
  'trend-unclear',
  'no-steady-state',
  'limit-unjudged',
  'limit-unclear',
  'limit-unclear',
  'scenario-unclear',
] satisfies readonly DoubtKind[]

/** About what comparisons are held to, and not about what was measured. */
const ofRulers: readonly string[] = [
  'uncalibrated',
  'calibration-drifted',
  'calibration-unsound',
] satisfies readonly DoubtKind[]

/** About the figures that its taints name; all others of the run are as sound as ever. */
const ofSomeFigures: readonly string[] = [
  'rounds-missing',
  'samples-missing',
  'effect-unclear',
] satisfies readonly DoubtKind[]

/** Whether a doubt of this kind says only that something came to no answer. */
export function isUnanswered(kind: string): boolean {
  return unanswered.includes(kind)
}

/** Whether every figure is sound under a doubt of this kind, whatever it taints: it is of answers, or of rulers. */
export function leavesFigures(kind: string): boolean {
  return isUnanswered(kind) || ofRulers.includes(kind)
}

/** Whether nothing of a run can be trusted under this doubt, as far as other runs are to be held against it. */
export function spoilsRun({
  kind,
  effect,
  taints,
}: Pick<Doubt, 'effect' | 'taints'> & { readonly kind: string }): boolean {
  if (taints.includes('everything')) return true
  return effect !== 'note' && !isUnanswered(kind) && !ofSomeFigures.includes(kind)
}
