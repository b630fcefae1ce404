import type { Clock } from '../kernel/clock.ts'
import type { OwnProcess } from '../measure/measurements.ts'
import { createProcessSampler } from '../target/sample.ts'

/** Over this share of a core, or with this lateness of its event loop, a process of ours is saturated. */
const saturatedCpu = 0.85
const saturatedDelayMs = 1
const saturatedDelayShare = 0.1

/** How one of our processes fared in one slice. */
export interface SliceShare {
  readonly cpuMs: number
  readonly measuredMs: number
  readonly eventLoopDelayP99Ms: number
  /** p50 of the arm in ms, against which lateness is held. */
  readonly p50Ms: number | null
}

/** Follows one of our own processes over the slices. */
export interface OwnProcessMeter {
  add(share: SliceShare): void
  /** Goes on with another process in the same role. */
  follow(pid: number): void
  read(): Promise<OwnProcess>
}

/** Starts to follow a load worker or the relay. */
export function meterOwnProcess(role: OwnProcess['role'], pid: number, clock: Clock): OwnProcessMeter {
  let sampler = createProcessSampler(pid, clock)
  let slices = 0
  let saturated = 0
  let cpuMs = 0
  let measuredMs = 0
  let worstDelayMs = 0
  return {
    add(share) {
      slices++
      cpuMs += share.cpuMs
      measuredMs += share.measuredMs
      worstDelayMs = Math.max(worstDelayMs, share.eventLoopDelayP99Ms)
      const delayLimitMs = Math.max(saturatedDelayMs, saturatedDelayShare * (share.p50Ms ?? 0))
      if (share.cpuMs > saturatedCpu * share.measuredMs || share.eventLoopDelayP99Ms > delayLimitMs) saturated++
    },
    follow(next) {
      sampler = createProcessSampler(next, clock)
    },
    async read() {
      const sample = await sampler.sample()
      return {
        role,
        cpuPercent: measuredMs === 0 ? null : (100 * cpuMs) / measuredMs,
        rssKb: sample.rssKb,
        eventLoopDelayP99Ms: worstDelayMs,
        saturatedShare: slices === 0 ? 0 : saturated / slices,
      }
    },
  }
}
