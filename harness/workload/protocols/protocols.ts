import type { ProtocolMember } from '../protocol-member.ts'
import type { ProtocolName, Protocols } from '../workload.ts'
import { grpc } from './grpc.ts'
import { http } from './http.ts'
import { tcp } from './tcp.ts'
import { udp } from './udp.ts'
import { websocket } from './websocket.ts'

/** Every protocol by its keyword; the first is the default. */
export const protocols: {
  readonly [Name in ProtocolName]: ProtocolMember<Protocols[Name]['connection'], Protocols[Name]['message']>
} = { http, websocket, grpc, tcp, udp }
