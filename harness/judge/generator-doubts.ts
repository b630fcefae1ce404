import { nsPerSecond } from '../kernel/units.ts'
import { type Doubt, doubt } from '../measure/doubts.ts'
import type { ArmMeasurement } from '../measure/measurements.ts'
import type { Arm } from '../plan/arms.ts'

/** One arrival in a hundred may be dropped before that is worth a word. */
const droppedShare = 0.01
/** Lateness of sends at p99 that an answer can bear: so much in ms, or this share of its median latency. */
const latenessMs = 5
const latenessShare = 0.1

/** What there is to distrust in how the load itself was made. */
export function generatorDoubts(arm: Arm, measurement: ArmMeasurement): readonly Doubt[] {
  const { iterations, attempts } = measurement.measured
  const due = iterations.count + iterations.dropped
  const exhausted = measurement.all.attemptErrors['exhausted'] ?? 0
  return [
    ...(iterations.dropped > droppedShare * due
      ? [
          doubt(
            'iterations-dropped',
            `${arm.id}: ${iterations.dropped} of ${due} iterations that were due did not start, since ${measurement.workers} were in flight; the target saw less than the schedule's load`,
            ['throughput', 'latency'],
          ),
        ]
      : []),
    ...lateSends(arm, measurement),
    ...(measurement.feedExhausted
      ? [
          doubt(
            'feed-exhausted',
            `${arm.id}: a feed of unique rows had none left; the load ended after ${(measurement.measuredNs / nsPerSecond).toFixed(1)} s of measured time, warm-up and earlier slices having taken rows as well`,
            ['operations', 'throughput'],
          ),
        ]
      : []),
    ...(exhausted > 0
      ? [
          doubt(
            'machine-exhausted',
            `${arm.id}: ${exhausted} attempts (of ${attempts.count} measured ones) failed since this machine had no port, file or buffer left`,
            ['errorRate', 'throughput', 'latency'],
          ),
        ]
      : []),
    ...kernelDrops(arm, measurement),
  ]
}

/** How late sends were at p99, null without a schedule, and how late they may be. */
export function lateness({ latencies }: ArmMeasurement): { readonly lateMs: number | null; readonly limitMs: number } {
  return {
    lateMs: latencies.sendLateness.percentileMs(99),
    limitMs: Math.max(latenessMs, latenessShare * (latencies.corrected.percentileMs(50) ?? 0)),
  }
}

function lateSends(arm: Arm, measurement: ArmMeasurement): Doubt[] {
  const { lateMs, limitMs } = lateness(measurement)
  if (lateMs === null || lateMs <= limitMs) return []
  const detail = `${arm.id}: one send in a hundred was over ${lateMs.toFixed(1)} ms late; the limit is ${limitMs.toFixed(1)} ms`
  return [doubt('sends-late', detail, ['latency'])]
}

/** Datagrams that nobody meant to lose: before the generators read them, before the relay did, and within it. */
function kernelDrops(arm: Arm, { protocolCounters, faultCounters }: ArmMeasurement): Doubt[] {
  return [
    { drops: protocolCounters['udp.kernelDrops'], who: 'the kernel', why: 'they were not read in time' },
    { drops: faultCounters['udp.kernelDrops'], who: 'the kernel', why: 'the relay did not read them in time' },
    { drops: faultCounters['udp.queueDrops'], who: 'the relay', why: 'too much waited in it already' },
  ].flatMap(({ drops = 0, who, why }) => {
    if (drops === 0) return []
    const detail = `${arm.id}: ${who} dropped ${drops} datagrams that had come, since ${why}; they are among the lost`
    return [doubt('kernel-drops', detail, ['errorRate'])]
  })
}
