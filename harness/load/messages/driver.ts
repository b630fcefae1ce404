import type { Buffer } from 'node:buffer'
import type { Driver, DriverContext } from '../driver.ts'
import { connectionPool } from '../pooling.ts'
import { postponer } from '../postpone.ts'
import { MessageConnection } from './connection.ts'
import { MessageLane } from './lane.ts'
import { type PreparedMessage, prepareMessage } from './request.ts'
import type { OpenTransport } from './transport.ts'

/** A driver of a protocol with messages, on what that protocol has of its own. */
export function messageDriver<Name extends 'tcp' | 'websocket'>(
  name: Name,
  context: DriverContext<Name>,
  own: { readonly open: OpenTransport; readonly frame: (message: Buffer) => Buffer },
): Driver<Name, PreparedMessage> {
  const { counters, clock, timeoutNs } = context
  const unasked = `${name}.unasked`
  counters[unasked] ??= 0
  const options = { context, open: own.open, unasked, postpone: postponer() }
  const pool = connectionPool(context, (events) => new MessageConnection(options, events))
  return {
    prepare: (request) => prepareMessage(request, own.frame),
    lane: (listener) => new MessageLane({ pool, clock, timeoutNs }, listener),
    close: () => pool.close(clock.nowNs()),
  }
}
