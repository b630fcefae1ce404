import type { Clock } from '../kernel/clock.ts'
import { nsPerMs } from '../kernel/units.ts'
import type { OwnProcess } from '../measure/measurements.ts'
import type { Arm } from '../plan/arms.ts'
import { createProcessSampler } from '../target/sample.ts'
import type { CarriedSlice } from './slice.ts'

/** Over this share of a core, or with this lateness of its event loop, a process of ours is saturated. */
export const saturatedCpu = 0.85
const saturatedDelayMs = 1
const saturatedDelayShare = 0.1

/** How one of our processes fared in one slice. */
interface SliceShare {
  readonly cpuMs: number
  readonly measuredMs: number
  readonly eventLoopDelayP99Ms: number
  /** p50 of the arm in ms, against which lateness is held. */
  readonly p50Ms: number | null
  readonly dropped: number
}

/** Follows one of our own processes over the slices. */
interface OwnProcessMeter {
  add(share: SliceShare): void
  /** Goes on with another process in the same role. */
  follow(pid: number): void
  read(): Promise<OwnProcess>
}

/** Starts to follow a load worker or the relay. */
function meterOwnProcess(role: OwnProcess['role'], pid: number, clock: Clock): OwnProcessMeter {
  let sampler = createProcessSampler(pid, clock)
  let slices = 0
  let saturated = 0
  let busy = 0
  let late = 0
  let cpuMs = 0
  let measuredMs = 0
  let worstDelayMs = 0
  let dropped = 0
  return {
    add(share) {
      slices++
      cpuMs += share.cpuMs
      measuredMs += share.measuredMs
      dropped += share.dropped
      worstDelayMs = Math.max(worstDelayMs, share.eventLoopDelayP99Ms)
      const delayLimitMs = Math.max(saturatedDelayMs, saturatedDelayShare * (share.p50Ms ?? 0))
      const isBusy = share.cpuMs > saturatedCpu * share.measuredMs
      const isLate = share.eventLoopDelayP99Ms > delayLimitMs
      if (isBusy) busy++
      if (isLate) late++
      if (isBusy || isLate) saturated++
    },
    follow(next) {
      sampler = createProcessSampler(next, clock)
    },
    async read() {
      const sample = await sampler.sample()
      const shareOf = (some: number): number => (slices === 0 ? 0 : some / slices)
      return {
        role,
        cpuPercent: measuredMs === 0 ? null : (100 * cpuMs) / measuredMs,
        rssKb: sample.rssKb,
        eventLoopDelayP99Ms: worstDelayMs,
        saturatedShare: shareOf(saturated),
        busyShare: shareOf(busy),
        lateShare: shareOf(late),
        dropped,
      }
    },
  }
}

/** Where a relay stands. */
type RelayPlace = 'path' | 'dependencies'

/** Follows all of our own processes over the slices of a run. */
export interface OwnProcesses {
  followWorkers(pids: readonly number[]): void
  /** A relay of this life of the target, on the path to it or to its dependencies, goes on where that of the last one ended. */
  followRelay(place: RelayPlace, pid: number): void
  add(arm: Arm, slice: CarriedSlice): void
  read(): Promise<readonly OwnProcess[]>
}

/** Starts with none. */
export function createOwnProcesses(clock: Clock): OwnProcesses {
  let workers: OwnProcessMeter[] = []
  const relays = new Map<RelayPlace, OwnProcessMeter>()
  return {
    followWorkers(pids) {
      workers = pids.map((pid) => meterOwnProcess('worker', pid, clock))
    },
    followRelay(place, pid) {
      const known = relays.get(place)
      if (known) known.follow(pid)
      else relays.set(place, meterOwnProcess('relay', pid, clock))
    },
    add(arm, { measurement, eventLoopDelayP99Ms, workerCpuMs, workerDropped }) {
      // A server that does nothing but answer is asked for all that a worker has to give.
      if (arm.kind === 'yardstick') return
      const measuredMs = measurement.measuredNs / nsPerMs
      const p50Ms = measurement.latencies.ok.percentileMs(50)
      for (const [index, worker] of workers.entries()) {
        const delayMs = eventLoopDelayP99Ms.workers[index] ?? 0
        worker.add({
          cpuMs: workerCpuMs[index] ?? 0,
          measuredMs,
          eventLoopDelayP99Ms: delayMs,
          p50Ms,
          dropped: workerDropped[index] ?? 0,
        })
      }
      if (eventLoopDelayP99Ms.relay === null) return
      // Of the relay the whole slice is known, not its measured part.
      const sliceMs = arm.sliceNs / nsPerMs
      const delayMs = eventLoopDelayP99Ms.relay
      relays.get(arm.at === null ? 'path' : 'dependencies')?.add({
        cpuMs: measurement.relayCpuMs ?? 0,
        measuredMs: sliceMs,
        eventLoopDelayP99Ms: delayMs,
        p50Ms,
        dropped: 0,
      })
    },
    read: () => Promise.all([...workers, ...relays.values()].map((meter) => meter.read())),
  }
}
