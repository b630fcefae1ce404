import { expect, test } from 'vitest'
import { createArm } from '../../../harness/plan/arms.ts'
import { measureOverheads } from '../../../harness/pipeline/overhead.ts'
import { parseClient } from '../../../harness/resilience/settings.ts'

const arm = (id: string, raw: Parameters<typeof parseClient>[0]) => ({
  ...createArm({ discardNs: 0, sliceNs: 0, drainNs: 0 } as Parameters<typeof createArm>[0], 'policy', {
    kind: 'client',
    path: 'direct',
    policy: id,
    client: parseClient(raw),
  }),
  id,
})

test('the overhead of a client is some nanoseconds an operation; arms of one client share a measurement', async () => {
  const retry = { retry: { baseDelay: '1ms' } }
  const overheads = await measureOverheads([
    arm('none', {}),
    arm('retry', retry),
    arm('again', retry),
    arm('both', { ...retry, timeout: { attempt: '1s' } }),
  ])
  expect([...overheads.keys()]).toEqual(['retry', 'again', 'both'])
  expect(overheads.get('again')).toEqual(overheads.get('retry'))
  // Wide: what is asked is that it is the cost of an operation, not of a batch.
  for (const { ns } of overheads.values()) expect(Math.abs(ns as number)).toBeLessThan(5000)
})

test('a pool costs what it takes to lease from it, though it stands around no operation', async () => {
  const overheads = await measureOverheads([
    arm('pool', { pool: { max: 1 } }),
    arm('together', { hedge: { delay: '0ms' }, pool: { max: 2 } }),
  ])
  expect(overheads.get('pool')?.ns).toBeGreaterThan(5)
  expect(overheads.get('together')?.ns).toBeGreaterThan(5)
})

test('where there is no such cost it says why', async () => {
  const overheads = await measureOverheads([
    arm('limited', { rateLimit: { rate: '10/s', burst: 2 } }),
    arm('own', { use: './policy.ts' }),
  ])
  expect(overheads.get('limited')).toMatchObject({ ns: null, whyNone: expect.stringContaining('rate limit') })
  expect(overheads.get('own')).toMatchObject({ ns: null, whyNone: expect.stringContaining('of your own') })
})
