import type { LatencySettings } from '../../harness/faults/latency.ts'
import type { Clock } from '../../harness/kernel/clock.ts'
import { type ArmMeasurement, emptyArm, type SliceSummary } from '../../harness/measure/measurements.ts'
import type { Arm } from '../../harness/plan/arms.ts'
import type { Session, Stop } from '../../harness/run/session.ts'

/** A target that answers after so long, and what its session is told beside that. */
export interface TunedSession {
  readonly serviceMs: number
  /** Whether faults act: else nothing is seen of them. */
  readonly faultsAct?: boolean
  /** How many slices it runs before it is told to stop. */
  readonly stopAfter?: number
}

const operations = 200

/** A session whose slices take no time, and in which a latency of the rules is all that a fault does. */
export function tunedSession({ serviceMs, faultsAct = true, stopAfter }: TunedSession, clock: Clock) {
  const arms = new Map<string, ArmMeasurement>()
  const slices: SliceSummary[] = []
  const opened: string[] = []
  let stopped: Stop | null = null
  let lives = 0
  const session = {
    get stopped() {
      return stopped
    },
    get lives() {
      return lives
    },
    opened,
    async openLife() {
      lives++
    },
    async openArm(arm: Arm) {
      opened.push(arm.id)
    },
    async closeArm(arm: Arm) {
      for (const histogram of Object.values(arms.get(arm.id)?.latencies ?? {})) histogram.destroy()
      arms.delete(arm.id)
    },
    async slice(arm: Arm): Promise<ArmMeasurement> {
      const known = arms.get(arm.id) ?? emptyArm(arm, ['load'])
      arms.set(arm.id, known)
      measure(known, arm, serviceMs, faultsAct)
      await clock.sleep(arm.sliceNs)
      slices.push({ identity: arm } as unknown as SliceSummary)
      if (slices.length === stopAfter) stopped = 'signal'
      return known
    },
    measurements: async () => ({ arms, slices }),
  }
  return session as unknown as Session & { readonly opened: readonly string[]; readonly lives: number }
}

function measure(known: ArmMeasurement, arm: Arm, serviceMs: number, faultsAct: boolean): void {
  const delaysMs = faultsAct
    ? arm.rules.map(({ faults }) => delayOf(faults.uplink['latency']) + delayOf(faults.downlink['latency']))
    : []
  const delayMs = delaysMs.reduce((sum, ms) => sum + ms, 0)
  for (let one = 0; one < operations; one++) known.latencies.ok.record(1000 * (serviceMs + delayMs))
  known.slices++
  const counts = { ...known.measured.operations, ok: known.measured.operations.ok + operations }
  known.measured = {
    ...known.measured,
    operations: { ...counts, count: counts.ok },
    attempts: { ...known.measured.attempts, count: counts.ok },
  }
  known.all = { ...known.measured }
  if (delayMs === 0) return
  known.latencies.injectedDelayError.record(0)
  const tally = { eligible: counts.ok, fired: counts.ok, bytes: 0 }
  known.tallies = { latency: tally }
  known.rules = Object.fromEntries(
    arm.rules.map(({ name }) => [
      `${arm.policy}/${name}`,
      { connections: 1, matched: counts.ok, tallies: { latency: tally } },
    ]),
  )
}

function delayOf(settings: unknown): number {
  return settings === undefined ? 0 : (settings as LatencySettings).delayNs / 1e6
}
