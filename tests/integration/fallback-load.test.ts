import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ResultDeadLetter } from '../../harness/archive/result.ts'
import { armOf, type Bench, openBench } from '../support/soakrig.ts'

let bench: Bench
beforeAll(async () => {
  bench = await openBench()
})
afterAll(() => bench[Symbol.asyncDispose]())

const kill = { fault: { kill: { after: '150ms', down: '250ms' } } }

test('when the first target is killed the second one answers, each answer counted as degraded, and all counts add up (S15, S16)', async () => {
  const file = await bench.profile('replica', {
    target: undefined,
    targets: { primary: { builtin: 'http' }, replica: { builtin: 'http' } },
    policies: {
      replica: { client: { fallback: { alternatives: ['replica'] } }, under: kill },
      later: {
        client: { fallback: { deadLetter: { maxEntries: 20 } } },
        under: { fault: { reset: { probability: 1 } } },
      },
    },
    ceilings: { degradedRate: 0 },
  })
  const { result } = await bench.stage('policies', file)
  const counted = (policy: string) => {
    const arm = armOf(result, `policy.${policy}`, 'policy')
    return { ...arm, degraded: arm.all.operations.degraded, counters: arm.policyCounters }
  }

  const replica = counted('replica')
  expect(replica.degraded).toBeGreaterThan(0)
  expect(replica.all.operations).toMatchObject({ failed: 0, cutOff: 0 })
  const { replica: second } = replica.others
  expect(second).toMatchObject({
    attempts: { count: replica.degraded, failed: 0, cancelled: 0 },
    server: { requests: replica.degraded },
    reconciliation: { status: 'exact' },
  })
  expect(replica.counters).toMatchObject({
    fallbackAlternative: replica.degraded,
    'fallbackAnswered.replica': replica.degraded,
    fallbackExhausted: 0,
  })
  const alone = armOf(result, 'policy.replica', 'client')
  expect(alone).toMatchObject({ reconciliation: { status: 'exact' }, operations: { degraded: 0 } })
  expect(alone.others['replica']).toMatchObject({
    attempts: { count: 0 },
    server: { requests: 0 },
    reconciliation: { status: 'exact' },
  })
  expect(alone.effects).toContainEqual(expect.objectContaining({ metric: 'degradedAnswers', ok: true }))
  expect(result.ceilings).toContainEqual(
    expect.objectContaining({ scope: 'policy.replica/client-direct', expr: 'degraded rate <= 0', ok: true }),
  )

  const { counters, errors } = counted('later')
  const failed = Object.values(errors).reduce((sum, count) => sum + count, 0)
  expect(failed).toBeGreaterThan(0)
  expect(counters).toMatchObject({ fallbackExhausted: failed })
  expect((counters['deadLetters'] ?? 0) + (counters['deadLetterDropped'] ?? 0)).toBe(failed)
  expect(result.deadLetters).toMatchObject({ count: counters['deadLetters'] })
  const text = await readFile(join(bench.results, 'replica', result.deadLetters!.file), 'utf8')
  const letters = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ResultDeadLetter)
  expect(letters).toHaveLength(result.deadLetters!.count)
  expect(letters[0]).toMatchObject({
    arm: 'policy.later/policy-relay',
    message: { method: 'GET', path: '/echo/hi' },
    idempotent: true,
    error: 'reset',
    attempts: 1,
  })
}, 60_000)
