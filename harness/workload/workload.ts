import type { Expected } from './expect.ts'
import type { Extraction } from './extract.ts'
import type { Feed } from './feed.ts'
import type { GrpcConnection, GrpcMessage } from './protocols/grpc.ts'
import type { HttpConnection, HttpMessage } from './protocols/http.ts'
import type { TcpConnection, TcpMessage } from './protocols/tcp.ts'
import type { UdpConnection, UdpMessage } from './protocols/udp.ts'
import type { WebSocketConnection, WebSocketMessage } from './protocols/websocket.ts'

/** Settings of connections and messages, by protocol. Plain data, sent to the workers as it is. */
export interface Protocols {
  readonly http: { readonly connection: HttpConnection; readonly message: HttpMessage }
  readonly websocket: { readonly connection: WebSocketConnection; readonly message: WebSocketMessage }
  readonly grpc: { readonly connection: GrpcConnection; readonly message: GrpcMessage }
  readonly tcp: { readonly connection: TcpConnection; readonly message: TcpMessage }
  readonly udp: { readonly connection: UdpConnection; readonly message: UdpMessage }
}

export type ProtocolName = keyof Protocols

/** One kind of request: what is sent, and what must come back. */
export interface WorkloadRequest<Name extends ProtocolName = ProtocolName> {
  /** Unique in the workload. */
  readonly name: string
  readonly message: Protocols[Name]['message']
  readonly expect: Expected
  /** What later steps of the same iteration may use. */
  readonly extract: readonly Extraction[]
  /** Whether sending it twice is the same as sending it once. */
  readonly idempotent: boolean
  /** True when the message holds `{{name}}`: it is rendered for each operation. */
  readonly templated: boolean
  /** True where everything of the reply is kept, for a script to look at. */
  readonly keepReply?: boolean
  /** Its part in the mix: that of its scenario. */
  readonly weight: number
  /** Waits before this step, after the one before it has ended. */
  readonly pause: Pause
}

/** Think time; the bounds of `uniform`, the mean of `exponential`. */
export type Pause =
  | { readonly kind: 'none' }
  | { readonly kind: 'fixed'; readonly ns: number }
  | { readonly kind: 'uniform'; readonly fromNs: number; readonly toNs: number }
  | { readonly kind: 'exponential'; readonly meanNs: number }

/** What one iteration does: steps in their order, ended by the first that fails. A plain request is a scenario of one step. */
export interface Scenario {
  readonly name: string
  /** Part in the mix, relative to the other weights; over 0. */
  readonly weight: number
  /** Indexes into `requests`. */
  readonly steps: readonly number[]
}

/** What is asked of the target. */
export interface Workload<Name extends ProtocolName = ProtocolName> {
  readonly protocol: Name
  readonly connection: Protocols[Name]['connection']
  /** Limit of one attempt. */
  readonly timeoutNs: number
  /** Every step of every scenario; results count by these. Empty for a script. */
  readonly requests: readonly WorkloadRequest<Name>[]
  /** Drawn by weight for each iteration. Empty for a script. */
  readonly scenarios: readonly Scenario[]
  readonly variables: Readonly<Record<string, string>>
  readonly feeds: readonly Feed[]
  /** Absolute path of a module whose default export is an iteration; null for none. */
  readonly script: string | null
}
