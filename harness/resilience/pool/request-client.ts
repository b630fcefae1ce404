import { parseQuantity } from '../../kernel/units.ts'
import { badPolicy } from '../checked-client.ts'
import { OpenClient } from '../promise/open-client.ts'
import { wrap } from '../promise/wrap.ts'
import { type RequestOptions, type RequestStats, Requests, type RequestsOptions } from './requests.ts'

/** Sends one attempt; the signal aborts when it is given up. */
export type Send<Payload, Response> = (payload: Payload, signal: AbortSignal) => PromiseLike<Response> | Response

export interface RequestClientOptions<Payload, Response> extends RequestsOptions<Payload, Response> {
  readonly send: Send<Payload, Response>
}

/** A client that sends requests with a timeout per attempt and policies around them, and counts both. */
export class RequestClient<Payload, Response> implements Disposable {
  readonly #requests: Requests<Payload, Response>

  /** Throws `bad-policy` (104) for policies or a timeout that cannot be used, such as a negative one; 0 can. */
  constructor(options: RequestClientOptions<Payload, Response>) {
    const { send, timeouts } = withTimeout(options.send, options)
    this.#requests = new Requests(
      options,
      async (payload, signal, sending) => {
        sending()
        return send(payload, signal)
      },
      timeouts,
    )
  }

  /**
   * Sends a request; resolves with its response. Rejects with what `send` threw, with a `PolicyError` where a policy or the
   * timeout ended it, or with the reason of its own signal.
   */
  request(payload: Payload, options: RequestOptions<Payload, Response> = {}): Promise<Response> {
    return this.#requests.request(payload, options)
  }

  /** Its policies, with what they count. */
  get client(): OpenClient {
    return this.#requests.client
  }

  stats(): RequestStats {
    return this.#requests.stats()
  }

  /** Mean time of the attempts that were answered, in ms; 0 where none was. */
  get averageResponseTimeMs(): number {
    return this.#requests.responseTimes.meanMs
  }

  /** Percentile `p`, from 0 to 1, of those times in ms, within 0.1 %; 0 where there are none. */
  responseTimePercentileMs(p: number): number {
    return this.#requests.responseTimes.percentileMs(p)
  }

  /** The same of the operations that succeeded, with all of their waits and attempts. */
  operationTimePercentileMs(p: number): number {
    return this.#requests.operationTimes.percentileMs(p)
  }

  /** Frees what no garbage collector knows of; response times are gone then. */
  [Symbol.dispose](): void {
    this.#requests.close()
  }
}

/** A function that ends when its time is over, and how often that has happened; as it is where it has no limit. */
export function withTimeout<Args extends unknown[], Response>(
  send: (...args: [...Args, AbortSignal]) => PromiseLike<Response> | Response,
  { timeout, clock, name = 'request' }: Pick<RequestsOptions<unknown, Response>, 'timeout' | 'clock' | 'name'>,
): {
  readonly send: (...args: [...Args, AbortSignal]) => PromiseLike<Response> | Response
  readonly timeouts: () => number
} {
  if (timeout === undefined) return { send, timeouts: () => 0 }
  const parsed = parseQuantity('duration', timeout)
  if ('problem' in parsed) throw badPolicy(name, [{ where: '/timeout', message: parsed.problem }])
  // Not checked as that of a profile: a program may come to have no time left at all.
  const client = new OpenClient({ timeout: { attempt: timeout } }, clock ? { clock } : {})
  const limited = wrap((...args: [...Args, AbortSignal]) => send(...args), client, {
    name,
    signalOf: (...args) => args.at(-1) as AbortSignal,
    withSignal: (args, signal) => [...args.slice(0, -1), signal] as unknown as [...Args, AbortSignal],
  })
  return { send: limited, timeouts: () => client.counters()['timeouts'] ?? 0 }
}
