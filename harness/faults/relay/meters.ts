import { createHistogram, type LatencyHistogram } from '../../measure/histogram.ts'
import type { ArmDelays } from './protocol.ts'

/** What waits in an arm, and the delays of what has left it, in µs. */
export interface DelayMeters {
  heldBytes: number
  readonly askedDelay: LatencyHistogram
  readonly injectedDelay: LatencyHistogram
  readonly injectedDelayError: LatencyHistogram
}

/** Counters of an arm that its connections add to. */
export interface ArmMeters extends DelayMeters {
  accepted: number
  open: number
  upstreamFailures: number
  bytesUp: number
  bytesDown: number
}

/** Counters of an arm that has seen nothing; to be given back with `freeMeters`. */
export function createMeters(): ArmMeters {
  return {
    accepted: 0,
    open: 0,
    upstreamFailures: 0,
    bytesUp: 0,
    bytesDown: 0,
    heldBytes: 0,
    askedDelay: createHistogram(),
    injectedDelay: createHistogram(),
    injectedDelayError: createHistogram(),
  }
}

/** The counts alone, as they are now. */
export function plainCounts({
  askedDelay: _asked,
  injectedDelay: _added,
  injectedDelayError: _error,
  ...counts
}: ArmMeters): Omit<ArmMeters, 'askedDelay' | 'injectedDelay' | 'injectedDelayError'> {
  return counts
}

/** The delays since they were last taken. */
export function takeDelays({ askedDelay, injectedDelay, injectedDelayError }: DelayMeters): ArmDelays {
  const delays = { asked: askedDelay.encode(), added: injectedDelay.encode(), error: injectedDelayError.encode() }
  for (const histogram of [askedDelay, injectedDelay, injectedDelayError]) histogram.reset()
  return delays
}

/** Frees the memory of the histograms; nothing is recorded any more. */
export function freeMeters({ askedDelay, injectedDelay, injectedDelayError }: DelayMeters): void {
  for (const histogram of [askedDelay, injectedDelay, injectedDelayError]) histogram.destroy()
}
