import { describe, expect, test } from 'vitest'
import type { ScriptReply } from '../../../../harness/load/script/reply.ts'
import { decodeHistogram } from '../../../../harness/measure/histogram.ts'
import { loops } from '../../../../harness/plan/models.ts'
import { parseClient } from '../../../../harness/resilience/client.ts'
import type { HttpMessage } from '../../../../harness/workload/protocols/http.ts'
import { workloadOf } from '../../../support/slice-task.ts'
import { failing } from '../../../support/fake-driver.ts'
import { type FakeSlice, runFakeSlice } from '../../../support/fake-slice.ts'

const alone = (fake: FakeSlice) => runFakeSlice({ ...fake, task: { load: loops(1), ...fake.task } })

describe('a script', () => {
  test('runs iterations one after the other, each call an operation of its own name', async () => {
    const { report, driver } = await alone({
      script: async ({ http }) => {
        const token = (await http.post('/login', { user: 'ann' })).text()
        await http({ path: '/use?x=1', headers: { 'x-token': token } })
      },
      answer: ({ name }) => ({ afterNs: 10e6, body: name === 'POST /login' ? 't1' : '' }),
    })
    const [login, use] = driver.sent.map(({ request }) => request.message as HttpMessage)
    expect(login).toMatchObject({ method: 'POST', body: { kind: 'text', text: '{"user":"ann"}' } })
    expect(login!.headers).toEqual({ 'content-type': 'application/json' })
    expect(use).toMatchObject({ method: 'GET', path: '/use?x=1', headers: { 'x-token': 't1' } })
    const { requests, iterations, operations } = report.all
    expect(Object.keys(requests)).toEqual(['POST /login', 'GET /use'])
    expect(operations).toMatchObject({ ok: driver.sent.length, failed: 0 })
    expect(iterations.ok).toBe(requests['GET /use']!.ok)
    expect(decodeHistogram(report.okLatency).percentileMs(50)).toBeCloseTo(10, 1)
  })

  test('turns a call into a failure by a check of its reply', async () => {
    const results: boolean[] = []
    const { report } = await alone({
      script: async ({ http, check }) => {
        const reply = await http.get('/')
        results.push(check(reply, { 'is 200': ({ status }) => status === 200, 'says hi': (it) => it.text() === 'hi' }))
      },
      answer: (_request, nth) => ({ afterNs: 10e6, body: nth % 2 === 0 ? 'hi' : 'ho' }),
    })
    const { operations, errors, iterations } = report.all
    expect(results.slice(0, 2)).toEqual([true, false])
    expect(operations.failed).toBe(results.filter((ok) => !ok).length)
    expect(errors).toEqual({ check: operations.failed })
    expect(iterations.failed).toBe(operations.failed)
    expect(report.errorTexts).toEqual({ 'check: says hi': operations.failed })
    expect(decodeHistogram(report.failedLatency).count).toBe(report.measured.operations.failed)
  })

  test('is told of a failure of the target, and goes on', async () => {
    const replies: ScriptReply[] = []
    const { report } = await alone({
      script: async ({ http }) => void replies.push(await http.get('/')),
      answer: () => failing(10e6),
    })
    expect(replies[0]).toMatchObject({ ok: false, error: 'reset', status: 0 })
    expect(report.all.errors).toEqual({ reset: report.all.operations.count })
    expect(report.all.iterations.failed).toBe(report.all.iterations.count)
  })

  test('that throws is a failure of class script, in words', async () => {
    const { report } = await alone({
      script: async ({ http }) => {
        await http.get('/')
        throw new Error('a bug in the script')
      },
    })
    const { errors, requests, iterations } = report.all
    expect(errors).toEqual({ script: iterations.failed })
    expect(requests['script']!.failed).toBe(iterations.failed)
    expect(report.errorTexts).toEqual({ 'script: a bug in the script': iterations.failed })
  })

  test('that waits for nothing leaves room for everything else', async () => {
    const { report } = await alone({ script: async () => {} })
    expect(report.all.iterations.ok).toBeGreaterThan(900)
    expect(report.all.iterations.ok).toBeLessThanOrEqual(1501)
    expect(report.all.operations.count).toBe(0)
  })

  test('sleeps on the clock of the run, and is interrupted there when the load ends', async () => {
    const { report, driver } = await alone({
      script: async ({ http, sleep }) => {
        await http.get('/')
        await sleep('90ms')
      },
    })
    expect(driver.sent[1]!.atNs - driver.sent[0]!.atNs).toBe(100e6)
    expect(report.all.iterations).toMatchObject({ count: 15, ok: 14, interrupted: 1 })
  })

  test('may send several calls at once', async () => {
    const { driver } = await alone({
      script: async ({ http }) => void (await Promise.all([http.get('/a'), http.get('/b'), http.get('/c')])),
    })
    expect(driver.mostInFlight).toBe(3)
  })

  test('has rows of feeds, variables, its numbers, and seeded chance', async () => {
    const seen: unknown[] = []
    const fake: FakeSlice = {
      script: async ({ http, data }) => {
        seen.push([data.user, data.iteration, data.feeds['users']!['name'], data.variables['v'], data.random()])
        await http.get('/')
      },
      workload: workloadOf([], {
        feeds: [{ name: 'users', order: 'sequential', rows: [{ name: 'ann' }, { name: 'bob' }] }],
        variables: { v: 'x' },
      }),
    }
    await alone(fake)
    const [first, second] = seen as [unknown[], unknown[]]
    expect(first.slice(0, 4)).toEqual([0, 0, 'ann', 'x'])
    expect(second.slice(0, 4)).toEqual([0, 1, 'bob', 'x'])
    const before = [...seen]
    seen.length = 0
    await alone(fake)
    expect(seen).toEqual(before)
  })

  test('uses the policies of the client', async () => {
    const client = parseClient({ retry: { strategy: 'fixed', baseDelay: '1ms' } })
    const { report } = await alone({
      task: { load: loops(1), client },
      script: async ({ http }) => void (await http.get('/')),
      answer: (_request, nth) => (nth % 2 === 0 ? failing(10e6) : { afterNs: 10e6 }),
    })
    expect(report.all.operations).toMatchObject({ ok: report.all.operations.count, failed: 0 })
    expect(report.all.attempts.failed).toBe(report.policyCounters['retries'])
  })

  test('is cut off, its signal aborted, when it does not end in the drain', async () => {
    let aborted = false
    const { report } = await alone({
      script: async ({ http, signal }) => {
        signal.addEventListener('abort', () => (aborted = true))
        await http.get('/')
      },
      answer: () => null,
    })
    expect(report.all.operations).toMatchObject({ count: 1, cutOff: 1 })
    expect(report.all.iterations).toMatchObject({ count: 1, interrupted: 1 })
    expect(aborted).toBe(true)
  })

  test.each([['no slash'], ['/with space'], ['/line\r\nbreak']])('cannot send to the path %j', async (path) => {
    const { report, driver } = await alone({ script: async ({ http }) => void (await http.get(path)) })
    expect(driver.sent).toEqual([])
    expect(Object.keys(report.errorTexts)[0]).toContain('script: http: found the path')
  })
})
