import { arrivalRateProblem, arrivalRateSchema, parseArrivalRate } from '../../kernel/arrival-rate.ts'
import type { Problem } from '../../kernel/errors.ts'
import { type JsonSchema, objectSchema, quantitySchema } from '../../kernel/json-schema.ts'
import { durationNs, nsPerSecond, shareOf } from '../../kernel/units.ts'
import type { ThrottleOptions } from './adaptive-throttle.ts'
import type { AimdRateOptions } from './aimd-rate.ts'

/** How a client limits its rate. Rates in calls per second. */
export type RateLimitSettings =
  | { readonly algorithm: 'tokenBucket'; readonly maxWaitNs: number; readonly rate: number; readonly burst: number }
  | {
      readonly algorithm: 'slidingWindow'
      readonly maxWaitNs: number
      readonly limit: number
      readonly windowNs: number
    }
  | ({ readonly algorithm: 'aimd'; readonly maxWaitNs: number } & AimdRateOptions)
  | ({ readonly algorithm: 'adaptiveThrottle' } & ThrottleOptions)

type Algorithm = RateLimitSettings['algorithm']

interface RawRateLimit {
  readonly algorithm?: Algorithm
  readonly rate?: number | string
  readonly burst?: number
  readonly limit?: number
  readonly window?: string
  readonly maxWait?: string
  readonly initial?: number | string
  readonly min?: number | string
  readonly max?: number | string
  readonly increase?: number | string
  readonly decrease?: number | string
  readonly k?: number
}

/** The settings that each algorithm has; the first so many must be given. */
const settingsOf: Readonly<
  Record<Algorithm, { readonly required: readonly string[]; readonly also: readonly string[] }>
> = {
  tokenBucket: { required: ['rate'], also: ['burst', 'maxWait'] },
  slidingWindow: { required: ['limit', 'window'], also: ['maxWait'] },
  aimd: { required: [], also: ['initial', 'min', 'max', 'increase', 'decrease', 'burst', 'maxWait'] },
  adaptiveThrottle: { required: [], also: ['k', 'window'] },
}

const rates = ['rate', 'initial', 'min', 'max'] as const

export const rateLimitSchema: JsonSchema = objectSchema(
  {
    algorithm: {
      enum: Object.keys(settingsOf),
      description:
        'tokenBucket: a rate with bursts. slidingWindow: at most limit calls in any window. aimd: a rate that rises step by step and is cut at 429, 503 and timeouts. adaptiveThrottle: refuses by chance while the target takes on less than a k-th of what it is asked (default tokenBucket)',
    },
    rate: arrivalRateSchema('tokenBucket: calls per second', { share: false }),
    burst: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000_000,
      description: 'tokenBucket, aimd: calls at once after a pause (default those of a second, at least 1)',
    },
    limit: { type: 'integer', minimum: 1, maximum: 100_000, description: 'slidingWindow: calls in any window' },
    window: quantitySchema('duration', 'length of the window of slidingWindow, and of adaptiveThrottle, default 2m'),
    maxWait: quantitySchema('duration', 'longest wait of a call for its turn, default 0s: it is refused at once'),
    initial: arrivalRateSchema('aimd: rate at the beginning, default 100/s', { share: false }),
    min: arrivalRateSchema('aimd: lowest rate, default 1/s', { share: false }),
    max: arrivalRateSchema('aimd: highest rate, default 10000/s', { share: false }),
    increase: quantitySchema('share', 'aimd: what each good second adds, of the initial rate, default 10%'),
    decrease: quantitySchema('share', 'aimd: what a cut leaves of the rate, default 50%'),
    k: {
      type: 'number',
      minimum: 1,
      maximum: 100,
      description: 'adaptiveThrottle: so many times what the target takes on is sent to it (default 2)',
    },
  },
  { description: 'Limits how often the target is asked.' },
)

/** What the schema cannot say: which settings belong together, and in which order rates must be. */
export function rateLimitProblems(raw: unknown, where: string): readonly Problem[] {
  const settings = raw as RawRateLimit
  const { algorithm = 'tokenBucket', window } = settings
  const { required, also } = settingsOf[algorithm]
  const known = [...required, ...also]
  const problems: Problem[] = Object.keys(settings)
    .filter((key) => key !== 'algorithm' && !known.includes(key))
    .map((key) => ({ where: `${where}/${key}`, message: `found with ${algorithm}, allowed: ${known.join(', ')}` }))
  for (const key of required) {
    if (!(key in settings)) problems.push({ where, message: `found no ${key}, required by ${algorithm}` })
  }
  for (const key of rates) {
    const message = settings[key] === undefined ? null : rateProblem(settings[key])
    if (message !== null) problems.push({ where: `${where}/${key}`, message })
  }
  if (window !== undefined && durationNs(window) === 0)
    problems.push({ where: `${where}/window`, message: `found ${JSON.stringify(window)}, allowed: longer than 0` })
  if (problems.length > 0 || algorithm !== 'aimd') return problems
  return aimdProblems(parseAimd(settings), where)
}

function rateProblem(raw: number | string): string | null {
  const zero = parseArrivalRate(raw)
  if (zero?.kind === 'absolute' && zero.perSecond === 0) return `found ${JSON.stringify(raw)}, allowed: above 0`
  return arrivalRateProblem(raw)
}

function aimdProblems({ initial, min, max, decrease }: AimdRateOptions, where: string): readonly Problem[] {
  const problems: Problem[] = []
  if (min > max) problems.push({ where: `${where}/min`, message: `found ${min}/s, allowed: up to max, ${max}/s` })
  else if (initial < min || initial > max)
    problems.push({
      where: `${where}/initial`,
      message: `found ${initial}/s, allowed: from min, ${min}/s, to max, ${max}/s`,
    })
  if (decrease <= 0 || decrease >= 1)
    problems.push({ where: `${where}/decrease`, message: `found ${decrease}, allowed: over 0 % and under 100 %` })
  return problems
}

/** Reads settings without problems. */
export function parseRateLimit(raw: unknown): RateLimitSettings {
  const settings = raw as RawRateLimit
  const { algorithm = 'tokenBucket', rate = 1, limit = 1, window, maxWait = '0s', k = 2 } = settings
  const maxWaitNs = durationNs(maxWait)
  switch (algorithm) {
    case 'tokenBucket': {
      const perSecond = perSecondOf(rate)
      return { algorithm, maxWaitNs, rate: perSecond, burst: settings.burst ?? ofSecond(perSecond) }
    }
    case 'slidingWindow':
      return { algorithm, maxWaitNs, limit, windowNs: durationNs(window) }
    case 'aimd':
      return { algorithm, maxWaitNs, ...parseAimd(settings) }
    case 'adaptiveThrottle':
      return { algorithm, k, windowNs: window === undefined ? 120 * nsPerSecond : durationNs(window) }
  }
}

function parseAimd(raw: RawRateLimit): AimdRateOptions {
  const { initial = 100, min = 1, max = 10_000, increase = '10%', decrease = '50%' } = raw
  return {
    initial: perSecondOf(initial),
    min: perSecondOf(min),
    max: perSecondOf(max),
    increase: shareOf(increase),
    decrease: shareOf(decrease),
    burst: raw.burst ?? ofSecond(perSecondOf(max)),
  }
}

function perSecondOf(raw: number | string): number {
  const rate = parseArrivalRate(raw)
  return rate?.kind === 'absolute' ? rate.perSecond : Number.NaN
}

/** The calls of a second, at least 1. */
function ofSecond(perSecond: number): number {
  return Math.max(1, Math.floor(perSecond))
}
