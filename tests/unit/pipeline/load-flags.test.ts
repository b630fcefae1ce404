import { describe, expect, test } from 'vitest'
import { isSoakrigError } from '../../../harness/kernel/errors.ts'
import { type LoadFlags, loadProfileOf } from '../../../harness/pipeline/flags.ts'

const nothing: LoadFlags = {
  url: 'http://127.0.0.1:8080/path?q=1',
  connections: undefined,
  rate: undefined,
  arrival: undefined,
  maxInFlight: undefined,
  requests: undefined,
  stage: undefined,
  think: undefined,
  duration: undefined,
  processes: '1',
  method: 'GET',
  header: undefined,
  body: '',
  status: undefined,
  timeout: '5s',
  http2: false,
  insecure: false,
  cacert: undefined,
  cert: undefined,
  key: undefined,
  unixSocket: undefined,
  proto: undefined,
  size: undefined,
  seed: undefined,
  maxErrorRate: undefined,
  failureBudget: undefined,
  env: {},
}

const profileOf = (flags: Partial<LoadFlags>) => loadProfileOf({ ...nothing, ...flags })
const modelOf = (flags: Partial<LoadFlags>) => profileOf(flags).load.throughput

/** The message of a wrong flag, or the places of the problems of a profile. */
function refusal(flags: Partial<LoadFlags>): string | readonly string[] {
  try {
    profileOf(flags)
  } catch (error) {
    if (!isSoakrigError(error) || error.exitCode !== 104) throw error
    return error.code === 'bad-flag' ? error.message : error.problems.map(({ where }) => where)
  }
  throw new Error('nothing was refused')
}

describe('ad hoc load', () => {
  test('is fifty closed loops for ten seconds where nothing is said', () => {
    const { load, mode, workload } = profileOf({})
    expect(load).toEqual({
      throughput: {
        model: 'closed',
        workers: { from: 50, stages: [] },
        think: { kind: 'none' },
        connections: null,
        iterations: null,
      },
      latency: null,
      processes: 1,
    })
    expect(mode).toMatchObject({ durationNs: 10e9, discardNs: 250e6 })
    expect(workload.requests).toMatchObject([{ name: 'load', expect: { status: null } }])
  })

  test('has closed loops that think', () => {
    expect(modelOf({ connections: '7', think: '20ms' })).toMatchObject({
      workers: { from: 7 },
      think: { kind: 'fixed', ns: 20e6 },
    })
  })

  test('has arrivals where a rate is given, with sockets of their own number', () => {
    expect(modelOf({ rate: '30/m' })).toEqual({
      model: 'open',
      rate: { kind: 'absolute', perSecond: { from: 0.5, stages: [] } },
      arrival: 'constant',
      maxInFlight: 2000,
      connections: null,
      iterations: null,
    })
    const all = { rate: '500', arrival: 'poisson', maxInFlight: '9', connections: '4', requests: '100' }
    expect(modelOf(all)).toMatchObject({ arrival: 'poisson', maxInFlight: 9, connections: 4, iterations: 100 })
  })

  test('ramps, of loops from none or from -c on, of arrivals from the rate on, for as long as the stages take', () => {
    const stage = ['30s:100', '1.5:20']
    const stages = [
      { durationNs: 30e9, to: 100 },
      { durationNs: 1.5e9, to: 20 },
    ]
    expect(modelOf({ stage })).toMatchObject({ workers: { from: 0, stages } })
    expect(modelOf({ stage, connections: '5' })).toMatchObject({ workers: { from: 5, stages } })
    expect(modelOf({ stage: ['30s:100/s', '1.5s:1200/m'], rate: '50' })).toMatchObject({
      rate: { perSecond: { from: 50, stages } },
    })
    expect(profileOf({ stage }).mode.durationNs).toBe(31.5e9)
    expect(profileOf({ stage, duration: '5s' }).mode.durationNs).toBe(5e9)
    expect(profileOf({ stage, env: { STRESS_DURATION: '7' } }).mode.durationNs).toBe(7e9)
    expect(profileOf({ stage: ['0s:5'] }).mode.durationNs).toBe(10e9)
  })

  test('of a number of requests ends with them, and measures them all', () => {
    const { load, mode } = profileOf({ requests: '1000', connections: '10' })
    expect(load.throughput.iterations).toBe(1000)
    expect(mode.discardNs).toBe(0)
    expect(mode.durationNs).toBeGreaterThan(3600e9)
    expect(profileOf({ requests: '1000', duration: '5s' }).mode.durationNs).toBe(5e9)
  })

  test.each<[Partial<LoadFlags>, RegExp]>([
    [{ arrival: 'poisson' }, /^--arrival: found "poisson", allowed: only beside --rate$/u],
    [{ maxInFlight: '5' }, /^--max-in-flight: .*only beside --rate$/u],
    [{ rate: '5', think: '1s' }, /^--think: .*only without --rate/u],
    [{ rate: '60%' }, /^--rate: found "60%", allowed: arrivals per second/u],
    [{ rate: 'fast' }, /^--rate: /u],
    [{ stage: ['30s'] }, /^--stage: found "30s", allowed: DURATION:WORKERS/u],
    [{ stage: ['1x:5'] }, /^--stage: found "1x:5"/u],
    [{ stage: ['1s:2:3'] }, /^--stage: /u],
    [{ stage: ['1s:1.5'] }, /^--stage: found "1.5", allowed: a whole number$/u],
    [{ stage: ['1s:5%'], rate: '5' }, /^--stage: found "5%", allowed: arrivals per second/u],
    [{ connections: 'many' }, /^--connections: /u],
    [{ requests: '-1' }, /^--requests: /u],
    [{ url: 'ftp://127.0.0.1/' }, /^URL: /u],
  ])('refuses %j', (flags, message) => {
    expect(refusal(flags)).toMatch(message)
  })

  test.each<[Partial<LoadFlags>, string]>([
    [{ connections: '0' }, '--connections'],
    [{ rate: '5', connections: '0' }, '--connections'],
    [{ rate: '0' }, '--rate'],
    [{ rate: '5000000' }, '--rate'],
    [{ rate: '5', maxInFlight: '0' }, '--max-in-flight'],
    [{ requests: '0' }, '--requests'],
    [{ requests: '2', processes: '3' }, '--processes'],
    [{ stage: ['1s:99999'] }, '--stage'],
    [{ think: 'long' }, '--think'],
    [{ duration: 'long' }, '--duration'],
    [{ method: 'get' }, '--method'],
    [{ header: ['a b: c'] }, '--header'],
    [{ timeout: '5' }, '--timeout'],
  ])('names the flag of what the profile refuses: %j', (flags, place) => {
    expect(refusal(flags)).toEqual([place])
  })
})

