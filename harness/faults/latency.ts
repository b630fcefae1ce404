import { objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs, nsPerMs, shareOf } from '../kernel/units.ts'
import { autoregression, normalCorrelation } from './correlation.ts'
import { delayAt, type DistributionName, distributionNames, distributions } from './distribution.ts'
import type { DelayBounds, Delays, Expectation, FaultMember, StageContext } from './fault.ts'
import { delayScale, parameter } from './parameter.ts'

/** One-way delay, and how it varies from message to message; see `distributions` for what the jitter means. */
export interface LatencySettings {
  readonly delayNs: number
  readonly jitterNs: number
  readonly distribution: DistributionName
  /** Of the delays of neighbouring messages, in [0, 1). */
  readonly correlation: number
}

/** What is smaller is one message, as a rule, and has one delay. */
const oneMessageBytes = 65_536

interface RawLatency {
  readonly delay: string
  readonly jitter?: string
  readonly distribution?: DistributionName
  readonly correlation?: string | number
}

/** Gives the delay of one message after the other. */
function delaysOf(settings: LatencySettings, context: StageContext): (nowNs: number) => number {
  const { delayNs, jitterNs, correlation } = settings
  if (jitterNs === 0) return (nowNs) => Math.round(delayNs * context.strength(nowNs))
  const draw = (): number => context.rng.next()
  const correlated =
    correlation === 0
      ? (share: number): number => share
      : autoregression(context.shared(() => normalCorrelation(correlation, (share) => delayAt(settings, share))))
  return (nowNs) => Math.round(delayAt(settings, correlated(context.decide('jitter', draw))) * context.strength(nowNs))
}

/**
 * Delays every message, or datagram, one way. One draw per message: all its bytes have the same delay. The order of a
 * stream is kept, so a large draw holds what comes after it; datagrams overtake each other. In a ramp delay and jitter
 * grow alike. The end of a stream has the delay without jitter. A connection is still made at once: see `handshake`.
 */
export const latency: FaultMember<LatencySettings> = {
  keyword: 'latency',
  schema: objectSchema(
    {
      delay: quantitySchema('duration', 'one-way delay of every message'),
      jitter: quantitySchema('duration', 'how far the delay varies, the sum never below 0'),
      distribution: {
        enum: distributionNames,
        description:
          'uniform (default) in [-jitter, +jitter], normal with deviation jitter, or pareto with a long late tail',
      },
      correlation: quantitySchema('share', 'correlation of the delays of neighbouring messages, below 1'),
    },
    { required: ['delay'], description: 'One-way delay.' },
  ),
  directional: true,

  parse(raw) {
    const { delay, jitter, distribution, correlation } = raw as RawLatency
    for (const [name, value] of Object.entries({ distribution, correlation })) {
      if (value !== undefined && jitter === undefined) {
        throw new RangeError(`found ${name} ${JSON.stringify(value)} without jitter, allowed: only with a jitter`)
      }
    }
    const asked = shareOf(correlation ?? 0)
    if (asked === 1)
      throw new RangeError(`found correlation ${JSON.stringify(correlation)}, allowed: from 0 to below 1`)
    return {
      delayNs: durationNs(delay),
      jitterNs: durationNs(jitter ?? '0ms'),
      distribution: distribution ?? 'uniform',
      correlation: asked,
    }
  },

  active: ({ delayNs, jitterNs }) => delayNs > 0 || jitterNs > 0,

  parameters: [parameter('delay', 'delayNs', delayScale), parameter('jitter', 'jitterNs', delayScale)],

  stream(settings, context) {
    const { tally } = context
    const nextDelay = delaysOf(settings, context)
    // The round trip is known before anything has come the other way.
    context.delayed(settings.delayNs)
    let message = Number.NaN
    let delayNs = 0
    return {
      push(piece, next) {
        if (piece.message !== message) {
          message = piece.message
          delayNs = nextDelay(piece.arrivedNs)
          context.delayed(delayNs)
          tally.eligible++
          if (delayNs > 0) tally.fired++
        }
        if (delayNs > 0) tally.bytes += piece.bytes.length
        piece.dueNs += delayNs
        next(piece)
      },
      end: (readyNs) => readyNs + Math.round(settings.delayNs * context.strength(readyNs)),
    }
  },

  datagram(settings, context) {
    const { tally } = context
    const nextDelay = delaysOf(settings, context)
    return {
      push(datagram, next) {
        const delayNs = nextDelay(datagram.arrivedNs)
        context.delayed(delayNs)
        tally.eligible++
        if (delayNs > 0) {
          tally.fired++
          tally.bytes += datagram.bytes.length
        }
        datagram.dueNs += delayNs
        next(datagram)
      },
    }
  },

  delays(settings, { direction, baseline }) {
    const { least, most } = boundsOf(settings)
    const { max } = direction === 'uplink' ? baseline.requestBytes : baseline.responseBytes
    // Of a message that comes in several parts the latest counts.
    return { least, most: max > oneMessageBytes ? [{ ms: most.at(-1)?.ms ?? 0, share: 1 }] : most }
  },

  expect(settings, { direction, baseline, operations }) {
    const { delayNs, jitterNs, correlation } = settings
    const at = (share: number): number => delayAt(settings, share)
    const centre = jitterNs === 0 ? { lo: delayNs, hi: delayNs } : centreOf(at)
    const spreadNs = spreadOf(settings, operations)
    // Of a message that comes in several parts the latest counts.
    const { max } = direction === 'uplink' ? baseline.requestBytes : baseline.responseBytes
    const aboveNs = max > oneMessageBytes ? at(1 - Number.EPSILON) - centre.hi : 0
    return {
      delayMs: {
        lo: Math.max(0, centre.lo - spreadNs) / nsPerMs,
        hi: (centre.hi + Math.max(spreadNs, aboveNs)) / nsPerMs,
      },
      firedShare: firedShareOf(at, correlation),
      errorShare: 0,
      errorClasses: [],
      undelivered: 0,
    }
  },
}

