import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Result } from '../../harness/archive/result.ts'
import { validateResult } from '../../harness/archive/validate.ts'
import { armOf, type Bench, openBench, root, soakrig } from '../support/soakrig.ts'

let bench: Bench

beforeAll(async () => {
  bench = await openBench()
})

afterAll(() => bench[Symbol.asyncDispose]())

/** What they do is counted, so that they prove themselves however slow the machine is. */
const resets = { fault: { reset: { probability: '20%' } } }

const fullLoad = { load: { model: 'closed', workers: 6 } }

// Several at a time: what is broken here is broken by far, on a busy machine as well.
describe.concurrent('a target that misbehaves', () => {
  test('by answering 5 % errors breaks a ceiling of 2 %', async () => {
    const profile = await bench.profile('errors', { target: { builtin: 'http', knobs: { errorShare: '5%' } } })
    const { code, result } = await bench.stage('stress', profile)
    expect(code).toBe(99)
    expect(result.run.verdict).toBe('fail')
    expect(result.ceilings.filter(({ ok }) => !ok).map(({ scope }) => scope)).toContain('stress.smoke')
    expect(validateResult(result)).toEqual([])
  })

  test('by leaking breaks the ceiling of the RSS delta', async () => {
    // So many iterations, since they leak as much on a busy machine; 256 MiB.
    const profile = await bench.profile('leak', {
      target: { builtin: 'http', knobs: { leak: '128kib' } },
      load: { model: 'closed', workers: 6, think: '2ms', iterations: 2048 },
    })
    const { code, result } = await bench.stage('stress', profile, '--duration', '6s')
    expect(code).toBe(99)
    expect(result.metrics.rssDeltaKb).toBeGreaterThan(131_072)
    expect(result.run.reasons[0]).toMatch(/RSS delta/u)
  })

  test('by breaking the bounds of a policy ends the pipeline before stress', async () => {
    const policies = { reset: { ...resets, bounds: { errors: ['rate<1%'] } } }
    const profile = await bench.profile('bounds', { policies })
    const { code, result } = await bench.soak(profile)
    expect(code).toBe(99)
    expect(result.run.abortedBy).toBe('bounds')
    expect(result.phases.map(({ kind }) => kind)).not.toContain('stress')
    expect(result.plan.notMeasured.map(({ what }) => what)).toEqual(['stress.smoke'])

    const kept = await bench.soak(profile, '--keep-going')
    expect(kept.code).toBe(99)
    expect(kept.result.phases.map(({ kind }) => kind)).toContain('stress')
  })

  test('by dying in mid-run is 113, with what was measured until then', async () => {
    const profile = await bench.profile('dies', {
      target: { builtin: 'http', knobs: { dieAfter: 3000 } },
      ...fullLoad,
    })
    const { code, result } = await bench.soak(profile)
    expect(code).toBe(113)
    expect(result.run.abortedBy).toBe('target')
    expect(result.target.restarts.unplanned).toBe(1)
    expect(result.phases.flatMap(({ arms }) => arms).some(({ operations }) => operations.ok > 0)).toBe(true)
  })

  test('by hanging in mid-run fails what it left unanswered', async () => {
    let hangsAt = Number.POSITIVE_INFINITY
    // It answers for a while, then never again.
    const server = createServer((_, response) => {
      hangsAt = Math.min(hangsAt, performance.now() + 500)
      if (performance.now() < hangsAt) response.end('hi')
    })
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    const { port } = server.address() as AddressInfo
    const url = `http://127.0.0.1:${port}/`
    const flags = ['-c', '4', '-d', '1s', '--timeout', '2s', '--max-error-rate', '0.0001', '--json']
    const { code, stdout } = await soakrig(['load', url, ...flags, '--results', bench.results])
    server.closeAllConnections()
    server.close()
    const { operations, errors } = armOf(JSON.parse(stdout) as Result, 'load', 'baseline')
    expect(errors).toEqual({ timeout: 4 })
    expect(operations.cutOff).toBe(0)
    expect(code).toBe(99)
  })

  test('by answering 200 with a wrong body fails every operation', async () => {
    const requests = [{ method: 'GET', path: '/echo/no', expect: { body: 'hi' } }]
    const profile = await bench.profile('body', { workload: { protocol: 'http', requests } })
    const { code, result } = await bench.stage('stress', profile)
    const { operations, errors, errorTexts } = armOf(result, 'stress.smoke', 'baseline')
    expect(code).toBe(99)
    expect(operations.ok).toBe(0)
    expect(errors).toEqual({ body: expect.any(Number) })
    expect(Object.keys(errorTexts)).toEqual(['body: a body other than the expected one'])
  })

  test('by not being installed is 113 and names the package', async () => {
    const target = { command: ['no-such-server', '{port}'], package: 'no-such-package' }
    const profile = await bench.profile('missing', { target })
    const { code, stderr } = await bench.soak(profile)
    expect(code).toBe(113)
    expect(stderr).toMatch(/no-such-package/u)
    // As of a profile that is shipped.
    const args = ['soak', 'nginx', '--mode', 'smoke', '--results', bench.results]
    const shipped = await soakrig(args, { cwd: root, env: { PATH: '/nowhere' }, extendEnv: false })
    expect(shipped.code).toBe(113)
    expect(shipped.stderr).toMatch(/install the package nginx/u)
  })
})

