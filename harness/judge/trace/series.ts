import type { Problem } from '../../kernel/errors.ts'
import { type JsonSchema, objectSchema } from '../../kernel/json-schema.ts'
import { checkOf } from '../../kernel/schema-check.ts'
import { significant } from '../../kernel/units.ts'
import { type ChangePoint, changePointsOf, usualChangePoints } from '../stats/change-points.ts'

/** The schema of series. */
export const seriesId = 'soakrig/series@1'

/** One figure of run after run, in their order. */
export interface SeriesTrace {
  readonly schema: typeof seriesId
  readonly id: string
  readonly values: readonly number[]
  /** Absent settings are the usual ones. */
  readonly window?: number
  readonly maxPValue?: number
  readonly minMagnitude?: number
}

/** Beyond it sums of squares would overflow. */
const largest = 1e100
/** Looking for cuts takes time of the order of its square. */
const widestWindow = 10_000

/** JSON Schema of `soakrig/series@1`. */
export const seriesSchema: JsonSchema = objectSchema(
  {
    schema: { const: seriesId },
    id: { type: 'string' },
    values: { type: 'array', items: { type: 'number', minimum: -largest, maximum: largest } },
    window: { type: 'integer', minimum: 2, maximum: widestWindow },
    maxPValue: { type: 'number', exclusiveMinimum: 0, maximum: 1 },
    minMagnitude: { type: 'number', minimum: 0 },
  },
  { required: ['schema', 'id', 'values'] },
)

/** Everything that keeps a document from being a series in which change points can be looked for. */
export const seriesProblems: (document: unknown) => readonly Problem[] = checkOf(() => seriesSchema)

/** Where a series has changed its level. */
export interface SeriesAnswer {
  readonly id: string
  readonly changePoints: readonly ChangePoint[]
}

/** Finds the change points of a series that has no problems. */
export function decideSeries({ id, values, ...given }: SeriesTrace): SeriesAnswer {
  const { window, maxPValue, minMagnitude } = { ...usualChangePoints, ...given }
  return {
    id,
    changePoints: changePointsOf(values, { window, maxPValue, minMagnitude }).map(({ index, before, after, p }) => ({
      index,
      before: significant(before),
      after: significant(after),
      p: significant(p),
    })),
  }
}
