import { describe, expect, it } from 'vitest'
import { connectTimeout } from '../../../harness/faults/connect-timeout.ts'

describe('a connect that times out', () => {
  it('comes of a listener that is deaf, and waits for the limit of the client (F26, P7)', () => {
    expect(connectTimeout.active(connectTimeout.parse(true))).toBe(true)
    expect(connectTimeout.listener!(true)).toBe('deaf')
  })

  it('is disabled by an explicit false', () => {
    expect(connectTimeout.active(connectTimeout.parse(false))).toBe(false)
  })
})
