import { describe, expect, test } from 'vitest'
import { isLoopback, mayDial } from '../../../harness/kernel/loopback.ts'

describe('loopback', () => {
  test.each(['127.0.0.1', '127.255.1.2', '::1', '0:0:0:0:0:0:0:1'])('is %s', (address) => {
    expect(isLoopback(address)).toBe(true)
  })

  test.each(['128.0.0.1', '10.0.0.1', '0.0.0.0', '::', '::2', 'fe80::1', 'localhost', '127.0.0.1.example', ''])(
    'is not %j',
    (address) => {
      expect(isLoopback(address)).toBe(false)
    },
  )
})

describe('dialling', () => {
  test('goes to loopback, and elsewhere only by a named address or host', () => {
    expect(mayDial('127.0.0.1', 'localhost', [])).toBe(true)
    expect(mayDial('10.0.0.1', 'db.test', [])).toBe(false)
    expect(mayDial('10.0.0.1', 'db.test', ['10.0.0.2', 'db'])).toBe(false)
    expect(mayDial('10.0.0.1', 'db.test', ['db.test'])).toBe(true)
    expect(mayDial('10.0.0.1', 'db.test', ['10.0.0.1'])).toBe(true)
  })
})
