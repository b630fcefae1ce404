import { monitorEventLoopDelay } from 'node:perf_hooks'

const resolutionMs = 10

/** How late this process's event loop runs. */
export interface EventLoopMonitor {
  /** p99 of the delay since the last reading, in ms, less the monitor's own resolution. */
  takeP99Ms(): number
}

/** Starts watching this process's event loop. */
export function watchEventLoop(): EventLoopMonitor {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs })
  histogram.enable()
  return {
    takeP99Ms() {
      const p99Ms = histogram.percentile(99) / 1e6
      histogram.reset()
      return Math.max(0, p99Ms - resolutionMs)
    },
  }
}
