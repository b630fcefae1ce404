import type { Doubt, DoubtKind } from './doubts.ts'

/**
 * What a doubt says something against.
 * - `answer`: a comparison, a limit, a slope, a search or a scenario came to none; nothing against any figure
 * - `ruler`: what comparisons are held to, and not what was measured
 * - `someFigures`: the figures that its taints name; all others of the run are as sound as ever
 * - `figures`: those that it taints; and more than noted, all of the run, where others are held against it
 */
type Reach = 'answer' | 'ruler' | 'someFigures' | 'figures'

const reaches: Readonly<Record<DoubtKind, Reach>> = {
  'no-operations': 'figures',
  'fault-path-dead': 'figures',
  'effect-missing': 'figures',
  'effect-unclear': 'someFigures',
  'scenario-unclear': 'answer',
  'counts-differ': 'figures',
  'capacity-unclear': 'answer',
  'tolerance-unclear': 'answer',
  'tolerance-void': 'figures',
  'stats-unreadable': 'figures',
  'no-stats': 'figures',
  'memory-unreadable': 'figures',
  'limit-unmeasured': 'figures',
  'limit-unjudged': 'answer',
  'limit-unclear': 'answer',
  'limit-left-out': 'answer',
  'generator-saturated': 'figures',
  'iterations-dropped': 'figures',
  'sends-late': 'figures',
  'feed-exhausted': 'figures',
  'machine-exhausted': 'figures',
  'kernel-drops': 'figures',
  'relay-saturated': 'figures',
  'cut-off': 'figures',
  'no-success': 'figures',
  'nothing-retried': 'figures',
  'upstream-failures': 'figures',
  'baseline-differs': 'figures',
  'gate-unclear': 'answer',
  'gate-blind': 'answer',
  'gate-unclear-again': 'answer',
  'reference-unclear': 'answer',
  'gate-cannot-fail': 'answer',
  'not-gated': 'answer',
  uncalibrated: 'ruler',
  'calibration-drifted': 'ruler',
  'calibration-unsound': 'ruler',
  'rounds-missing': 'someFigures',
  'samples-missing': 'someFigures',
  'no-steady-state': 'answer',
  'trend-unclear': 'answer',
  'yardstick-unsound': 'figures',
  'windows-unread': 'figures',
  'one-round': 'figures',
}

/** A kind that is unknown here, as of a later version, is taken for one against the figures. */
function reachOf(kind: string): Reach {
  return Object.hasOwn(reaches, kind) ? reaches[kind as DoubtKind] : 'figures'
}

/** Whether a doubt of this kind says only that something came to no answer. */
export function isUnanswered(kind: string): boolean {
  return reachOf(kind) === 'answer'
}

/** Whether every figure is sound under a doubt of this kind, whatever it taints: it is of answers, or of rulers. */
export function leavesFigures(kind: string): boolean {
  const reach = reachOf(kind)
  return reach === 'answer' || reach === 'ruler'
}

/** Whether nothing of a run can be trusted under this doubt, as far as other runs are to be held against it. */
export function spoilsRun({
  kind,
  effect,
  taints,
}: Pick<Doubt, 'effect' | 'taints'> & { readonly kind: string }): boolean {
  if (taints.includes('everything')) return true
  const reach = reachOf(kind)
  return effect !== 'note' && reach !== 'answer' && reach !== 'someFigures'
}
