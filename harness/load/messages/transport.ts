import type { MessageSink } from '../../kernel/framing.ts'
import type { ErrorClass } from '../../resilience/outcome.ts'
import type { PreparedMessage } from './request.ts'

/** What follows a message in the bytes that have come: nothing yet, another message, or the end of the connection. */
export type Following = 'nothing' | 'message' | 'close'

/** Told what becomes of a transport. A message comes as pieces and its end. */
export interface TransportListener extends MessageSink {
  /** Messages can be sent. */
  opened(): void
  /** The kernel has taken a message; told only of one that has no replies. */
  written(): void
  /** So many bytes have come; `message` is false for what belongs to no message, such as a ping. */
  received(bytes: number, message: boolean): void
  messageEnded(following: Following): void
  /** The peer has closed its side without a word. */
  ended(): void
  /** It is of no more use. `status`: with what the peer refused it, else 0. */
  failed(error: ErrorClass, detail: string, status: number): void
}

/** One connection of a protocol with messages, from when it is begun to its end. Tells nothing within `send`. */
export interface MessageTransport {
  /** Hands a message to the socket; gives the bytes, framing included. Only once it has opened. */
  send(request: PreparedMessage): number
  /** Cuts it; nothing is told any more. */
  destroy(): void
  /** Ends it as the protocol wants it; nothing is told any more. */
  close(): void
}

/** Begins a connection; nothing is told within this call. */
export type OpenTransport = (listener: TransportListener) => MessageTransport

/** Listens to a transport that has been ended. */
export const nobody: TransportListener = {
  opened() {},
  written() {},
  received() {},
  piece() {},
  messageEnded() {},
  ended() {},
  failed() {},
}
