import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Result } from '../../harness/archive/result.ts'
import { validateResult } from '../../harness/archive/validate.ts'
import { type Bench, openBench, soakrig } from '../support/soakrig.ts'

let bench: Bench

beforeAll(async () => {
  bench = await openBench()
})

afterAll(() => bench[Symbol.asyncDispose]())

const guards = { failureBudget: { threshold: '5%', window: '5s' } }

describe.concurrent('a failure budget', () => {
  test('ends ad hoc load on a target that fails, with a complete result and 99 (L7)', async () => {
    let asked = 0
    const server = createServer((_, response) => {
      response.statusCode = ++asked % 4 === 0 ? 500 : 200
      response.end('hi')
    })
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    const { port } = server.address() as AddressInfo
    const results = join(bench.results, 'load')
    const budget = ['--failure-budget', '5%', '-c', '4', '--think', '2ms', '-d', '60s']
    const { code, stderr } = await soakrig(['load', `http://127.0.0.1:${port}/`, ...budget, '--results', results])
    server.close()
    expect(code).toBe(99)
    const file = /result: (.*)/u.exec(stderr)?.[1] ?? ''
    const result = JSON.parse(await readFile(file, 'utf8')) as Result
    expect(validateResult(result)).toEqual([])
    expect(result.run).toMatchObject({ status: 'aborted', abortedBy: 'failure-budget', exitCode: 99, verdict: 'fail' })
    expect(result.run.reasons[0]).toMatch(/^failure budget spent: 2\d(\.\d)? % of \d+ operations failed within 30 s/u)
    expect(result.run.durationMs).toBeLessThan(20_000)
    const [guard] = result.guards
    expect(guard).toMatchObject({ kind: 'failure-budget', state: 'tripped', unit: 'share' })
    expect(guard?.worst).toBeCloseTo(0.25, 1)
    expect(guard?.samples).toBeGreaterThanOrEqual(50)
    // All that was asked is counted, also after the word to stop.
    const [arm] = result.phases[0]?.arms ?? []
    expect(arm?.all.attempts.count).toBe(asked)
  })

  test('ends a pipeline before what is still to come (L7)', async () => {
    const target = { builtin: 'http', knobs: { errorShare: '20%' } }
    const profile = await bench.profile('spent', { target, guards })
    const { code, result } = await bench.soak(profile)
    expect(code).toBe(99)
    expect(result.run.abortedBy).toBe('failure-budget')
    expect(result.plan.notMeasured.map(({ what, why }) => [what, why])).toContainEqual([
      'stress.smoke',
      'the run was ended by failure-budget',
    ])
    expect(validateResult(result)).toEqual([])
  })

  test('does not count what a policy makes fail, and is told of where it holds', async () => {
    const policies = { lost: { fault: { reset: { probability: '100%' } } } }
    const profile = await bench.profile('held', { policies, guards: { ...guards, watchdog: '5m' } })
    const { code, result } = await bench.soak(profile)
    expect(code).toBe(0)
    expect(result.guards).toMatchObject([
      { kind: 'failure-budget', state: 'held', worst: 0, atMs: null },
      { kind: 'watchdog', state: 'held', settings: { limitMs: 300_000 } },
    ])
    expect(result.phases.find(({ policy }) => policy === 'lost')?.arms[0]?.operations.ok).toBe(0)
  })
})