/** Draws of as many equal parts of the distribution, at the begin and the end of each. Correlated ones are of any part. */
function boundsOf(settings: LatencySettings): DelayBounds {
  const { jitterNs, correlation } = settings
  const parts = jitterNs === 0 || correlation > 0 ? 1 : 200
  const drawn = (of: (part: number) => number): Delays =>
    Array.from({ length: parts }, (_, part) => ({
      ms: delayAt(settings, Math.min(of(part) / parts, 1 - Number.EPSILON)) / nsPerMs,
      share: 1 / parts,
    }))
  return { least: drawn((part) => part), most: drawn((part) => part + 1) }
}

/** Shares in the middle of as many equal parts of the distribution. */
const grid = Array.from({ length: 1000 }, (_, part) => (part + 0.5) / 1000)

/** The median of a sum with something that varies as much itself lies between the median and the mean of a delay. */
function centreOf(at: (share: number) => number): { readonly lo: number; readonly hi: number } {
  const mean = grid.reduce((sum, share) => sum + at(share), 0) / grid.length
  return { lo: Math.min(mean, at(0.5)), hi: Math.max(mean, at(0.5)) }
}

/**
 * How far the median of n draws strays with a probability of 1e-4: 3.9 standard errors, each 1 / (2 f sqrt(n)) with the
 * density f at the median. Correlated draws count as n (1 - rho) / (1 + rho), as those of a first-order autoregression.
 */
function spreadOf({ jitterNs, distribution, correlation }: LatencySettings, operations: number): number {
  const step = 1e-4
  const quantile = distributions[distribution]
  const slopeNs = (jitterNs * (quantile(0.5 + step) - quantile(0.5 - step))) / (2 * step)
  const draws = (Math.max(1, operations) * (1 - correlation)) / (1 + correlation)
  return (3.9 * slopeNs) / 2 / Math.sqrt(draws)
}

/** How many messages are delayed at all: all, or those whose draw is over 0; correlated ones make no binomial count. */
function firedShareOf(at: (share: number) => number, correlation: number): Expectation['firedShare'] {
  if (at(0) > 0) return { lo: 1, hi: 1 }
  if (correlation > 0) return null
  let lo = 0
  let hi = 1
  for (let i = 0; i < 50; i++) {
    const middle = (lo + hi) / 2
    if (at(middle) > 0) hi = middle
    else lo = middle
  }
  return { lo: 1 - hi, hi: 1 - hi }
}
