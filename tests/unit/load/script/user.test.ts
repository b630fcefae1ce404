import { describe, expect, test } from 'vitest'
import type { ScriptReply } from '../../../../harness/load/script/reply.ts'
import { decodeHistogram } from '../../../../harness/measure/histogram.ts'
import { loops } from '../../../../harness/plan/models.ts'
import { parseClient } from '../../../../harness/resilience/settings.ts'
import type { HttpMessage } from '../../../../harness/workload/protocols/http.ts'
import { workloadOf } from '../../../support/slice-task.ts'
import { arrivals } from '../../../support/arrivals.ts'
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

  test('ends an iteration with the last of its calls, also where the script does not await it', async () => {
    const { report, driver } = await alone({
      script: async ({ http, sleep }) => {
        void http.get('/')
        await sleep('1ms')
      },
      answer: () => ({ afterNs: 10e6 }),
    })
    const { operations, attempts, iterations } = report.all
    expect(driver.mostInFlight).toBe(1)
    expect(attempts.count).toBe(driver.sent.length)
    expect(operations).toMatchObject({ count: attempts.count, ok: attempts.count })
    expect(iterations.count).toBe(operations.count)
  })

  test('whose iteration is over before its calls has those cut off that do not end in the drain', async () => {
    const { report } = await alone({ script: async ({ http }) => void http.get('/'), answer: () => null })
    expect(report.all.attempts).toMatchObject({ count: 1, cancelled: 1 })
    expect(report.all.operations).toMatchObject({ count: 1, cutOff: 1 })
    expect(report.all.iterations).toMatchObject({ count: 1, interrupted: 1 })
  })

  test('that tries again whatever it is told does not outlive the load', async () => {
    let rounds = 0
    const { report } = await alone({
      script: async ({ http, sleep }) => {
        for (; rounds < 1e5; rounds++)
          await (rounds % 2 === 0 ? http.get('/') : sleep(1)).catch((cause: unknown) => cause)
      },
      answer: () => ({ afterNs: 10e6 }),
    })
    expect(rounds).toBeLessThan(2000)
    expect(report.all.iterations).toMatchObject({ count: 1, interrupted: 1 })
    expect(report.all.operations).toMatchObject({ ok: report.all.operations.count })
  })

  test('that makes an error of its own of the end of the load has not failed', async () => {
    const { report } = await alone({
      script: async ({ sleep }) => {
        await sleep('10s').catch((cause: unknown) => {
          throw new Error('no sleep', { cause })
        })
      },
    })
    expect(report.all.errors).toEqual({})
    expect(report.all.iterations).toMatchObject({ count: 1, interrupted: 1 })
  })

  test('has times of every request, also of the first while it was the only one', async () => {
    const { report } = await alone({
      script: async ({ http, data }) => void (await http.get(data.iteration < 100 ? '/first' : '/second')),
      answer: () => ({ afterNs: 10e6 }),
    })
    for (const name of ['GET /first', 'GET /second']) {
      const { ok } = report.measured.requests[name]!
      expect(decodeHistogram(report.requestLatency[name]!).count).toBe(ok)
      expect(ok).toBeGreaterThan(40)
    }
  })

  test('has its first call corrected by how late its iteration was', async () => {
    const load = arrivals(100)
    const { report } = await runFakeSlice({
      // The worker comes to its schedule 55 ms late.
      task: { load, startAtNs: -55e6, discardNs: 0 },
      script: async ({ http }) => {
        await http.get('/a')
        await http.get('/b')
      },
      answer: () => ({ afterNs: 10e6 }),
    })
    const corrected = decodeHistogram(report.correctedLatency!)
    const service = decodeHistogram(report.okLatency)
    expect(service.summary().max).toBeLessThan(11)
    expect(corrected.summary().max).toBeCloseTo(65, 0)
    expect(corrected.count).toBe(service.count)
  })

  test.each([['no slash'], ['/with space'], ['/line\r\nbreak']])('cannot send to the path %j', async (path) => {
    const { report, driver } = await alone({ script: async ({ http }) => void (await http.get(path)) })
    expect(driver.sent).toEqual([])
    expect(Object.keys(report.errorTexts)[0]).toContain('script: http: found the path')
  })
})
