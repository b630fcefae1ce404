import { parseQuantity } from '../kernel/units.ts'
import { parseArrivalRate } from '../kernel/arrival-rate.ts'
import { badFlag, wholeNumber } from './bad-flag.ts'

/** The load model as ad hoc load is told it on the command line, as it was written. */
export interface LoadModelFlags {
  /** Closed loops at the beginning; with a rate, sockets. */
  readonly connections: string | undefined
  /** Makes the load an open one. */
  readonly rate: string | undefined
  readonly arrival: string | undefined
  readonly maxInFlight: string | undefined
  /** Iterations after which the load ends. */
  readonly requests: string | undefined
  /** `DURATION:LEVEL`, in their order. */
  readonly stage: readonly string[] | undefined
  readonly think: string | undefined
  readonly processes: string
}

/** What ad hoc load is without flags: as many closed loops, for so long. */
const defaults = { connections: 50, duration: '10s' } as const

/** The longest that a number of requests may take where no duration was asked for. */
const countedDuration = '1d'

/** The `load` of a profile that does what the flags say. Throws `bad-flag` (104). */
export function loadDocumentOf(flags: LoadModelFlags): object {
  const common = {
    processes: wholeNumber('--processes', flags.processes),
    ...(flags.requests !== undefined && { iterations: wholeNumber('--requests', flags.requests) }),
  }
  return { ...common, ...(flags.rate === undefined ? closedOf(flags) : openOf(flags.rate, flags)) }
}

function closedOf({ connections, arrival, maxInFlight, stage = [], think }: LoadModelFlags): object {
  if (arrival !== undefined) throw badFlag('--arrival', arrival, 'only beside --rate')
  if (maxInFlight !== undefined) throw badFlag('--max-in-flight', maxInFlight, 'only beside --rate')
  const stages = stage.map((text) => {
    const { duration, level } = stageOf(text)
    return { duration, workers: wholeNumber('--stage', level) }
  })
  const otherwise = stages.length > 0 ? 0 : defaults.connections
  return {
    model: 'closed',
    workers: connections === undefined ? otherwise : wholeNumber('--connections', connections),
    ...(think !== undefined && { think }),
    stages,
  }
}

function openOf(rate: string, { connections, arrival, maxInFlight, stage = [], think }: LoadModelFlags): object {
  if (think !== undefined) throw badFlag('--think', think, 'only without --rate, whose arrivals wait for nothing')
  return {
    model: 'open',
    rate: perSecond('--rate', rate),
    ...(arrival !== undefined && { arrival }),
    ...(maxInFlight !== undefined && { maxInFlight: wholeNumber('--max-in-flight', maxInFlight) }),
    ...(connections !== undefined && { connections: wholeNumber('--connections', connections) }),
    stages: stage.map((text) => {
      const { duration, level } = stageOf(text)
      return { duration, rate: perSecond('--stage', level) }
    }),
  }
}

/** A rate that is checked here, since ad hoc load has nothing to take a share of. */
function perSecond(flag: string, text: string): string {
  if (parseArrivalRate(text)?.kind === 'absolute') return text
  throw badFlag(flag, text, 'arrivals per second, such as 500, 500/s or 30/m')
}

/** `30s:100`; a bare duration is in seconds. */
function stageOf(text: string): { readonly duration: string; readonly level: string } {
  const [, written = '', level = ''] = /^([^:]+):([^:]+)$/u.exec(text) ?? []
  const duration = /^\d+(\.\d+)?$/u.test(written) ? `${written}s` : written
  if ('value' in parseQuantity('duration', duration)) return { duration, level }
  throw badFlag('--stage', text, 'DURATION:WORKERS, or DURATION:RATE beside --rate, such as 30s:100')
}

/** How long ad hoc load lasts where nobody says so: until its requests are done, until its stages are, or a while. */
export function durationOf({ requests, stage = [] }: LoadModelFlags): string {
  if (requests !== undefined) return countedDuration
  const durations = stage.map((text) => parseQuantity('duration', stageOf(text).duration))
  const ns = durations.reduce((sum, parsed) => sum + ('value' in parsed ? parsed.value : 0), 0)
  return ns === 0 ? defaults.duration : `${ns}ns`
}
