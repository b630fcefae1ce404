import type { Clock } from '../../harness/kernel/clock.ts'
import {
  type ArmMeasurement,
  emptyArm,
  type SliceSummary,
  type WindowMeasurement,
} from '../../harness/measure/measurements.ts'
import type { Arm } from '../../harness/plan/arms.ts'
import { heldNothing } from '../../harness/run/held.ts'
import type { Session, SliceOrder, Stop } from '../../harness/run/session.ts'

/** A target that answers this many per second, and no more, each after so many ms. */
export interface FakeTarget {
  readonly capacity: number
  readonly serviceMs: number
  /** CPU of the generator, in ms for a second of load of so many per second. */
  readonly generatorMs?: (perSecond: number) => number
  /** How many slices it runs before it is told to stop. */
  readonly stopAfter?: number
}

/** A session whose slices take no time: windows and counts are what a target of fixed capacity would make of the load. */
export function fakeSession(target: FakeTarget, clock: Clock, onWindow: (window: WindowMeasurement) => void) {
  const arms = new Map<string, ArmMeasurement>()
  const slices: SliceSummary[] = []
  let stopped: Stop | null = null
  const session = {
    get stopped() {
      return stopped
    },
    openLife: async () => {},
    async slice(arm: Arm, order: SliceOrder): Promise<ArmMeasurement> {
      const known = arms.get(arm.id) ?? emptyArm(arm, ['load'])
      arms.set(arm.id, known)
      const seconds = (arm.sliceNs - arm.discardNs) / 1e9
      const due = dueOf(order, target)
      const done = Math.min(due, target.capacity)
      for (let index = 0; index < 5; index++) onWindow(windowOf(arm, index, seconds / 5, due, done))
      known.generatorCpuMs += seconds * (target.generatorMs?.(due) ?? 0)
      known.slices++
      slices.push(summaryOf(arm, order, seconds, done, target.serviceMs))
      await clock.sleep(arm.sliceNs)
      if (slices.length === target.stopAfter) stopped = 'signal'
      return known
    },
    measurements: async () => ({ arms, slices }),
  }
  return session as unknown as Session
}

function dueOf({ model }: SliceOrder, { capacity, serviceMs }: FakeTarget): number {
  if (model.model === 'closed') return Math.min(capacity, (1000 * model.workers.from) / serviceMs)
  return model.rate.kind === 'absolute' ? model.rate.perSecond.from : 0
}

function windowOf(identity: Arm, index: number, seconds: number, due: number, done: number): WindowMeasurement {
  return {
    identity,
    slice: 0,
    index,
    fromNs: index * seconds * 1e9,
    toNs: (index + 1) * seconds * 1e9,
    ok: done * seconds,
    degraded: 0,
    threads: null,
    cpuCores: null,
    lows: null,
    failed: 0,
    p50Ms: null,
    p99Ms: null,
    memoryKb: null,
    fds: null,
    okLatency: '',
    series: { offered: due * seconds, bins: [] },
    queue: null,
    collection: null,
    faults: [],
    settling: false,
  }
}

function summaryOf(
  arm: Arm,
  { round, order, group = null, use }: SliceOrder,
  seconds: number,
  done: number,
  ms: number,
): SliceSummary {
  const latency = { p50Ms: ms, p95Ms: ms, p99Ms: ms, slow: null, targetCpuMs: null, ...heldNothing }
  const identity = { identity: arm, round, order, group, use }
  return { ...identity, startNs: 0, durationNs: seconds * 1e9, ok: done * seconds, failed: 0, ...latency }
}
