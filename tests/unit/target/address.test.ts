import { expect, test } from 'vitest'
import { parseAddress } from '../../../harness/target/address.ts'

test.each([
  ['http://127.0.0.1:8080', { scheme: 'http', host: '127.0.0.1', port: 8080, url: 'http://127.0.0.1:8080' }],
  ['http://localhost/', { scheme: 'http', host: 'localhost', port: 80, url: 'http://localhost:80' }],
  ['https://[::1]', { scheme: 'https', host: '::1', port: 443, url: 'https://[::1]:443' }],
  ['tcp://127.0.0.1:7', { scheme: 'tcp', host: '127.0.0.1', port: 7, url: 'tcp://127.0.0.1:7' }],
  ['udp://[::1]:7', { scheme: 'udp', host: '::1', port: 7, url: 'udp://[::1]:7' }],
])('%s is an address', (url, expected) => {
  expect(parseAddress(url)).toEqual(expected)
})

test.each([
  'http://',
  'http://a:0',
  'http://a/path',
  'http://a?x',
  'http://a#x',
  'http://u@a',
  'http://:p@a',
  'tcp://127.0.0.1',
  'udp://127.0.0.1/x:1',
  'ftp://a:1',
  'a:1',
  '',
])('%s is none', (url) => {
  expect(parseAddress(url)).toBeUndefined()
})
