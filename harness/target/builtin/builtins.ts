import type { Framing } from '../../kernel/framing.ts'
import type { DependencySettings } from './dependency.ts'
import type { BuiltinOptions, BuiltinServer } from './service.ts'

/** Everything that some built-in server takes; each heeds what it `takes`. */
export interface StartOptions extends BuiltinOptions {
  readonly socketPath: string | null
  readonly framing: Framing
  readonly dependency?: DependencySettings | null
}

/** A server that comes with soakrig. */
interface Builtin {
  /** Settings it has besides the knobs. */
  readonly takes: readonly ('tls' | 'socketPath' | 'framing' | 'dependency')[]
  /** Whether it answers HTTP/1.1, and so serves `/stats` itself as long as it has no TLS. */
  readonly http1: boolean
  /** Starts it in this process; its code is loaded only now. Rejects with `port-taken` (106). */
  readonly start: (options: StartOptions) => Promise<BuiltinServer>
}

/** All built-in servers, by the name that a profile's `builtin` has. */
export const builtins = {
  http: {
    takes: ['tls', 'socketPath', 'dependency'],
    http1: true,
    start: async (options) => (await import('./http.ts')).startHttpTarget(options),
  },
  http2: {
    takes: ['tls'],
    http1: false,
    start: async (options) => (await import('./http2.ts')).startHttp2Target(options),
  },
  grpc: {
    takes: ['tls'],
    http1: false,
    start: async (options) => (await import('./grpc.ts')).startGrpcTarget(options),
  },
  websocket: {
    takes: ['tls'],
    http1: false,
    start: async (options) => (await import('./websocket.ts')).startWebSocketTarget(options),
  },
  tcp: {
    takes: ['tls', 'framing'],
    http1: false,
    start: async (options) => (await import('./tcp.ts')).startTcpTarget(options),
  },
  udp: {
    takes: [],
    http1: false,
    start: async (options) => (await import('./udp.ts')).startUdpTarget(options),
  },
} as const satisfies Record<string, Builtin>

export type BuiltinName = keyof typeof builtins

/** Their names, in the order of the table. */
export const builtinNames = Object.keys(builtins) as readonly BuiltinName[]

/** The member of the table. */
export function builtinOf(name: BuiltinName): Builtin {
  return builtins[name]
}
