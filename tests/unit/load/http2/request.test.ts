import { expect, test } from 'vitest'
import { prepareHttp2 } from '../../../../harness/load/http2/request.ts'
import type { HttpMessage } from '../../../../harness/workload/protocols/http.ts'
import { httpRequest } from '../../../support/http1.ts'

const authority = { host: 'localhost', port: 80, secure: false, cookies: false }

test.each<[string, Partial<HttpMessage>, string]>([
  [
    'two spellings of one header',
    { headers: { 'Content-Type': 'a', 'content-type': 'b' } },
    '"content-type", which is there twice',
  ],
  ['a tunnel', { method: 'CONNECT' }, 'method "CONNECT"'],
  ['a method that is none', { method: 'GET /' }, 'method "GET /"'],
  ['a header that is none', { headers: { ':path': '/' } }, 'header ":path: /"'],
  ['a header of two lines', { headers: { a: 'b\r\nc: d' } }, 'header'],
  ['a path with a blank', { path: '/a b' }, 'path "/a b"'],
])('%s is refused when the request is made ready, not when it is sent', (_what, message, problem) => {
  expect(() => prepareHttp2(httpRequest(message), authority)).toThrow(problem)
})
