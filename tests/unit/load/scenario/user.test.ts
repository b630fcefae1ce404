import { describe, expect, test } from 'vitest'
import { decodeHistogram } from '../../../../harness/measure/histogram.ts'
import { loops } from '../../../../harness/plan/models.ts'
import type { HttpMessage } from '../../../../harness/workload/protocols/http.ts'
import type { Workload, WorkloadRequest } from '../../../../harness/workload/workload.ts'
import { arrivals } from '../../../support/arrivals.ts'
import { failing } from '../../../support/fake-driver.ts'
import { runFakeSlice } from '../../../support/fake-slice.ts'
import { requestOf, workloadOf } from '../../../support/slice-task.ts'

const login = requestOf({
  name: 'login',
  message: { path: '/login/{{users.name}}' },
  templated: true,
  extract: [{ name: 'token', kind: 'json', pointer: '/token' }],
})
const use = requestOf({ name: 'use', message: { path: '/use', headers: { 'x-token': '{{token}}' } }, templated: true })
const leave = requestOf({ name: 'leave', pause: { kind: 'fixed', ns: 30e6 } })

function scenario(changes: Partial<Workload<'http'>> = {}): Workload<'http'> {
  return workloadOf([login, use, leave], {
    scenarios: [{ name: 'visit', weight: 1, steps: [0, 1, 2] }],
    feeds: [{ name: 'users', order: 'sequential', rows: [{ name: 'ann' }, { name: 'bob' }] }],
    ...changes,
  })
}

const sentOf = ({ message }: WorkloadRequest): HttpMessage => message as HttpMessage
const body = (token: string) => ({ afterNs: 10e6, body: JSON.stringify({ token }) })

describe('a user of a scenario', () => {
  test('goes through its steps with rows of feeds and what it extracted, pausing in between', async () => {
    let logins = 0
    const { report, driver } = await runFakeSlice({
      task: { load: loops(1) },
      workload: scenario(),
      answer: ({ name }) => (name === 'login' ? body(`t${logins++}`) : { afterNs: 10e6 }),
    })
    const sent = driver.sent.map(({ request }) => request)
    expect(sent.slice(0, 4).map(({ name }) => name)).toEqual(['login', 'use', 'leave', 'login'])
    expect(sentOf(sent[0]!).path).toBe('/login/ann')
    expect(sentOf(sent[3]!).path).toBe('/login/bob')
    expect(sentOf(sent[1]!).headers).toEqual({ 'x-token': 't0' })
    expect(sentOf(sent[4]!).headers).toEqual({ 'x-token': 't1' })
    const [, second, third] = driver.sent
    expect(third!.atNs - second!.atNs).toBe(40e6)
    const { iterations, operations, requests } = report.all
    expect(operations.ok).toBe(requests['login']!.ok + requests['use']!.ok + requests['leave']!.ok)
    expect(iterations.ok + iterations.interrupted).toBe(iterations.count)
    expect(decodeHistogram(report.requestLatency['use']!).percentileMs(50)).toBeCloseTo(10, 1)
  })

  test('ends the iteration with the first step that fails', async () => {
    const { report, driver } = await runFakeSlice({
      task: { load: loops(1) },
      workload: scenario(),
      answer: ({ name }) => (name === 'login' ? body('t') : failing(10e6, 'status')),
    })
    expect(driver.sent.some(({ request }) => request.name === 'leave')).toBe(false)
    expect(report.all.iterations).toMatchObject({ ok: 0, failed: report.all.requests['use']!.failed })
  })

  test('takes an extraction that finds nothing as a failed check', async () => {
    const { report } = await runFakeSlice({
      task: { load: loops(1) },
      workload: scenario(),
      answer: () => ({ afterNs: 10e6, body: '{}' }),
    })
    expect(report.all.errors).toEqual({ check: report.all.operations.count })
    expect(Object.keys(report.errorTexts)).toEqual(['check: cannot extract token: /token is missing'])
  })

  test('fails an operation that cannot be made, sends nothing of it, and goes on', async () => {
    const bad = requestOf({ message: { headers: { 'x-name': '{{users.name}}' } }, templated: true })
    const { report, driver } = await runFakeSlice({
      task: { load: loops(1) },
      workload: workloadOf([bad], {
        feeds: [{ name: 'users', order: 'sequential', rows: [{ name: 'a\r\nX: 1' }, { name: 'ok' }] }],
      }),
    })
    expect(driver.sent.every(({ request }) => sentOf(request).headers['x-name'] === 'ok')).toBe(true)
    const { operations, attempts, errors } = report.all
    expect(operations.ok).toBe(driver.sent.length)
    expect(errors).toEqual({ check: operations.failed })
    expect(attempts.count).toBe(operations.ok)
    expect(operations.failed).toBeGreaterThan(10)
  })

  test.each([
    ['closed', loops(3)],
    ['open', arrivals(100)],
  ])('ends a load that is %s when a feed of unique rows has none left, and says so', async (_, load) => {
    const rows = Array.from({ length: 7 }, (_, index) => ({ name: `n${index}` }))
    const { report, driver } = await runFakeSlice({
      task: { load },
      workload: scenario({ feeds: [{ name: 'users', order: 'unique', rows }] }),
      answer: () => body('t'),
    })
    const names = driver.sent
      .filter(({ request }) => request.name === 'login')
      .map(({ request }) => sentOf(request).path)
    expect(names.toSorted()).toEqual(rows.map(({ name }) => `/login/${name}`))
    expect(report.all.iterations).toMatchObject({ count: 7, ok: 7 })
    expect(report.feedExhausted).toBe(true)
  })

  test('is interrupted in a pause when the load ends, and is no failure then', async () => {
    const patient = requestOf({ name: 'leave', pause: { kind: 'fixed', ns: 60e9 } })
    const { report } = await runFakeSlice({
      task: { load: loops(2) },
      workload: workloadOf([requestOf({ name: 'first' }), patient], {
        scenarios: [{ name: 'visit', weight: 1, steps: [0, 1] }],
      }),
    })
    expect(report.all.iterations).toEqual({ count: 2, ok: 0, failed: 0, interrupted: 2, dropped: 0 })
    expect(report.all.operations).toMatchObject({ count: 2, ok: 2 })
  })
})
