import { describe, expect, test } from 'vitest'
import { isSoakrigError, type Problem } from '../../../harness/kernel/errors.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'
import type { Profile } from '../../../harness/profile/profile.ts'
import { failure } from '../../../harness/resilience/outcome.ts'
import type { RetrySettings } from '../../../harness/resilience/retry/settings.ts'
import { createBench, createOperation, ms } from '../../support/fake-attempts.ts'
import { Client } from '../../../harness/resilience/client.ts'
import { createRng } from '../../../harness/kernel/rng.ts'

const client = { retry: { strategy: 'fixed', baseDelay: '10ms', maxCalls: 3 } }

const parse = (requests: readonly object[], document: object = {}): Profile =>
  parseProfile(
    { target: { builtin: 'http' }, workload: { requests }, policies: { a: { client } }, ...document },
    { mode: 'smoke', flags: {}, env: {} },
  )

function problemsOf(requests: readonly object[], document: object = {}): readonly Problem[] {
  try {
    parse(requests, document)
    return []
  } catch (error) {
    if (!isSoakrigError(error)) throw error
    return error.problems
  }
}

const retryOf = ({ policies }: Profile): RetrySettings => policies[0]!.client[0]!.settings as RetrySettings

describe('the retry of a request (L5)', () => {
  test("takes the place of the client's, by the request's name", () => {
    const profile = parse([
      { name: 'usual', path: '/' },
      { name: 'the same', path: '/1', retry: true },
      { name: 'none', path: '/2', retry: false },
      { path: '/3', retry: { budgets: { transient: 1 }, strategy: 'fixed' } },
    ])
    expect(retryOf(profile).requests).toEqual({
      none: null,
      'GET /3': expect.objectContaining({ limits: { kind: 'classes', transient: 1, flaky: 2, permanent: 0 } }),
    })
  })

  test('decides how often that request is repeated, and no other', async () => {
    const own = { budgets: { transient: 1 }, baseDelay: '5ms' }
    const { policies } = parse([
      { name: 'usual', path: '/' },
      { name: 'none', path: '/2', retry: false },
      { name: 'own', path: '/3', retry: own },
    ])
    const bench = createBench({})
    const { wheel, clock } = bench
    const made = new Client(structuredClone(policies[0]?.client ?? []), { wheel, rng: createRng(1) })
    const { begin, record } = createOperation({ ...bench, client: made }, () => ({
      afterNs: 0,
      outcome: failure('reset'),
    }))
    const attempts: Record<string, readonly number[]> = {}
    for (const request of ['own', 'usual', 'none', 'own', 'usual']) {
      const [from, fromMs] = [record.attemptsMs.length, clock.nowNs() / ms]
      begin({ request })
      await clock.advance(100 * ms)
      attempts[request] = record.attemptsMs.slice(from).map((at) => at - fromMs)
    }
    expect(attempts).toEqual({ own: [0, 5], usual: [0, 10, 20], none: [0] })
  })

  test("may take the place of that of the stress stage's client", () => {
    const document = { policies: {}, stress: { smoke: { client } } }
    const { stressClient } = parse([{ name: 'none', path: '/', retry: false }], document)
    expect(stressClient[0]?.settings).toMatchObject({ requests: { none: null } })
  })

  test('may be that of a step', () => {
    const steps = [
      { name: 'one', path: '/' },
      { name: 'two', path: '/2', retry: false },
    ]
    const profile = parse([], { workload: { scenarios: [{ name: 'buy', steps }] } })
    expect(retryOf(profile).requests).toEqual({ two: null })
  })

  test('has the problems of any retry, and no budget', () => {
    expect(
      problemsOf([
        { name: 'a', path: '/', retry: { maxCalls: 2, budgets: {} } },
        { name: 'b', path: '/1', retry: { hope: 1 } },
        { name: 'c', path: '/2', retry: { budget: { kind: 'grpc' } } },
        { name: 'd', path: '/3', retry: 'often' },
      ]).map(({ where }) => where),
    ).toEqual([
      '/workload/requests/1/retry/hope',
      '/workload/requests/2/retry/budget',
      '/workload/requests/3/retry',
      '/workload/requests/0/retry/maxCalls',
    ])
  })

  test('is refused where no client has a retry', () => {
    const policies = { a: { client: { timeout: { attempt: '1s' } } }, b: { fault: { latency: { delay: '40ms' } } } }
    expect(problemsOf([{ path: '/', retry: false }], { policies })).toEqual([
      {
        where: '/workload/requests/0/retry',
        message: 'found a retry, allowed: none where no client has a retry, whose place it would take',
      },
    ])
    expect(problemsOf([{ path: '/', retry: false }], { policies: { ...policies, c: { client: [client] } } })).toEqual(
      [],
    )
  })
})