describe.concurrent('bad input', () => {
  test('is refused with all problems at once', async () => {
    const file = join(bench.directory, 'malformed.json')
    await writeFile(
      file,
      JSON.stringify({
        name: 'malformed',
        target: { builtin: 'http' },
        polices: {},
        load: { model: 'closed', workers: -1 },
      }),
    )
    const { code, stderr, stdout } = await soakrig(['soak', file, '--mode', 'smoke', '--results', bench.results])
    expect(code).toBe(104)
    expect(stderr).toMatch(/did you mean "policies"/u)
    expect(stderr).toMatch(/\/load\/workers/u)
    expect(stdout).toBe('')
  })

  test.each([
    ['an unknown flag', ['soak', '--mdoe', 'long']],
    ['an unknown mode', ['soak', '--mode', 'brief']],
    ['a command that is none', ['soka']],
    ['no command', []],
  ])('%s is 104', async (_, args) => {
    const { code, stdout, stderr } = await soakrig(args)
    expect([code, stdout]).toEqual([104, ''])
    expect(stderr).not.toBe('')
  })

  test('a target beyond loopback is refused unless it is named', async () => {
    const { code, stderr } = await soakrig(['load', 'http://192.0.2.1:80/', '-d', '1s'])
    expect(code).toBe(104)
    expect(stderr).toMatch(/--allow-host 192\.0\.2\.1/u)
  })
})

describe('ad hoc load', () => {
  test('that only fails is no pass, and a flag that is no number is named', async () => {
    const server = createServer((_, response) => {
      response.statusCode = 404
      response.end()
    })
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    const { port } = server.address() as AddressInfo
    const url = `http://127.0.0.1:${port}/`
    const { code } = await soakrig(['load', url, '-c', '2', '-d', '200ms', '--results', bench.results])
    server.close()
    expect(code).toBe(99)
    const wrong = await soakrig(['load', url, '-c', 'abc'])
    expect(wrong.code).toBe(104)
    expect(wrong.stderr).toMatch(/--connections: found "abc"/u)
  })

  test('is a result of the same shape', async () => {
    const server = createServer((_, response) => response.end('ok'))
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    const { port } = server.address() as AddressInfo
    const args = ['load', `http://127.0.0.1:${port}/`, '-c', '4', '-d', '500ms', '--json', '--results', bench.results]
    const { code, stdout } = await soakrig(args)
    server.close()
    const result = JSON.parse(stdout) as Result
    expect(code).toBe(0)
    expect(validateResult(result)).toEqual([])
    expect(result.metrics.operations).toBeGreaterThan(0)
    expect(armOf(result, 'load', 'baseline').workers).toBe(4)
  })
})

describe.concurrent('a stage by itself', () => {
  test.each([
    ['baseline', ['canary', 'warmup', 'baseline']],
    ['policies', ['canary', 'warmup', 'baseline', 'policy']],
    ['stress', ['warmup', 'stress']],
  ])('%s measures %j and passes', async (command, kinds) => {
    const profile = await bench.profile(`stage-${command}`, {
      policies: { reset: resets },
    })
    const args = [command, profile, '--mode', 'smoke', '--json', '--results', bench.results]
    const { code, stdout } = await soakrig(args)
    const { run, phases } = JSON.parse(stdout) as Result
    expect(run.reasons).toEqual([])
    expect(code).toBe(0)
    expect([...new Set(phases.map(({ kind }) => kind))]).toEqual(kinds)
  })
})

test('results that cannot be written end a run before it starts, and nothing is left running', async () => {
  const profile = await bench.profile('unwritable', {})
  const file = join(bench.directory, 'a-file')
  await writeFile(file, '')
  const { code, stderr } = await soakrig(['soak', profile, '--mode', 'smoke', '--results', file])
  expect(code).toBe(106)
  expect(stderr).toMatch(/a-file/u)
})

test('a run with more processes than workers in a slice loses no window', async () => {
  const profile = await bench.profile('processes', { load: { model: 'closed', workers: 4, processes: 2 } })
  const { code, result } = await bench.stage('stress', profile)
  expect(result.run.reasons).toEqual([])
  expect(code).toBe(0)
  const lines = (await readFile(join(bench.results, 'processes', result.windows?.file ?? ''), 'utf8'))
    .trim()
    .split('\n')
  const stress = lines
    .map((line) => JSON.parse(line) as { phase: string })
    .filter(({ phase }) => phase === 'stress.smoke')
  expect(stress).toHaveLength(3)
})
