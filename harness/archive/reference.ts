import type { ReferenceAnswer } from '../judge/reference/case.ts'
import type { ReferenceComparison } from '../judge/reference/comparison.ts'
import type { Estimand } from '../judge/reference/estimand.ts'
import type { JsonSchema } from '../kernel/json-schema.ts'
import {
  count,
  flag,
  listOf,
  number,
  numberOrNull,
  oneOf,
  orNull,
  shape,
  text,
  texts,
  textOrNull,
} from './schema-parts.ts'

/** What a run was compared with, and what that came to; all of it follows from the result alone. */
export interface ResultReference {
  /** The median of the newest results, the newest of them, a file that was named or pinned; or none. */
  readonly kind: ReferenceKind
  /** As it was asked for: `median:10`, `newest` or a file; null in files from before. */
  readonly asked: string | null
  /** Why there is none; null where there is one. */
  readonly whyNone: string | null
  /** Newest first. */
  readonly results: readonly ResultReferenceRun[]
  /** The passing results, newest first, that tell by how much nights differ; null where `results` do. */
  readonly history: readonly ResultReferenceRun[] | null
  /** Results that would have been one, but for something. */
  readonly leftOut: readonly { readonly file: string; readonly why: string }[]
  /** Whether they were measured on this kind of host. */
  readonly sameHost: boolean
  /** Null where nothing was compared. */
  readonly verdict: ReferenceAnswer['verdict'] | null
  /** Why nothing was decided, or not all of what may fail a run; null where all was. */
  readonly why: string | null
  readonly comparisons: readonly ReferenceComparison[]
  /** Figures of the run that the reference has not, or not in the same way. */
  readonly notCompared: ReferenceAnswer['notCompared']
}

export const referenceKinds = ['median', 'newest', 'file', 'pinned', 'none'] as const
export type ReferenceKind = (typeof referenceKinds)[number]

/** A result that a run was compared with. */
export interface ResultReferenceRun {
  readonly id: string
  readonly file: string
  readonly sha256: string
  /** What it came to in the figures that runs are compared by; empty in files from before. */
  readonly estimands: readonly Estimand[]
}

const figure = {
  kind: oneOf('speed', 'resources', 'fragility'),
  scope: text,
  against: textOrNull,
  metric: text,
  value: number,
  tainted: texts,
}

const comparison = shape<ReferenceComparison>(
  {
    ...figure,
    reference: number,
    references: count,
    estimate: number,
    alone: number,
    aloneBeside: shape<NonNullable<ReferenceComparison['aloneBeside']>>({ against: text, worse: number }),
    error: numberOrNull,
    freedom: numberOrNull,
    by: oneOf('history', 'calibration', null),
    interval: orNull({ type: 'array', items: number, minItems: 2, maxItems: 2 }),
    p: numberOrNull,
    level: numberOrNull,
    falseDiscoveryRate: numberOrNull,
    floor: number,
    margin: number,
    mde: numberOrNull,
    gated: flag,
    advisory: textOrNull,
    verdict: oneOf('pass', 'pass-minor', 'fail', 'notable', 'inconclusive'),
  },
  ['alone', 'aloneBeside'],
)

const results = listOf(
  shape<ResultReferenceRun>({
    id: text,
    file: text,
    sha256: text,
    estimands: listOf(
      shape<Estimand>(
        {
          ...figure,
          error: numberOrNull,
          rounds: count,
          alone: number,
          aloneBeside: shape<NonNullable<Estimand['aloneBeside']>>({ against: text, value: number }),
        },
        ['alone', 'aloneBeside'],
      ),
    ),
  }),
)

/** Schema of the `reference` of a result. */
export const referenceSchema: JsonSchema = shape<ResultReference>({
  kind: oneOf(...referenceKinds),
  asked: textOrNull,
  whyNone: textOrNull,
  results,
  history: orNull(results),
  leftOut: listOf(shape<ResultReference['leftOut'][number]>({ file: text, why: text })),
  sameHost: flag,
  verdict: oneOf('pass', 'fail', 'inconclusive', 'undecided', null),
  why: textOrNull,
  comparisons: listOf(comparison),
  notCompared: listOf(
    shape<ReferenceAnswer['notCompared'][number]>({ what: text, why: text, gated: { const: true } }, ['gated']),
  ),
})

/** Of a run that was compared with nothing. */
export function noComparison(whyNone: string, asked: string | null): ResultReference {
  return {
    kind: 'none',
    asked,
    whyNone,
    results: [],
    history: null,
    leftOut: [],
    sameHost: true,
    verdict: null,
    why: null,
    comparisons: [],
    notCompared: [],
  }
}
