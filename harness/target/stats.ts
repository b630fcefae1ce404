import type { Clock } from '../kernel/clock.ts'
import { messageOf } from '../kernel/errors.ts'
import { nsPerSecond } from '../kernel/units.ts'
import { type Answer, httpGet } from './http-get.ts'
import { loopback, type RunningTarget } from './running.ts'
import type { StatsSettings } from './stats-settings.ts'

const timeoutNs = 2 * nsPerSecond

/** Why a number could not be had; data, since a target under stress may refuse to answer. */
export interface StatsProblem {
  readonly problem: string
}

/** One look at the target's own count. */
export interface Reading {
  /** The count as the target told it. */
  readonly requests: number
  /** Which of our looks this was, from 1. */
  readonly ordinal: number
  /** How many looks before it failed; the target may have counted those or not. */
  readonly failed: number
  /** How often the target had been started again: its count begins anew then. */
  readonly restarts: number
}

/** Why there is no number between two readings though both are good: the target was started again, as it was to be. */
export interface CountRestarted {
  readonly restarts: number
}

/** The requests that others made between two readings. */
export interface RequestsBetween {
  readonly requests: number
  /** How far `requests` may be too high, since a failed status request may have been counted. */
  readonly slack: number
}

/** Reads how many requests a target says it has served. */
export interface RequestCounter {
  /** Asks the target, over a connection of its own, for at most 2 s. */
  read(): Promise<Reading | StatsProblem>
  /** Learns, from two looks at a target that is otherwise idle, whether it counts the looks themselves. */
  calibrate(): Promise<{ readonly countsItself: boolean } | StatsProblem>
  /** What was served between two readings, our own looks taken out. */
  requestsBetween(
    before: Reading | StatsProblem,
    after: Reading | StatsProblem,
  ): RequestsBetween | CountRestarted | StatsProblem
}

/** Finds a number of requests in a status page. */
export function requestsIn(settings: StatsSettings, body: string): number | StatsProblem {
  if (settings.kind === 'none') return { problem: 'the target has no stats' }
  const found = settings.kind === 'pointer' ? byPointer(settings.pointer, body) : byPattern(settings.pattern, body)
  if (typeof found === 'object') return found
  const count = found.trim() === '' ? Number.NaN : Number(found)
  if (Number.isSafeInteger(count) && count >= 0) return count
  return { problem: `${settings.path} has ${JSON.stringify(found)} where the number of requests should be` }
}

function byPattern(pattern: string, body: string): string | StatsProblem {
  const group = new RegExp(pattern).exec(body)?.[1]
  return group ?? { problem: `the status page does not match ${pattern}` }
}

function byPointer(pointer: string, body: string): string | StatsProblem {
  try {
    const value = at(JSON.parse(body), pointer)
    return value === undefined ? { problem: `the status page has nothing at ${pointer}` } : textOf(value)
  } catch (error) {
    return { problem: `the status page is no JSON: ${messageOf(error)}` }
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** The value a JSON pointer (RFC 6901) leads to; undefined when it leads nowhere. */
function at(document: unknown, pointer: string): unknown {
  const steps = pointer.split('/').slice(1)
  return steps
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((value, step) => {
      const inside = typeof value === 'object' && value !== null && Object.hasOwn(value, step)
      return inside ? (value as Record<string, unknown>)[step] : undefined
    }, document)
}

/** Where a counter looks; what it says may change as the target is started again. */
export interface CountedTarget extends Pick<RunningTarget, 'url' | 'statsPort'> {
  /** Absent: it never is. */
  readonly restarts?: number
}

/** Makes the counter of a target; undefined when it has no stats. */
export function createRequestCounter(
  settings: StatsSettings,
  target: CountedTarget,
  clock: Clock,
): RequestCounter | undefined {
  if (settings.kind === 'none') return undefined
  let ordinal = 0
  let failed = 0
  let ownPerRead = 0

  const read = async (): Promise<Reading | StatsProblem> => {
    const { statsPort, restarts = 0 } = target
    const url = new URL(settings.path, statsPort === null ? target.url : `http://${loopback}:${statsPort}`)
    const found = await httpGet(url, { clock, timeoutNs }).then(
      (answer) => requestsOf(settings, answer),
      (error: unknown) => ({ problem: `${url.pathname} could not be read: ${messageOf(error)}` }),
    )
    if (typeof found === 'number') return { requests: found, ordinal: ++ordinal, failed, restarts }
    failed++
    return found
  }

  return {
    read,
    calibrate: async () => {
      const [first, second] = [await read(), await read()]
      if ('problem' in first) return first
      if ('problem' in second) return second
      const moved = second.requests - first.requests
      if (moved !== 0 && moved !== 1) {
        return { problem: `the count moved by ${moved} between two status requests: something else uses the target` }
      }
      ownPerRead = moved
      return { countsItself: moved === 1 }
    },
    requestsBetween: (before, after) => between(before, after, ownPerRead),
  }
}

function requestsOf(settings: StatsSettings, { status, body }: Answer): number | StatsProblem {
  return status === 200 ? requestsIn(settings, body) : { problem: `the status page answered ${status}` }
}

function between(
  before: Reading | StatsProblem,
  after: Reading | StatsProblem,
  ownPerRead: number,
): RequestsBetween | CountRestarted | StatsProblem {
  if ('problem' in before) return before
  if ('problem' in after) return after
  if (after.restarts !== before.restarts) return { restarts: after.restarts - before.restarts }
  const requests = after.requests - before.requests - ownPerRead * (after.ordinal - before.ordinal)
  if (requests < 0) return { problem: `the count went from ${before.requests} down to ${after.requests}` }
  return { requests, slack: ownPerRead * (after.failed - before.failed) }
}