describe('the URL of ad hoc load', () => {
  test.each([
    ['https://127.0.0.1:8443/x', 'http', 'https://127.0.0.1:8443'],
    ['ws://127.0.0.1:8080/chat', 'websocket', 'http://127.0.0.1:8080'],
    ['tcp://127.0.0.1:9000', 'tcp', 'tcp://127.0.0.1:9000'],
    ['udp://[::1]:9000', 'udp', 'udp://[::1]:9000'],
  ])('%s says what is spoken, and to whom', (url, protocol, address) => {
    const { workload, target } = profileOf({ url })
    expect(workload.protocol).toBe(protocol)
    expect(target).toMatchObject({ kind: 'url', url: address })
  })

  test('over TLS takes certificates, HTTP/2 and a unix socket', () => {
    const { connection } = profileOf({ url: 'https://127.0.0.1:8443/', http2: true, insecure: true }).workload
    expect(connection).toMatchObject({ version: '2', tls: { verify: false } })
    expect(profileOf({ unixSocket: '/run/x.sock' }).workload.connection).toMatchObject({ socketPath: '/run/x.sock' })
  })

  test('takes secrets from the environment, and does not repeat one that stands in it', () => {
    const { workload, secrets } = profileOf({ header: ['authorization: ${env:TOKEN}'], env: { TOKEN: 'swordfish' } })
    expect(workload.requests[0]?.message).toMatchObject({ headers: { authorization: 'swordfish' } })
    expect(secrets).toEqual([{ written: '${env:TOKEN}', value: 'swordfish' }])
    const message = refusal({ url: 'http://me:swordfish@127.0.0.1:1/' })
    expect(message).toMatch(/^URL: .* no user in it/u)
    expect(message).not.toContain('swordfish')
  })

  test('says of each value whether it is a flag or a default', () => {
    const { provenance } = profileOf({ rate: '5', header: ['a: b'], maxInFlight: '3', env: { STRESS_DURATION: '3' } })
    expect(provenance).toMatchObject({
      '/target/url': 'flag',
      '/workload/requests/0/path': 'flag',
      '/workload/requests/0/headers/a': 'flag',
      '/workload/requests/0/method': 'default',
      '/workload/timeout': 'default',
      '/load/rate': 'flag',
      '/load/maxInFlight': 'flag',
      '/load/processes': 'default',
      '/modes/smoke/duration': 'env',
    })
    expect(profileOf({}).provenance['/load/workers']).toBe('default')
    expect(Object.values(provenance)).not.toContain('profile')
  })

  test('heeds of the STRESS variables those that it has a place for', () => {
    const env = { STRESS_WORKERS: 'x', STRESS_MAX_RSS_DELTA_KB: 'x', STRESS_DURATION: '3' }
    expect(profileOf({ env }).mode.durationNs).toBe(3e9)
  })

  test.each([
    [{ url: 'ftp://127.0.0.1/' }, /^URL: found "ftp:/u],
    [{ url: 'grpc://127.0.0.1:1/a.B/C' }, /^--proto/u],
    [{ url: 'udp://127.0.0.1:1', body: 'x' }, /^--body: .* udp:\/\//u],
    [{ url: 'tcp://127.0.0.1:1', status: '200' }, /^--status/u],
    [{ url: 'tcp://127.0.0.1:1/path' }, /^URL: .* without a path/u],
    [{ url: 'udp://127.0.0.1:1/?q' }, /^URL: .* without a path/u],
    [{ url: 'grpc://127.0.0.1:1/a.B/C?q=1', proto: 'a.proto' }, /^URL: /u],
    [{ header: ['X-A: 1', 'x-a: 2'] }, /^--header: found "x-a: 2"/u],
    [{ insecure: true }, /^--insecure: .* http:\/\//u],
  ])('refuses what does not go with it: %j', (flags, message) => {
    expect(refusal(flags)).toMatch(message)
  })
})

test('a failure budget is a guard of the run, and a wrong one is named by its flag', () => {
  const { guards, provenance } = profileOf({ failureBudget: '5%' })
  expect(guards.failureBudget).toEqual({ threshold: 0.05, windowNs: 30e9, minSamples: 50, of: 'operations' })
  expect(provenance).toMatchObject({
    '/guards/failureBudget/threshold': 'flag',
    '/guards/failureBudget/window': 'default',
  })
  expect(profileOf({}).guards).toEqual({ failureBudget: null, watchdogNs: null })
  expect(refusal({ failureBudget: '500%' })).toEqual(['--failure-budget'])
})
