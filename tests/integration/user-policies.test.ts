import { readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Result } from '../../harness/archive/result.ts'
import { armOf, type Bench, openBench, soakrig } from '../support/soakrig.ts'
import { policyFixture } from '../support/user-policies.ts'

let bench: Bench
let result: Result

/** One run for all: each breaker opens once under a target that never answers, and stays so. */
beforeAll(async () => {
  bench = await openBench()
  const under = { fault: { reset: { probability: '100%' } } }
  // As a profile names files: from where it is.
  const use = (name: string) => ({ client: { use: relative(bench.directory, policyFixture(name)) }, under })
  const profile = await bench.profile('own', {
    modes: { smoke: { slices: 1, slice: '250ms', discard: '60ms', warmup: '100ms', window: '100ms', budget: '45s' } },
    policies: {
      ours: { client: { circuitBreaker: { failureThreshold: 5, openFor: '60s' } }, under },
      cockatiel: use('cockatiel'),
      opossum: use('opossum'),
    },
  })
  await soakrig(['policies', profile, '--mode', 'smoke', '--results', bench.results, '--json'])
  const [file = ''] = await bench.files('own')
  result = JSON.parse(await readFile(file, 'utf8')) as Result
})

afterAll(() => bench[Symbol.asyncDispose]())

describe.each([
  ['ours', 5],
  ['cockatiel', 5],
  ['opossum', 10],
])('a breaker of %s under total failure', (name, failures) => {
  test('is stressed through the same profile, and seen by the same counters', () => {
    const { policyCounters, policyEvents, errors, fired } = armOf(result, `policy.${name}`, 'policy')
    const { circuitOpened, circuitHalfOpened, circuitClosed, circuitRejected = 0 } = policyCounters
    expect({ circuitOpened, circuitHalfOpened, circuitClosed }).toEqual({
      circuitOpened: 1,
      circuitHalfOpened: 0,
      circuitClosed: 0,
    })
    expect(policyEvents.kept).toMatchObject([{ event: 'open' }])
    expect(circuitRejected).toBeGreaterThan(10)
    expect(errors['circuit-open']).toBe(circuitRejected)
    // What was in flight when it opened came through: six users at most.
    const { fired: hits = 0 } = fired['reset'] ?? {}
    expect(hits).toBeGreaterThanOrEqual(failures)
    expect(hits).toBeLessThanOrEqual(failures + 6)
  })

  test('lets everything through where nothing fails', () => {
    const { policyCounters, operations, attempts, reconciliation } = armOf(result, `policy.${name}`, 'client')
    expect(operations).toMatchObject({ count: attempts.count, failed: 0, degraded: 0 })
    expect(policyCounters).toMatchObject({ circuitOpened: 0, circuitRejected: 0 })
    expect(reconciliation.status).toBe('exact')
  })
})

test.each(['cockatiel', 'opossum'])('the attempts of %s are those that it asked for', (name) => {
  for (const arm of ['client', 'policy']) {
    const { effects } = armOf(result, `policy.${name}`, arm)
    expect(effects.find(({ metric }) => metric === 'attemptsPerCall')).toMatchObject({ observed: 1, ok: true })
  }
})

test('a module that no run could use is told by validate', async () => {
  await writeFile(join(bench.directory, 'five.mjs'), 'setInterval(() => {}, 1000)\nexport default 5\n')
  const profile = await bench.profile('five', { policies: { own: { client: { use: './five.mjs' } } } })
  const { code, stderr } = await soakrig(['validate', profile])
  expect(stderr).toMatch(/the policy .*five\.mjs is number, allowed: a function or a policy\nhint: The default export/u)
  expect(code).toBe(107)
})

test('a policy that ends the process it runs in is told of as what it is: a fault of its own', async () => {
  await writeFile(join(bench.directory, 'leaves.mjs'), 'export default () => process.exit(3)\n')
  const profile = await bench.profile('leaves', {
    modes: { smoke: { duration: '200ms', discard: '0s', warmup: '0s' } },
    stress: { smoke: { client: { use: './leaves.mjs' } } },
  })
  const { code, stderr } = await soakrig(['stress', profile, '--mode', 'smoke', '--results', bench.results])
  expect(code).toBe(107)
  expect(stderr).toContain('a script or policy of your own ended the worker 1 of 1')
})
