import type { OpenDriver } from '../driver.ts'
import { messageDriver } from '../messages/driver.ts'
import type { PreparedMessage } from '../messages/request.ts'
import { socketOpener } from '../messages/socket.ts'
import { WebSocketTransport } from './transport.ts'

/**
 * Opens the WebSocket driver: text or binary messages, and the messages that answer them. Bytes are those of frames; the
 * opening handshake is in none of them. Throws `tls-settings` (104); preparing a request throws `message-encoding` (104).
 */
export const openWebSocketDriver: OpenDriver<'websocket', PreparedMessage> = async (context) => {
  const { connection, host, port, clock } = context
  const openSocket = socketOpener(context, connection.tls, ['http/1.1'])
  const authority = authorityOf(host, port, connection.tls === null ? 80 : 443)
  return messageDriver('websocket', context, {
    open: (listener) => new WebSocketTransport({ ...connection, authority, openSocket, clock }, listener),
    frame: (message) => message,
  })
}

/** Host and port as the Host header has them (RFC 6455, section 4.1). */
function authorityOf(host: string, port: number, defaultPort: number): string {
  const name = host.includes(':') ? `[${host}]` : host
  return port === defaultPort ? name : `${name}:${port}`
}
