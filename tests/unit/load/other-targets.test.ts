import { describe, expect, it } from 'vitest'
import { preparedFor } from '../../../harness/load/other-targets.ts'
import type { ScriptReply } from '../../../harness/load/script/reply.ts'
import { loops } from '../../../harness/plan/models.ts'
import { parseClient, type RawClient } from '../../../harness/resilience/settings.ts'
import { createVirtualClock } from '../../../harness/kernel/virtual-clock.ts'
import { failing, type FakeAnswer, fakeDriver } from '../../support/fake-driver.ts'
import { runFakeSlice } from '../../support/fake-slice.ts'
import { requestOf, workloadOf } from '../../support/slice-task.ts'

const quick: FakeAnswer = { afterNs: 10e6 }
const broken = (): FakeAnswer => failing(10e6)
const taskOf = (client: RawClient) => ({ load: loops(1), client: parseClient(client) })

describe('operations whose target fails', () => {
  it('are answered by another target, and its attempts are counted apart as well (S16)', async () => {
    const { report, driver } = await runFakeSlice({
      task: taskOf({ fallback: { alternatives: ['second', 'third'] } }),
      answer: (_, nth) => (nth % 2 === 0 ? broken() : quick),
      others: { second: broken, third: () => quick },
    })
    const { operations, attempts, attemptErrors, elsewhere } = report.all
    const fellBack = driver.sent.filter((_, index) => index % 2 === 0).length
    expect(operations).toMatchObject({ count: driver.sent.length, failed: 0, degraded: fellBack })
    expect(attempts).toEqual({ count: driver.sent.length + 2 * fellBack, failed: 2 * fellBack, cancelled: 0 })
    expect(attemptErrors).toEqual({ reset: 2 * fellBack })
    expect(elsewhere).toEqual({
      second: { count: fellBack, failed: fellBack, cancelled: 0, resent: 0, errors: { reset: fellBack } },
      third: { count: fellBack, failed: 0, cancelled: 0, resent: 0, errors: {} },
    })
    expect(report.policyCounters).toMatchObject({ fallbackAlternative: fellBack, 'fallbackAnswered.third': fellBack })
  })

  it('give up on another target that takes too long, as a cancelled attempt of its own', async () => {
    const { report } = await runFakeSlice({
      task: taskOf({ fallback: { alternatives: [{ target: 'second', timeout: '20ms' }], default: {} } }),
      answer: broken,
      others: { second: () => null },
    })
    const { count, degraded } = report.all.operations
    expect(degraded).toBe(count)
    expect(report.all.elsewhere['second']).toMatchObject({ count, failed: 0, cancelled: count })
  })

  it('tell later steps what an answer that was kept says, and fail where no answer says it (P74)', async () => {
    const login = requestOf({ name: 'login', extract: [{ name: 'id', kind: 'json', pointer: '/id' }] })
    const use = requestOf({ name: 'use', message: { path: '/{{id}}' }, templated: true })
    const workload = workloadOf([login, use], {
      scenarios: [{ name: 'both', weight: 1, steps: [0, 1] }],
    })
    let logins = 0
    const run = (fallback: object) =>
      runFakeSlice({
        workload,
        task: taskOf({ fallback }),
        answer: ({ name }) => (name === 'login' && logins++ > 0 ? broken() : { ...quick, body: '{"id":"first"}' }),
      })
    const { driver, report } = await run({ cache: {} })
    const used = driver.sent.filter(({ request }) => request.name === 'use')
    expect(used.length).toBeGreaterThan(3)
    expect(new Set(used.map(({ request }) => (request.message as { path: string }).path))).toEqual(new Set(['/first']))
    expect(report.all.operations.degraded).toBe(used.length - 1)
    logins = 1
    const empty = await run({ default: { body: '{}' } })
    expect(empty.report.all.operations).toMatchObject({ ok: 0, degraded: 0 })
    logins = 1
    const filled = await run({ default: { body: '{"id":"default"}' } })
    expect(filled.report.all.operations).toMatchObject({ failed: 0 })
  })

  it('give a script the reply that was kept, of the very request, or the default', async () => {
    const replies: ScriptReply[] = []
    let asked = 0
    const { report } = await runFakeSlice({
      task: taskOf({
        fallback: { cache: {}, default: { status: 203, headers: { 'X-From': 'default' }, body: '{"n":0}' } },
      }),
      script: async ({ http }) => {
        replies.push(await http.get(`/a?${asked % 2}`))
      },
      answer: () => (asked++ === 0 ? { ...quick, body: '{"n":1}', headers: { 'x-from': 'target' } } : broken()),
    })
    const told = replies.slice(0, 3).map((one) => [one.ok, one.status, one.json(), one.header('x-from')])
    expect(told).toEqual([
      [true, 200, { n: 1 }, 'target'],
      [true, 203, { n: 0 }, 'default'],
      [true, 200, { n: 1 }, 'target'],
    ])
    expect(report.all.operations.degraded).toBe(report.all.operations.count - 1)
  })
})

it('a request is made ready for another target once', () => {
  const driver = fakeDriver(createVirtualClock())
  const request = requestOf()
  expect(preparedFor(driver, request)).toBe(preparedFor(driver, request))
  expect(preparedFor(driver, { ...request })).not.toBe(preparedFor(driver, request))
  expect(preparedFor(fakeDriver(createVirtualClock()), request)).not.toBe(preparedFor(driver, request))
})
