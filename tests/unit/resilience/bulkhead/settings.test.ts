import { describe, expect, it } from 'vitest'
import { bulkheadProblems, parseBulkhead } from '../../../../harness/resilience/bulkhead/settings.ts'

describe("a bulkhead's settings", () => {
  it('are ten slots and a line of a hundred where nothing is said (S14)', () => {
    expect(parseBulkhead({})).toEqual({
      maxConcurrent: 10,
      maxQueue: 100,
      maxWaitNs: null,
      per: 'client',
      isolation: 'strict',
    })
  })

  it.each([
    ['database', 20, 10],
    ['agent', 50, 30],
    ['externalApi', 10, 60],
    ['file', 5, 120],
  ])('come from the preset %s, but for what is said (S14)', (preset, maxConcurrent, seconds) => {
    expect(parseBulkhead({ preset })).toMatchObject({ maxConcurrent, maxWaitNs: seconds * 1e9, maxQueue: 100 })
    expect(parseBulkhead({ preset, maxConcurrent: 3, maxWait: '1s' })).toMatchObject({
      maxConcurrent: 3,
      maxWaitNs: 1e9,
    })
  })

  it('may not share what nobody else has, nor wait for no time', () => {
    expect(bulkheadProblems({ isolation: 'shared', maxWait: '0ms' }, '/b')).toEqual([
      {
        where: '/b/isolation',
        message:
          'found "shared" with per "client", allowed: per "request", for a client alone has nobody to share with',
      },
      { where: '/b/maxWait', message: 'found "0ms", allowed: longer than 0; maxQueue 0 is for no wait at all' },
    ])
    expect(bulkheadProblems({ isolation: 'shared', per: 'request', maxWait: '1ms' }, '/b')).toEqual([])
  })
})
