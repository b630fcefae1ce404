import type { Result } from '../../archive/result.ts'
import { significant } from '../../kernel/units.ts'
import { spoilsRun } from '../../measure/doubt-reach.ts'
import { armsOf } from '../arms.ts'
import { runMetrics } from '../metrics.ts'
import { numberAt } from '../pointer.ts'

/** One figure of a result, and what it is called in all of them. */
export interface NightFigure {
  /** What it is of: an arm and its baseline, or the phase whose figures stand for the run. */
  readonly scope: string
  readonly metric: string
  /** `log ratio` or `difference of shares` where it is relative to a baseline of the same run; then positive is worse. */
  readonly unit: string
  readonly better: 'more' | 'less'
  readonly value: number
}

/** What a history keeps of a result. */
export interface Night {
  readonly id: string
  readonly file: string
  readonly startedAt: string
  readonly verdict: Result['run']['verdict']
  readonly gitSha: string | null
  /** Results are of one history where it is the same. */
  readonly family: string
  readonly figures: readonly NightFigure[]
}

/**
 * What a result tells a history; or in words why it tells nothing: a void, cut short or sabotaged run is no measurement, but
 * one that is void only since a comparison came to no answer is.
 */
export function nightOf(result: Result, file: string): Night | { readonly why: string } {
  const { run, env } = result
  if (result.simulated) return { why: 'simulated' }
  if (result.sabotage !== null) return { why: `sabotaged by ${result.sabotage}` }
  if (run.status !== 'completed') return { why: `ended early by ${run.abortedBy ?? 'something unknown'}` }
  if (isSpoilt(result)) return { why: 'void' }
  return {
    id: run.id,
    file,
    startedAt: run.startedAt,
    verdict: run.verdict,
    gitSha: env.gitSha,
    family: [run.kind, env.hostFingerprint, env.profileFingerprint].join(' '),
    figures: [...ratiosOf(result), ...absolutesOf(result)],
  }
}

function isSpoilt({ run, doubts }: Result): boolean {
  const serious = doubts.filter(({ effect }) => effect !== 'note')
  return run.verdict === 'void' && (serious.length === 0 || serious.some(spoilsRun))
}

/** What is relative to something else in the same run, whose comparison has one of these scales. */
const relativeUnits = { ratio: 'log ratio', share: 'difference of shares' } as const

/**
 * Policies relative to their baselines, and the target to its former build and the yardstick; another yardstick is another
 * figure. What the baseline differs from itself by is no figure of the target, and no more is what files from before have of
 * their reference among the comparisons.
 */
function ratiosOf(result: Result): NightFigure[] {
  const controls = new Set([...armsOf(result)].flatMap(([id, { arm }]) => (arm.arm === 'control' ? [id] : [])))
  const yardstick = result.gate?.yardstick
  return result.comparisons.flatMap(({ policy, against, metric, unit, logRatio }) =>
    logRatio === null || controls.has(policy) || against.startsWith('reference ')
      ? []
      : [
          {
            scope: `${policy} / ${against === yardstick?.pairing.against ? yardstick.name : against}`,
            metric,
            unit: relativeUnits[unit === 'share' ? 'share' : 'ratio'],
            better: 'less' as const,
            value: significant(logRatio),
          },
        ],
  )
}

/** Figures of the run itself, which are comparable on one host only. */
function absolutesOf(result: Result): NightFigure[] {
  const { source, correctedLatencyMs } = result.metrics
  if (source === null) return []
  return runMetrics(correctedLatencyMs === null ? 'send' : 'intended').flatMap(({ name, unit, better, terms, of }) => {
    const known = terms.map((term) => numberAt(result.metrics, term)).filter((term) => term !== null)
    const value = known.length < terms.length ? null : of(known)
    return value === null ? [] : [{ scope: source, metric: name, unit, better, value: significant(value) }]
  })
}
