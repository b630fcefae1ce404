import type { Clock } from '../../kernel/clock.ts'
import type { Rng } from '../../kernel/rng.ts'
import type { Knobs } from './knobs.ts'
import { type Fate, ServiceQueue, type ServiceQueueStats } from './service-queue.ts'

/** How a built-in server is started. */
export interface BuiltinOptions {
  readonly host: string
  /** 0 for a free one. */
  readonly port: number
  readonly knobs: Knobs
  /** PEM texts; with the authority of clients, each must show a certificate of it. Null for no TLS. */
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa: string | null } | null
  readonly clock: Clock
  readonly rng: Rng
  /** Called instead of answering the request that `dieAfter` names; without it the server closes. */
  readonly onDeath?: () => void
}

/** A built-in server that listens. */
export interface BuiltinServer extends AsyncDisposable {
  readonly url: string
  readonly host: string
  readonly port: number
  stats(): TargetStats
  /** Stops listening and cuts all connections. */
  close(): Promise<void>
}

/** What a built-in server says of itself; requests for just that are in none of it. */
export interface TargetStats {
  /** Requests received. */
  readonly requests: number
  /** Answers that are errors. */
  readonly errors: number
  /** Connections accepted. */
  readonly connections: number
  /** Connections open now, and the most that ever were. */
  readonly open: number
  readonly peakOpen: number
  /** Requests that waited for their answer at once, at most. */
  readonly peakRequests: number
  readonly leakedBytes: number
  /** Of a server with a capacity. */
  readonly queue?: ServiceQueueStats
}

/** Why a server with a capacity did not serve a request. */
export type Unserved = Exclude<Fate, 'served'>

/** Whoever asks: until when, and whether still. */
export interface Asker {
  /** Absolute; Infinity for ever. */
  readonly deadlineNs: number
  readonly isGone: () => boolean
}

/** Somebody who waits for as long as it takes, unless it goes. */
export function askerUntil(isGone: () => boolean): Asker {
  return { deadlineNs: Number.POSITIVE_INFINITY, isGone }
}

const patient = askerUntil(() => false)

/** What the built-in servers of all protocols have in common: they count, and carry out the knobs. */
export interface Service {
  /** Counts a connection; what it gives is to be called when that closes. */
  connected(): () => void
  /**
   * Counts a request and carries out the knobs, after `extraDelayNs` that the request itself asks for. Answers once,
   * at once when no knob is on, never when the server dies of it. `failed`: the error share wants an error, or the request
   * was not served for want of capacity; counted here.
   */
  request(extraDelayNs: number, answer: Answer, asker?: Asker): void
  /** Nobody is served for so long; false where no capacity is set, so that there is nothing to stall. */
  readonly stall: (forNs: number) => boolean
  stats(): TargetStats
}

type Answer = (failed: boolean, unserved?: Unserved) => void

type ServiceOptions = Pick<BuiltinOptions, 'knobs' | 'clock' | 'rng'>

/** Makes the service of one server; stalls count from now. `die` is called for the request that `dieAfter` names. */
export function createService(options: ServiceOptions, die: () => void): Service {
  const { knobs } = options
  const active = doesAnything(knobs)
  const leaked: Buffer[] = []
  const counts = { requests: 0, errors: 0, connections: 0, open: 0, peakOpen: 0, peakRequests: 0 }
  const { carryOut, queue } = createWork(options, counts)
  let unanswered = 0

  return {
    connected: () => {
      counts.connections++
      counts.peakOpen = Math.max(counts.peakOpen, ++counts.open)
      return () => void counts.open--
    },
    request: (extraDelayNs, answer, asker = patient) => {
      counts.requests++
      counts.peakRequests = Math.max(counts.peakRequests, unanswered + 1)
      if (counts.requests === knobs.dieAfter) return die()
      if (!active && extraDelayNs === 0) return answer(false)
      // Filled with something else than zeros, or the pages would never become resident.
      if (knobs.leakBytes > 0) leaked.push(Buffer.alloc(knobs.leakBytes, 1))
      unanswered++
      const answered: Answer = (failed, unserved) => {
        unanswered--
        answer(failed, unserved)
      }
      carryOut(extraDelayNs, answered, asker)
    },
    stall: (forNs) => {
      queue?.stall(forNs)
      return queue !== undefined
    },
    stats: () => ({ ...counts, leakedBytes: leaked.length * knobs.leakBytes, ...(queue && { queue: queue.stats() }) }),
  }
}

/** What is done for each request before it is answered. */
interface Work {
  readonly carryOut: (extraNs: number, answer: Answer, asker: Asker) => void
  /** Of a server with a capacity: what waits for being served, before anything else is done. */
  readonly queue: ServiceQueue | undefined
}

function createWork({ knobs, clock, rng }: ServiceOptions, counts: { errors: number }): Work {
  const startNs = clock.nowNs()
  const queue = knobs.capacity && new ServiceQueue(knobs.capacity, { clock, rng: rng.fork('capacity') })
  const spend = (): void => {
    const endNs = clock.nowNs() + knobs.cpuTimeNs
    while (knobs.cpuTimeNs > 0 && clock.nowNs() < endNs);
  }
  const finish = (answer: Answer): void => {
    spend()
    const failed = knobs.errorShare > 0 && rng.next() < knobs.errorShare
    if (failed) counts.errors++
    const late = knobs.tail !== undefined && rng.next() < knobs.tail.share
    const waitNs = Math.max(late ? knobs.tail.delayNs : 0, heldNs(knobs.stall, clock.nowNs() - startNs))
    if (waitNs > 0) clock.after(waitNs, () => answer(failed))
    else answer(failed)
  }
  const wait = (waitNs: number, answer: Answer): void => {
    if (waitNs > 0) clock.after(waitNs, () => finish(answer))
    else finish(answer)
  }
  if (!queue) return { queue, carryOut: (extraNs, answer) => wait(knobs.serviceTimeNs + extraNs, answer) }
  const carryOut: Work['carryOut'] = (extraNs, answer, { deadlineNs, isGone }) => {
    const ended = (fate: Fate): void => {
      if (fate === 'served') return wait(knobs.serviceTimeNs, answer)
      counts.errors++
      answer(true, fate)
    }
    queue.offer({ deadlineNs, extraNs, isGone, ended })
  }
  return { queue, carryOut }
}

/** How long answers are held at a moment of the stall's period, which ends with the stall; 0 outside of it. */
export function heldNs(stall: Knobs['stall'], elapsedNs: number): number {
  if (!stall) return 0
  const leftNs = stall.everyNs - (elapsedNs % stall.everyNs)
  return leftNs <= stall.forNs ? leftNs : 0
}

function doesAnything(knobs: Knobs): boolean {
  return (
    knobs.serviceTimeNs > 0 ||
    knobs.cpuTimeNs > 0 ||
    knobs.errorShare > 0 ||
    knobs.leakBytes > 0 ||
    knobs.stall !== undefined ||
    knobs.tail !== undefined ||
    knobs.capacity !== undefined
  )
}
