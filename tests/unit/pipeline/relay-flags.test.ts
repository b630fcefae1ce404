import { describe, expect, test } from 'vitest'
import { parseEndpoint } from '../../../harness/pipeline/flags.ts'
import { parseDnsNames, parseJsonOrFile } from '../../../harness/pipeline/relay-flags.ts'
import { addressFor, parseRunUpstreams } from '../../../harness/pipeline/run-paths.ts'

describe('names of a resolver', () => {
  test('are pairs in one flag or in several; one name may have several addresses', () => {
    expect(parseDnsNames(['db.test=127.0.0.1, DB.test=::1', 'web.test=127.0.0.2'])).toEqual({
      'db.test': ['127.0.0.1', '::1'],
      'web.test': ['127.0.0.2'],
    })
  })

  test.each(['db.test', 'db.test=', '=127.0.0.1', 'db.test=localhost', 'db.test=127.0.0.1=::1', ''])(
    'are not %j',
    (text) => {
      expect(() => parseDnsNames([text])).toThrow('NAME=ADDRESS')
    },
  )
})

describe('rules of a flag', () => {
  test('are JSON', () => {
    expect(parseJsonOrFile('--rules', '[1]')).toEqual([1])
  })

  test.each(['[', '@/none.json', `@${import.meta.filename}`])('are not %s', (text) => {
    expect(() => parseJsonOrFile('--rules', text)).toThrow('--rules: found')
  })
})

describe('an upstream of a command', () => {
  test('names the variable that is set', () => {
    const upstream = { host: '::1', port: 6379 }
    expect(parseRunUpstreams(['REDIS=[::1]:6379'])).toEqual([{ env: 'REDIS', upstream }])
  })

  test.each(['REDIS', '=a:1', '1A=a:1', 'A B=a:1', 'A='])('is not %j', (text) => {
    expect(() => parseRunUpstreams([text])).toThrow('VARIABLE=HOST:PORT')
  })

  test('is told by a variable of its own', () => {
    expect(() => parseRunUpstreams(['A=a:1', 'A=a:2'])).toThrow('found "A twice"')
  })

  test.each([
    ['PORT', '6379'],
    ['REDIS_PORT', '6379'],
    ['redis_port', '6379'],
    ['REDIS', '127.0.0.1:6379'],
    ['PASSPORT', '127.0.0.1:6379'],
  ])('is told to %s as %s', (env, value) => {
    expect(addressFor(env, { host: '127.0.0.1', port: 6379 })).toBe(value)
  })

  test('has an address of v6 in brackets', () => {
    expect(addressFor('X', { host: '::1', port: 1 })).toBe('[::1]:1')
  })
})

test('an endpoint with a port that there is not is told up to which there are', () => {
  expect(() => parseEndpoint('--metrics', '127.0.0.1:99999')).toThrow('a port up to 65535')
  expect(parseEndpoint('--metrics', '127.0.0.1:65535')).toEqual({ host: '127.0.0.1', port: 65_535 })
})
