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
  /** The target has a count, but would not tell it. */
  'stats-unreadable': 'inconclusive',
  /** The target has no count of its own. */
  'no-stats': 'note',
  /** Memory has a ceiling and could not be read. */
  'memory-unreadable': 'void',
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
  /** The relay could not reach the target. */
  'upstream-failures': 'note',
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
