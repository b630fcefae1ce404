import { expect, test } from 'vitest'
import { protocolFitProblems } from '../../../harness/profile/protocol-fit.ts'

test.each([
  ['http', { protocol: 'http', version: '1.1' }],
  ['http2', { protocol: 'http', version: '2' }],
  ['udp', { protocol: 'udp' }],
  ['tcp', { protocol: 'http', script: './any.ts' }],
])('the built-in target %s is asked what it speaks', (builtin, workload) => {
  expect(protocolFitProblems({ target: { builtin }, workload })).toEqual([])
})

test.each([
  ['tcp', { protocol: 'http' }, '/workload/protocol'],
  ['http2', { protocol: 'http', version: '1.1' }, '/workload/version'],
  ['http', { protocol: 'http', version: '2' }, '/workload/version'],
  ['http', { protocol: 'websocket' }, '/workload/protocol'],
])('the built-in target %s asked otherwise is a problem with its place', (builtin, workload, where) => {
  expect(protocolFitProblems({ target: { builtin }, workload })).toMatchObject([{ where }])
})

test('a target of which nobody knows what it speaks is left alone', () => {
  expect(protocolFitProblems({ target: { url: 'http://127.0.0.1:1' }, workload: { protocol: 'tcp' } })).toEqual([])
})
