import { expect, test } from 'vitest'
import { parseClient } from '../../../harness/resilience/settings.ts'
import { shedLoad } from '../../../harness/simulate/shed-load.ts'

const scenario: Parameters<typeof shedLoad>[0] = {
  client: parseClient({ retry: { strategy: 'fixed', maxCalls: 2, baseDelay: '0ms' }, timeout: { attempt: '1s' } }),
  network: { delayNs: 0.5e6, lossShare: 0 },
  target: {
    servers: 1,
    serviceNs: 1e9 / 300,
    distribution: 'fixed',
    order: 'fifo',
    maxQueue: 600,
    expire: false,
  },
  perSecond: 280,
  arrival: 'poisson',
  durationNs: 70e9,
  stalls: [{ atNs: 10e9, forNs: 2e9 }],
}

const shed = (share: number, changes: Partial<typeof scenario> = {}) =>
  shedLoad({ ...scenario, ...changes }, { atNs: 30e9, forNs: 10e9, share }, 1)

test('half of the load is not little enough for ten seconds, as twice that drains 20 of 600 a second; a quarter is', () => {
  const half = shed(0.5)
  expect(half.cured).toBe(false)
  expect(half.before).toBeLessThan(0.05)
  expect(half.after).toBeLessThan(0.05)
  expect(shed(0.25)).toMatchObject({ cured: true })
})

test('a queue without a limit has grown too long for it', () => {
  expect(shed(0, { target: { ...scenario.target, maxQueue: null } }).cured).toBe(false)
})

test('what was not lost is not cured', () => {
  const { before, cured } = shed(0.5, { stalls: [] })
  expect(before).toBeGreaterThan(0.95)
  expect(cured).toBe(false)
})
