import type { Expected } from '../../workload/expect.ts'
import { isIdempotentMethod } from '../../workload/protocols/http.ts'
import type { ProtocolName, Protocols, WorkloadRequest } from '../../workload/workload.ts'
import type { CallOptions, HttpCall, TcpCall, WebSocketCall } from './context.ts'

/** A request as a script gives it, in the shape of one of a profile; everything of its reply is kept. */
function requestOf<Name extends ProtocolName>(
  message: Protocols[Name]['message'],
  { name, idempotent = false, expect = {} }: CallOptions & { readonly name: string },
  status: number | null,
): WorkloadRequest<Name> {
  const expected: Expected = { status: expect.status ?? status, body: expect.body ?? null, checks: [] }
  return {
    name,
    message,
    expect: expected,
    extract: [],
    idempotent,
    templated: false,
    keepReply: true,
    weight: 1,
    pause: { kind: 'none' },
  }
}

/** An HTTP request; it is named by its method and its path without the query. */
export function httpRequest(call: HttpCall): WorkloadRequest<'http'> {
  const { method = 'GET', path, headers = {}, body = '' } = call
  if (!path.startsWith('/') || /[\0-\x20\x7f]/u.test(path))
    throw new TypeError(`http: found the path ${JSON.stringify(path)}, allowed: one that begins with / and is escaped`)
  for (const [name, value] of Object.entries(headers))
    if (!/^[!#$%&'*+.^_`|~\w-]+$/u.test(name) || /[\0\r\n]/u.test(value))
      throw new TypeError(
        `http: found the header ${JSON.stringify(`${name}: ${value}`)}, allowed: a name, and one line`,
      )
  const json = typeof body !== 'string'
  const typed = json && !Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')
  return requestOf<'http'>(
    {
      method,
      path,
      headers: typed ? { ...headers, 'content-type': 'application/json' } : headers,
      body: { kind: 'text', text: json ? JSON.stringify(body) : body },
    },
    {
      ...call,
      name: call.name ?? `${method} ${path.split('?', 1)[0] ?? path}`,
      idempotent: call.idempotent ?? isIdempotentMethod(method),
    },
    null,
  )
}

/** A WebSocket message. */
export function webSocketRequest(send: string, call: WebSocketCall): WorkloadRequest<'websocket'> {
  const { replies = 1 } = call
  return requestOf<'websocket'>({ send, encoding: 'text', replies }, { ...call, name: call.name ?? 'ws' }, null)
}

/** A line over TCP. */
export function tcpRequest(send: string, call: TcpCall): WorkloadRequest<'tcp'> {
  return requestOf<'tcp'>(
    { send, encoding: 'text', replies: call.replies ?? 1 },
    { ...call, name: call.name ?? 'tcp' },
    null,
  )
}
