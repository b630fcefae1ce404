import { frameMessage } from '../../kernel/framing.ts'
import type { OpenDriver } from '../driver.ts'
import { messageDriver } from '../messages/driver.ts'
import type { PreparedMessage } from '../messages/request.ts'
import { socketOpener } from '../messages/socket.ts'
import { TcpTransport } from './transport.ts'

/**
 * Opens the TCP driver: messages of one framing, and the messages that answer them. Throws `tls-settings` (104);
 * preparing a request throws `message-size` or `message-encoding` (104).
 */
export const openTcpDriver: OpenDriver<'tcp', PreparedMessage> = async (context) => {
  const { connection, clock } = context
  const openSocket = socketOpener(context, connection.tls, [])
  return messageDriver('tcp', context, {
    open: (listener) => new TcpTransport({ ...connection, openSocket, clock }, listener),
    frame: (message) => frameMessage(connection.framing, message),
  })
}
