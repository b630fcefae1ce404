import { type Doubt, doubt } from '../../measure/doubts.ts'
import type { LoadSeries, MetastableVerdict } from '../../measure/load-series.ts'
import type { Moment } from '../../plan/timeline.ts'
import type { Profile, ScenarioFigure } from '../../profile/profile.ts'
import { mostCalls } from '../../resilience/retry/limit.ts'
import type { RetrySettings } from '../../resilience/retry/settings.ts'
import type { ClientPolicies } from '../../resilience/settings.ts'
import type { TimeoutSettings } from '../../resilience/timeout.ts'
import { judgeMetastable, type MetastableReport, type TriggerPlace } from './verdict.ts'

/** What is judged of a scenario. */
export interface ScenarioCase {
  readonly series: LoadSeries
  readonly trigger: TriggerPlace
}

/** A figure, and the band in which it had to be. */
export interface ScenarioBand {
  readonly figure: ScenarioFigure
  readonly lo: number
  readonly hi: number
  readonly actual: number | null
  readonly ok: boolean
}

/** What a scenario came to, and whether that was expected. */
export interface ScenarioVerdict extends MetastableReport {
  readonly expected: MetastableVerdict
  readonly cure: string | null
  readonly ok: boolean
  readonly bands: readonly ScenarioBand[]
  readonly trigger: TriggerPlace
  readonly series: LoadSeries
}

/** What a scenario came to, as far as that decides; a result has it too. */
type ScenarioAnswer = Pick<ScenarioVerdict, 'verdict' | 'expected' | 'reason'> & {
  readonly bands: readonly (Omit<ScenarioBand, 'figure'> & { readonly figure: string })[]
}

/** Where the trigger of a scenario is in its segment: from the first step to the last, where it does not say itself. */
export function triggerOf(
  moments: readonly Moment[],
  { stressClient, scenario, workload }: Pick<Profile, 'stressClient' | 'scenario' | 'workload'>,
): TriggerPlace {
  return {
    fromNs: scenario?.trigger?.fromNs ?? moments[0]?.atNs ?? 0,
    toNs: scenario?.trigger?.toNs ?? moments.at(-1)?.atNs ?? 0,
    timeoutNs: Math.min(
      workload.timeoutNs,
      ...settingsOf<TimeoutSettings>(stressClient, 'timeout').map(({ limitNs }) => limitNs),
    ),
    retries: retriesOf(settingsOf<RetrySettings>(stressClient, 'retry')),
    backoffNs: scenario?.backoffNs ?? null,
  }
}

/** Retries around retries multiply. */
function retriesOf(layers: readonly RetrySettings[]): number | null {
  return layers.length === 0 ? null : layers.reduce((calls, settings) => calls * mostCalls(settings), 1) - 1
}

function settingsOf<Settings>(client: ClientPolicies, wanted: string): Settings[] {
  return client.filter(({ keyword }) => keyword === wanted).map(({ settings }) => settings as Settings)
}

/** Judges the scenario of a profile; null where it has none. */
export function judgeScenario(
  run: ScenarioCase | null,
  { scenario }: Pick<Profile, 'scenario'>,
): ScenarioVerdict | null {
  if (!run || !scenario) return null
  const report = judgeMetastable(run.series, run.trigger)
  const figures = figuresOf(report)
  const bands = Object.entries(scenario.bands).map(([name, [lo, hi]]) => {
    const figure = name as ScenarioFigure
    const actual = figures[figure]
    return { figure, lo, hi, actual, ok: actual !== null && actual >= lo && actual <= hi }
  })
  const { expect: expected, cure } = scenario
  const ok = report.verdict === expected && bands.every((band) => band.ok)
  return { ...report, expected, cure, ok, bands, trigger: run.trigger, series: run.series }
}

function figuresOf({
  amplification,
  goodput,
  wastedShare,
  synchrony,
}: MetastableReport): Record<ScenarioFigure, number | null> {
  return {
    peakAmplification: amplification.peak,
    endAmplification: amplification.end,
    goodputRatio: goodput.ratio,
    goodputDuring: goodput.during,
    wastedShare,
    peakToMean: synchrony?.peakToMean ?? null,
    autocorrelation: synchrony?.autocorrelation ?? null,
  }
}

/** Why a scenario is something else than was expected; empty where it is that, and where it cannot be told. */
export function scenarioReasons({ verdict, expected, reason, bands }: ScenarioAnswer): readonly string[] {
  const other = verdict !== expected && verdict !== 'inconclusive'
  return [
    ...(other ? [`scenario: expected ${expected}, found ${verdict}: ${reason}`] : []),
    ...bands
      .filter(({ ok, actual }) => !ok && actual !== null)
      .map(({ figure, lo, hi, actual }) => `scenario: expected ${figure} from ${lo} to ${hi}, found ${actual}`),
  ]
}

/** What cannot be told of a scenario: that nothing else was found than what was expected is then no answer. */
export function scenarioDoubts({ verdict, expected, reason, bands }: ScenarioAnswer): readonly Doubt[] {
  const untold = verdict !== expected && verdict === 'inconclusive'
  return [
    ...(untold ? [`expected ${expected}: ${reason}`] : []),
    ...bands
      .filter(({ actual }) => actual === null)
      .map(({ figure, lo, hi }) => `expected ${figure} from ${lo} to ${hi}: there is no such figure`),
  ].map((detail) => doubt('scenario-unclear', detail, ['scenario']))
}
