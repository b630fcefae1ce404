/** The closed list of reasons to distrust a run, with what each does to its answer. */
export const doubtEffects = {
  /** Nothing was asked of the target where something was to be. */
  'no-operations': 'void',
  /** The canary's fault, which hits every exchange, did not show. */
  'fault-path-dead': 'void',
  /** A fault or policy did not do what it should. */
  'effect-missing': 'void',
  /** Too little happened to tell whether it did. */
  'effect-unclear': 'inconclusive',
  /** What the overload of a scenario came to, or one of its figures, cannot be said. */
  'scenario-unclear': 'inconclusive',
  /** Client and target disagree about how many requests there were. */
  'counts-differ': 'void',
  /** A search for the capacity of the target did not find it. */
  'capacity-unclear': 'inconclusive',
  /** A search for the strength at which the target leaves its bounds did not find it. */
  'tolerance-unclear': 'inconclusive',
  /** A fault did not do what it should at a strength that was to be tried. */
  'tolerance-void': 'void',
  /** The target has a count, but would not tell it. */
  'stats-unreadable': 'inconclusive',
  /** The target has no count of its own. */
  'no-stats': 'note',
  /** Memory has a ceiling and could not be read. */
  'memory-unreadable': 'void',
  /** A limit is about something of which nothing was measured. */
  'limit-unmeasured': 'void',
  /** A limit was to be judged, and there was nothing that it is about. */
  'limit-unjudged': 'inconclusive',
  /** What is above a ceiling may be so by chance. */
  'limit-unclear': 'inconclusive',
  /** By its plan, or for want of a baseline or a reference, the run does not judge a limit. */
  'limit-left-out': 'note',
  'generator-saturated': 'note',
  /** Iterations of a schedule were not started, since too many were in flight. */
  'iterations-dropped': 'note',
  /** Iterations of a schedule started later than their latency can bear. */
  'sends-late': 'note',
  /** A feed of unique rows had none left, which ended the load before its time. */
  'feed-exhausted': 'note',
  /** This machine ran out of ports, files or buffers: failures are its own, not the target's. */
  'machine-exhausted': 'void',
  /** The kernel or the relay dropped datagrams that had come, beside those that a fault dropped or that were lost on the way. */
  'kernel-drops': 'note',
  'relay-saturated': 'note',
  /** More than one operation in a hundred still ran when its slice's drain ended. */
  'cut-off': 'note',
  /** A latency limit holds, but of failures and refusals only: nothing succeeded. */
  'no-success': 'note',
  /** A retry repeated nothing, since what failed must not be sent twice. */
  'nothing-retried': 'note',
  /** The relay could not reach the target. */
  'upstream-failures': 'note',
  /** Two measurements of the baseline in the same rounds differ: the machine was not the same for both. */
  'baseline-differs': 'void',
  /** A comparison that decides came to no answer: the smallest effect that it could have found is told. */
  'gate-unclear': 'inconclusive',
  /** The same, though that effect is more than twice what it should exclude. */
  'gate-blind': 'void',
  /** It came to none for the third night running. */
  'gate-unclear-again': 'void',
  /** A comparison with former results came to no answer: the smallest change that it could have found is told. */
  'reference-unclear': 'inconclusive',
  /** No difference, however large, could have failed the run with so few rounds. */
  'gate-cannot-fail': 'inconclusive',
  /** Policies whose cost is compared, and beyond a catastrophe fails nothing, since a run gates only so many comparisons. */
  'not-gated': 'note',
  /** Nothing is known of the noise of this machine: comparisons are held to what is usual. */
  uncalibrated: 'note',
  /** Its noise is no more what it was when it was calibrated. */
  'calibration-drifted': 'note',
  /** Of the runs that its calibration rests on more fail by each other than chance explains. */
  'calibration-unsound': 'note',
  /** A comparison that decides lacks rounds. */
  'rounds-missing': 'inconclusive',
  /** Memory, files or threads were not read for too much of the time, or for too short a time. */
  'samples-missing': 'inconclusive',
  /** Half a run was not enough for the target to come to a level. */
  'no-steady-state': 'inconclusive',
  /** Whether the target leaks cannot be told from noise, or from what may come to a level yet. */
  'trend-unclear': 'inconclusive',
  /** Something is wrong with how soakrig's own server was measured, by which runs are compared. */
  'yardstick-unsound': 'note',
  /** Of a result that is judged again: the file of its windows is not beside it, or is another. */
  'windows-unread': 'note',
  /** One round cannot decide a comparison. */
  'one-round': 'note',
} as const

export type DoubtKind = keyof typeof doubtEffects
export type DoubtEffect = (typeof doubtEffects)[DoubtKind]

/** One reason to distrust a run. */
export interface Doubt {
  readonly kind: DoubtKind
  readonly detail: string
  /** Metrics that it makes untrustworthy. */
  readonly taints: readonly string[]
  readonly effect: DoubtEffect
}

/** A doubt of a kind; its effect follows from the kind. */
export function doubt(kind: DoubtKind, detail: string, taints: readonly string[]): Doubt {
  return { kind, detail, taints, effect: doubtEffects[kind] }
}
