import type { WindowDelta } from '../load/protocol.ts'
import type { ArmIdentity } from '../measure/arm.ts'
import { addWindowSeries } from '../measure/load-series.ts'
import type { WindowMeasurement } from '../measure/measurements.ts'
import { merge } from './slice.ts'
import type { ResourceReading } from './watch.ts'

/** What else is known of a window: what the target used, with nulls where it was not watched, and the faults it was under. */
export type Surroundings = (
  fromNs: number,
  toNs: number,
) => ResourceReading & Pick<WindowMeasurement, 'faults' | 'settling'>

/** Joins the windows of the workers: one is complete when each worker has told its part. */
export interface WindowJoiner {
  add(delta: WindowDelta): void
  /** A slice is over: windows that not every worker has told are complete as they are. */
  endSlice(slice: number): void
}

interface Part {
  readonly slice: number
  readonly deltas: WindowDelta[]
}

/** Gives each complete window to the listener, in the order in which they become complete. */
export function joinWindows(
  workers: number,
  identityOf: (arm: string) => ArmIdentity | undefined,
  surroundings: Surroundings,
  listener: (window: WindowMeasurement) => void,
): WindowJoiner {
  const open = new Map<string, Part>()
  const complete = (key: string, { deltas }: Part): void => {
    open.delete(key)
    const identity = identityOf((deltas[0] as WindowDelta).arm)
    if (identity) listener(joined(identity, deltas, surroundings))
  }
  return {
    add(delta) {
      const key = `${delta.slice}/${delta.index}`
      const part = open.get(key) ?? { slice: delta.slice, deltas: [] }
      part.deltas.push(delta)
      open.set(key, part)
      if (part.deltas.length === workers) complete(key, part)
    },
    endSlice(slice) {
      for (const [key, part] of open) if (part.slice === slice) complete(key, part)
    },
  }
}

function joined(identity: ArmIdentity, deltas: readonly WindowDelta[], surroundings: Surroundings): WindowMeasurement {
  const [first] = deltas as [WindowDelta]
  const toNs = Math.max(...deltas.map((delta) => delta.toNs))
  const latency = merge(deltas.map(({ okLatency }) => okLatency))
  const window = {
    identity,
    slice: first.slice,
    index: first.index,
    fromNs: first.fromNs,
    toNs,
    ok: deltas.reduce((sum, { ok }) => sum + ok, 0),
    failed: deltas.reduce((sum, { failed }) => sum + failed, 0),
    degraded: deltas.reduce((sum, { degraded }) => sum + degraded, 0),
    series: deltas.map(({ series }) => series).reduce(addWindowSeries),
    p50Ms: latency.percentileMs(50),
    p99Ms: latency.percentileMs(99),
    ...surroundings(first.fromNs, toNs),
    okLatency: latency.encode(),
  }
  latency.destroy()
  return window
}
