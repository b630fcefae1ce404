import type { ScriptReply } from './reply.ts'

/** What may be said of any call of a script. */
export interface CallOptions {
  /** Under which it is counted; after so many distinct names everything else is counted as "other". */
  readonly name?: string
  /** What the answer must be, else the call has failed. */
  readonly expect?: { readonly status?: number | null; readonly body?: string }
  /** Whether sending it twice is the same as sending it once; for HTTP by its method when absent. */
  readonly idempotent?: boolean
}

/** One HTTP request of a script. */
export interface HttpCall extends CallOptions {
  readonly method?: string
  /** Path and query, beginning with `/`. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as it is; anything but a text goes out as JSON. */
  readonly body?: unknown
}

type HttpOptions = Omit<HttpCall, 'method' | 'path'>

/** Sends HTTP requests to the target. A failure of the target resolves, with `ok` false. */
export interface ScriptHttp {
  (call: string | HttpCall): Promise<ScriptReply>
  get(path: string, options?: HttpOptions): Promise<ScriptReply>
  head(path: string, options?: HttpOptions): Promise<ScriptReply>
  delete(path: string, options?: HttpOptions): Promise<ScriptReply>
  post(path: string, body?: unknown, options?: HttpOptions): Promise<ScriptReply>
  put(path: string, body?: unknown, options?: HttpOptions): Promise<ScriptReply>
  patch(path: string, body?: unknown, options?: HttpOptions): Promise<ScriptReply>
}

export interface WebSocketCall extends CallOptions {
  /** Messages to wait for, 1 when absent. */
  readonly replies?: number
}

export interface TcpCall extends CallOptions {
  /** Messages to wait for, 1 when absent. */
  readonly replies?: number
}

/** What an iteration can see of where it is. */
export interface ScriptData {
  /** Number of the user over all workers, from 0. */
  readonly user: number
  /** Number of the user's iteration, from 0. */
  readonly iteration: number
  readonly variables: Readonly<Record<string, string>>
  /** This iteration's row of each feed. */
  readonly feeds: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** From 0 up to, not including, 1; by the seed of the run. */
  random(): number
}

/** What a script's iteration is given. */
export interface ScriptContext {
  readonly http: ScriptHttp
  /** Sends a WebSocket message to the target and waits for its answer; the user's connection is kept. */
  readonly ws: (send: string, options?: WebSocketCall) => Promise<ScriptReply>
  /** Sends a message of one line over TCP to the target and waits for the answering line; the connection is kept. */
  readonly tcp: (send: string, options?: TcpCall) => Promise<ScriptReply>
  /**
   * Holds conditions against a reply; the first that is not true makes its call a failure of class `check`. Returns
   * whether all hold.
   */
  readonly check: (reply: ScriptReply, conditions: Readonly<Record<string, (reply: ScriptReply) => unknown>>) => boolean
  /** Waits on the clock of the run: ms, or a duration with its unit such as "250ms". */
  readonly sleep: (duration: number | string) => Promise<void>
  readonly data: ScriptData
  /** Aborts when the iteration is cut off. */
  readonly signal: AbortSignal
}
