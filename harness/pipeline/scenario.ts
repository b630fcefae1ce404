import type { Result } from '../archive/result.ts'
import type { ResultScenario } from '../archive/scenario.ts'
import { nsPerMs } from '../kernel/units.ts'
import { followSeries, type SeriesWatch } from '../judge/metastable/follow.ts'
import { type ScenarioCase, type ScenarioVerdict, triggerOf } from '../judge/metastable/scenario.ts'
import type { WindowMeasurement } from '../measure/measurements.ts'
import type { Plan } from '../plan/plan.ts'

/** Follows the scenario of a run; one without a scenario, or without its stress, has nothing to follow. */
export interface ScenarioWatch {
  add(window: WindowMeasurement): void
  read(): ScenarioCase | null
}

/** Starts to follow the segment of stress that has the trigger. */
export function watchScenario({ profile, stress }: Plan): ScenarioWatch {
  // The sustained one, which comes last, is the one that steps are for.
  const segment = profile.scenario ? stress.at(-1) : undefined
  if (!segment) return { add() {}, read: () => null }
  const { arm, durationNs } = segment
  const watch: SeriesWatch = followSeries({ phase: arm.phase, windowNs: profile.mode.windowNs, durationNs })
  const trigger = triggerOf(segment.moments, profile)
  return { add: (window) => watch.add(window), read: () => ({ series: watch.read(), trigger }) }
}

/** The `scenario` of a result; nothing where the run had none. */
export function scenarioOf(verdict: ScenarioVerdict | null): Pick<Result, 'scenario'> {
  if (!verdict) return {}
  const { expected, ok, reason, cure, trigger, amplification, goodput, wastedShare, synchrony, bands } = verdict
  return {
    scenario: {
      expected,
      verdict: verdict.verdict,
      ok,
      reason,
      cure,
      trigger: { fromMs: trigger.fromNs / nsPerMs, toMs: trigger.toNs / nsPerMs },
      amplification,
      goodput,
      wastedShare,
      synchrony: synchrony && {
        peakToMean: synchrony.peakToMean,
        autocorrelation: synchrony.autocorrelation,
        lagMs: inMs(synchrony.lagNs),
      },
      timeToRecoverMs: inMs(verdict.timeToRecoverNs),
      drainMs: inMs(verdict.drainNs),
      bands,
      series: seriesOf(verdict),
    },
  }
}

function seriesOf({ series: { stepNs, points } }: ScenarioVerdict): ResultScenario['series'] {
  return {
    stepMs: stepNs / nsPerMs,
    offered: points.map(({ offered }) => offered),
    good: points.map(({ good }) => good),
    attempts: points.map(({ attempts }) => attempts),
    served: points.map(({ served }) => served),
    wasted: points.map(({ wasted }) => wasted),
    queueAgeMs: points.map(({ queueAgeNs }) => inMs(queueAgeNs)),
  }
}

function inMs(ns: number | null): number | null {
  return ns === null ? null : ns / nsPerMs
}
