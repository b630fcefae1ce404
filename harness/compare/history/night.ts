import type { Result } from '../../archive/result.ts'
import { significant } from '../../kernel/units.ts'
import { armsOf } from '../arms.ts'
import { runMetrics } from '../metrics.ts'
import { numberAt } from '../pointer.ts'

/** One figure of a result, and what it is called in all of them. */
export interface NightFigure {
  /** What it is of: an arm and its baseline, or the phase whose figures stand for the run. */
  readonly scope: string
  readonly metric: string
  /** `log ratio` where it is relative to a baseline of the same run; then positive is worse. */
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

/** What a result tells a history; or in words why it tells nothing: a void, cut short or sabotaged run is no measurement. */
export function nightOf(result: Result, file: string): Night | { readonly why: string } {
  const { run, env } = result
  if (result.simulated) return { why: 'simulated' }
  if (result.sabotage !== null) return { why: `sabotaged by ${result.sabotage}` }
  if (run.status !== 'completed') return { why: `ended early by ${run.abortedBy ?? 'something unknown'}` }
  if (run.verdict === 'void') return { why: 'void' }
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

/**
 * Policies relative to their baselines. What the baseline differs from itself by is no figure of the target, and no more is
 * what files from before have of their reference among the comparisons.
 */
function ratiosOf(result: Result): NightFigure[] {
  const controls = new Set([...armsOf(result)].flatMap(([id, { arm }]) => (arm.arm === 'control' ? [id] : [])))
  return result.comparisons.flatMap(({ policy, against, metric, logRatio }) =>
    logRatio === null || controls.has(policy) || against.startsWith('reference ')
      ? []
      : [
          {
            scope: `${policy} / ${against}`,
            metric,
            unit: 'log ratio',
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
