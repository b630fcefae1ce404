import type { Clock } from '../../kernel/clock.ts'
import type { Rng } from '../../kernel/rng.ts'
import type { Knobs } from './knobs.ts'

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
  /** Connections open now. */
  readonly open: number
  readonly leakedBytes: number
}

/** What the built-in servers of all protocols have in common: they count, and carry out the knobs. */
export interface Service {
  /** Counts a connection; what it gives is to be called when that closes. */
  connected(): () => void
  /**
   * Counts a request and carries out the knobs, after `extraDelayNs` that the request itself asks for. Answers once,
   * at once when no knob is on, never when the server dies of it. `failed`: the error share wants an error, counted here.
   */
  request(extraDelayNs: number, answer: (failed: boolean) => void): void
  stats(): TargetStats
}

/** Makes the service of one server; stalls count from now. `die` is called for the request that `dieAfter` names. */
export function createService(
  { knobs, clock, rng }: Pick<BuiltinOptions, 'knobs' | 'clock' | 'rng'>,
  die: () => void,
): Service {
  const startNs = clock.nowNs()
  const active = doesAnything(knobs)
  const leaked: Buffer[] = []
  let requests = 0
  let errors = 0
  let connections = 0
  let open = 0

  const spend = (): void => {
    const endNs = clock.nowNs() + knobs.cpuTimeNs
    while (knobs.cpuTimeNs > 0 && clock.nowNs() < endNs);
  }
  const finish = (answer: (failed: boolean) => void): void => {
    spend()
    const failed = knobs.errorShare > 0 && rng.next() < knobs.errorShare
    if (failed) errors++
    const waitNs = heldNs(knobs.stall, clock.nowNs() - startNs)
    if (waitNs > 0) clock.after(waitNs, () => answer(failed))
    else answer(failed)
  }

  return {
    connected: () => {
      connections++
      open++
      return () => void open--
    },
    request: (extraDelayNs, answer) => {
      requests++
      if (requests === knobs.dieAfter) return die()
      if (!active && extraDelayNs === 0) return answer(false)
      // Filled with something else than zeros, or the pages would never become resident.
      if (knobs.leakBytes > 0) leaked.push(Buffer.alloc(knobs.leakBytes, 1))
      const waitNs = knobs.serviceTimeNs + extraDelayNs
      if (waitNs > 0) clock.after(waitNs, () => finish(answer))
      else finish(answer)
    },
    stats: () => ({ requests, errors, connections, open, leakedBytes: leaked.length * knobs.leakBytes }),
  }
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
    knobs.stall !== undefined
  )
}
