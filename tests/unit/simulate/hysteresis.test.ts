import { describe, expect, test } from 'vitest'
import { parseClient } from '../../../harness/resilience/settings.ts'
import { goodputOf, type LoadSweep, sweepLoad } from '../../../harness/simulate/hysteresis.ts'

const retrying = parseClient({
  retry: { strategy: 'fixed', maxCalls: 2, baseDelay: '0ms' },
  timeout: { attempt: '1s' },
})
const target = { servers: 1, serviceNs: 1e9 / 300, distribution: 'fixed', order: 'fifo', expire: false } as const
const levels = [120, 140, 160, 200, 280]
const stall: LoadSweep['stall'] = { atNs: 5e9, forNs: 2e9 }

const sweep = (maxQueue: number, changes: Partial<LoadSweep> = {}, client = retrying) =>
  sweepLoad(
    { client, network: { delayNs: 0.5e6, lossShare: 0 }, target: { ...target, maxQueue }, arrival: 'poisson' },
    { levels, dwellNs: 40e9, stall, ...changes },
    1,
  )

describe('a sweep of the load up and down', () => {
  test('finds that with one retry only what is below half of the capacity recovers by itself', () => {
    const { up, down, highestUp, hiddenCapacity, capacity } = sweep(600)
    expect({ highestUp, hiddenCapacity, capacity }).toEqual({ highestUp: 140, hiddenCapacity: 140, capacity: 300 })
    expect(up.map(({ perSecond }) => perSecond)).toEqual(levels)
    expect(down.map(({ perSecond }) => perSecond)).toEqual(levels.toReversed())
    expect(up.at(-1)?.goodput).toBeLessThan(0.05)
  })

  test('finds that what a load begins it does not end: the way down is lost where the way up was not', () => {
    const swept = sweep(600, { levels: [...levels, 320], stall: { atNs: 0, forNs: 0 } })
    expect(swept).toMatchObject({ highestUp: 280, hiddenCapacity: 140 })
  })

  test('finds none of it without retries, or with a queue that is shorter than the timeout', () => {
    const once = parseClient({ timeout: { attempt: '1s' } })
    expect(sweep(600, {}, once)).toMatchObject({ highestUp: 280, hiddenCapacity: 280 })
    expect(sweep(150)).toMatchObject({ highestUp: 280, hiddenCapacity: 280 })
  })

  test('says that no level recovers where none does', () => {
    expect(sweep(600, { levels: [200, 280] })).toMatchObject({ highestUp: null, hiddenCapacity: null })
  })
})

test('the goodput of nothing is 0', () => {
  expect(goodputOf([])).toBe(0)
})
