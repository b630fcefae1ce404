import type { MetricCalibration } from '../judge/calibration/calibration.ts'
import type { SelfTestCount } from '../judge/calibration/self-test.ts'
import type { GatePairing, GatePlan, GateYardstick } from '../judge/gate.ts'
import type { UnclearNight } from '../judge/nights.ts'
import type { MetricName } from '../judge/paired/metrics.ts'
import type { JsonSchema } from '../kernel/json-schema.ts'
import { count, listOf, mapOf, number, oneOf, orNull, shape, text, texts } from './schema-parts.ts'

/** What could fail the run by being worse than something else, and what became of it; its comparisons are among the others. */
export interface ResultGate extends GatePlan {
  /** `reported`: nothing could fail the run, and there is something to tell. */
  readonly verdict: 'pass' | 'fail' | 'inconclusive' | 'void' | 'reported'
  /** How many rounds it took. */
  readonly rounds: number
  /** What fails whatever the tests say; in words. */
  readonly catastrophes: readonly string[]
  /** The ruler of comparisons within one process, and of those between two; null where it was not calibrated. */
  readonly calibration: { readonly process: ResultCalibration | null; readonly build: ResultCalibration | null }
  /** The nights just before in which it came to no answer, newest first; absent where there is none. */
  readonly unclearNights?: readonly UnclearNight[]
}

/** The calibration that a run was held to. */
export interface ResultCalibration {
  /** Hash of what follows: two results of one name had the same ruler. */
  readonly name: string
  /** Control arms that it rests on. */
  readonly runs: number
  /** What was counted as slow; absent where no run had told it. */
  readonly slowOverMs?: number
  readonly metrics: Readonly<Partial<Record<MetricName, MetricCalibration>>>
  /** How many of its runs were judged by the others, and failed; absent where there were too few. */
  readonly selfTest?: SelfTestCount
}

const pairing = { policy: text, against: text, arms: texts, baseArms: texts }

const calibration = shape<ResultCalibration>(
  {
    name: text,
    runs: count,
    slowOverMs: number,
    metrics: mapOf(
      shape<MetricCalibration>({
        runs: count,
        bias: number,
        deviation: number,
        between: number,
        perRound: number,
        noise: number,
        floor: number,
      }),
    ),
    selfTest: shape<SelfTestCount>({ runs: count, failed: count }),
  },
  ['slowOverMs', 'selfTest'],
)

/** JSON Schema of a result's `gate`. */
export const gateSchema: JsonSchema = shape<ResultGate>(
  {
    verdict: oneOf('pass', 'fail', 'inconclusive', 'void', 'reported'),
    rounds: count,
    looks: listOf(count),
    pairings: listOf(shape<GatePairing>({ ...pairing, gated: texts, accepted: mapOf(number) }, ['accepted'])),
    controls: listOf(shape<GatePlan['controls'][number]>(pairing)),
    yardstick: orNull(shape<GateYardstick>({ name: text, pairing: shape<GateYardstick['pairing']>(pairing) })),
    catastrophes: texts,
    calibration: shape<ResultGate['calibration']>({ process: orNull(calibration), build: orNull(calibration) }),
    unclearNights: listOf(shape<UnclearNight>({ id: text, night: text })),
  },
  ['unclearNights'],
)
