import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommand, type RunCommandOptions } from '../../harness/pipeline/run-command.ts'
import { parseRunUpstreams } from '../../harness/pipeline/run-paths.ts'
import { checkRun, ruleLines, type RunReport } from '../../harness/pipeline/run-report.ts'
import { loadProfile } from '../../harness/profile/parse.ts'
import { type Bench, openBench, root, soakrig, startSoakrig } from '../support/soakrig.ts'
import { listening, serveSockets, type TestServer, until } from '../support/sockets.ts'

let bench: Bench
let profile = ''
/** A service of the command's own: it answers what it is told. */
let echo: TestServer

beforeAll(async () => {
  bench = await openBench()
  echo = await serveSockets((socket) => {
    socket.on('data', (bytes) => socket.write(bytes)).on('end', () => socket.end())
  })
  profile = await bench.profile('run', {
    policies: {
      slow: { fault: { latency: { delay: '80ms' } } },
      rare: { fault: { reset: { probability: '1ppm' } } },
      cut: { fault: { reset: { probability: 1 } } },
      names: { fault: { dns: { nxdomain: 1 } } },
      'slow-db': { at: 'db', fault: { latency: { delay: '70ms' } } },
      retry: { client: { retry: { strategy: 'exponential', maxCalls: 3, baseDelay: '5ms' } } },
      stopped: { fault: { pause: { every: '60ms', for: '30ms' } } },
    },
    dependencies: { db: { upstream: `127.0.0.1:${echo.port}`, env: 'DB_PORT' } },
  })
})
afterAll(async () => {
  await echo[Symbol.asyncDispose]()
  await bench[Symbol.asyncDispose]()
})

const flags = (policy: string): string[] => [
  'run',
  '--policy',
  policy,
  '--profile',
  profile,
  '--results',
  join(bench.directory, 'results'),
]

const fetching =
  'const t = Date.now(); fetch(process.argv[1]).then(async (a) => console.log(await a.text(), Date.now() - t))'
const node = (code: string, ...args: string[]): string[] => ['--', process.execPath, '-e', code, ...args]

/** Asks a port of loopback for an echo; ends with 5 where that took as long, else with 6. */
const echoing = (port: string, ms: number): string =>
  `const t = Date.now(); require('net').connect(process.env.${port}, '127.0.0.1', function () { this.write('hi') })
    .on('data', () => process.exit(Date.now() - t >= ${ms} ? 5 : 6))`

const optionsOf = async (policy: string, file = profile): Promise<RunCommandOptions> => ({
  profile: await loadProfile(file, { mode: 'smoke', flags: {}, env: {} }, { cwd: root, packageProfilesDir: root }),
  policy,
  upstreams: [],
  preload: false,
  command: ['./none'],
  resultsDir: join(bench.directory, 'results'),
  allowedHosts: [],
  signal: new AbortController().signal,
  onStart: () => {},
})

/** What the command line does, in this process: runs code of Node, which prints nothing, under a policy. */
async function run(policy: string, code: string, changes: Partial<RunCommandOptions> = {}): Promise<RunReport> {
  const [, ...command] = node(code)
  return runCommand({ ...(await optionsOf(policy)), command, ...changes })
}

describe.concurrent('soakrig run', () => {
  test('runs a command under the faults of a policy, and says what fired; stdout is the command’s (F38, F40, P1)', async () => {
    const out = join(bench.directory, 'out.json')
    const asked = node(fetching, 'http://{host}:{port}/echo/hi')
    const { code, stdout, stderr } = await soakrig([...flags('slow'), '-o', out, ...asked])
    expect(code).toBe(0)
    const [, ms] = /^hi (\d+)$/u.exec(stdout) ?? []
    expect(Number(ms)).toBeGreaterThanOrEqual(80)
    expect(stderr).toMatch(/^slow\/slow: matched 1, fired 1 \(latency 1 of 1\), \d+ bytes$/mu)
    const report = JSON.parse(await readFile(out, 'utf8')) as RunReport
    expect(report).toMatchObject({ schema: 'soakrig/run@0', policy: 'slow', exitCode: 0, notFired: null })
    expect(report.rules).toMatchObject([{ rule: 'slow', connections: 1, matched: 1, fired: 1 }])
    expect(report.paths).toMatchObject([
      { path: 'dependency:db', connections: 0 },
      { path: 'target', connections: 1 },
    ])
  })

  test('tells the command where to ask in its environment', async () => {
    const code = `const { SOAKRIG_URL, SOAKRIG_HOST, SOAKRIG_PORT } = process.env
      fetch(SOAKRIG_URL + '/echo/hi').then(() => process.exit(SOAKRIG_URL === 'http://' + SOAKRIG_HOST + ':' + SOAKRIG_PORT ? 5 : 6))`
    expect(await run('slow', code)).toMatchObject({ exitCode: 5, rules: [{ fired: 1 }] })
  })

  test('relays services of the command’s own under the same rules', async () => {
    const upstreams = parseRunUpstreams([`WHERE_PORT=127.0.0.1:${echo.port}`])
    expect(await run('slow', echoing('WHERE_PORT', 80), { upstreams })).toMatchObject({ exitCode: 5 })
  })

  test('has a policy at a dependency act there, for the target and the command alike', async () => {
    const { exitCode, rules } = await run('slow-db', echoing('DB_PORT', 70))
    expect({ exitCode, rules }).toMatchObject({ exitCode: 5, rules: [{ rule: 'slow-db', matched: 1, fired: 1 }] })
  })

  test('carries out faults on the target itself', async () => {
    const code = `const until = Date.now() + 200
      const ask = () => Date.now() < until && fetch(process.env.SOAKRIG_URL + '/echo/x').then(ask)
      ask()`
    const report = await run('stopped', code)
    expect(report).toMatchObject({ exitCode: 0, notFired: null })
    expect(ruleLines(report).at(-1)).toMatch(/^stopped\/target: fired [1-9]\d* \(pause \d+ of \d+\), 0 bytes$/u)
  })

  test.each([
    ['no traffic of it passed', 'slow', 'process.exit(0)', 'no traffic of the command passed'],
    ['its faults were too rare', 'rare', `fetch(process.env.SOAKRIG_URL + '/')`, 'acted on none of them'],
  ])('is void where a command passed, but %s (P1, P12)', async (_what, policy, code, reason) => {
    const report = await run(policy, code)
    expect(report).toMatchObject({ exitCode: 0, notFired: expect.stringContaining(reason) })
    expect(() => checkRun(report)).toThrow(expect.objectContaining({ code: 'nothing-fired', exitCode: 114 }))
  })

  test.each([
    ['that of a command which a fault broke', `fetch(process.env.SOAKRIG_URL).catch(() => process.exit(3))`, 3],
    ['128 and the signal', `process.kill(process.pid, 'SIGKILL')`, 137],
  ])('ends with %s', async (_what, code, exit) => {
    expect(await run('cut', code)).toMatchObject({ exitCode: exit })
  })

  test('passes signals on to the command, and ends with its code', async () => {
    const code = `process.on('SIGTERM', () => process.exit(9)); setInterval(() => {}, 1000); console.log('ready')`
    const running = startSoakrig([...flags('slow'), '-q', ...node(code)])
    await Promise.race([once(running.stdout, 'data'), running])
    running.kill('SIGTERM')
    expect((await running).exitCode).toBe(9)
  })

  test.each([
    ['an unknown policy', 'slw', 'unknown-policy', /found "slw", allowed: "slow".*did you mean "slow"\?/u],
    ['a policy without a fault', 'retry', 'policy-without-fault', /has no fault/u],
    ['a fault of clients', 'names', 'bad-fault', /"dns" acts in the process that makes the calls/u],
    ['a fault of the target with --preload', 'stopped', 'bad-fault', /"pause" acts on the target/u],
    ['a policy at a dependency with --preload', 'slow-db', 'bad-flag', /the policy slow-db is at db/u],
    ['no command', 'slow', 'bad-flag', /found no command/u],
    ['a command that is not there', 'slow', 'command-not-found', /cannot be run/u],
  ])('refuses %s (F38, P12)', async (what, policy, code, message) => {
    const options = {
      ...(await optionsOf(policy)),
      preload: what.endsWith('--preload'),
      command: what === 'no command' ? [] : ['./none'],
    }
    const refused = expect.objectContaining({ code, exitCode: 104, message: expect.stringMatching(message) })
    await expect(runCommand(options)).rejects.toEqual(refused)
  })

  test('has the rules act inside a command of Node, and in what that starts, with --preload', async () => {
    const code = `require('child_process').execFileSync(process.execPath, ['-e', process.argv[1], process.env.SOAKRIG_URL + '/echo/hi'], { stdio: 'inherit' })`
    const { code: exit, stdout, stderr } = await soakrig([...flags('slow'), '--preload', ...node(code, fetching)])
    expect(stderr).toMatch(/^slow\/slow: matched 1, fired 1 \(latency 1 of 1\), \d+ bytes$/mu)
    expect(Number(/^hi (\d+)$/u.exec(stdout)?.[1])).toBeGreaterThanOrEqual(80)
    expect(exit).toBe(0)
  })

  test('is void where no process of Node took the rules of --preload (P12)', async () => {
    const { code, stderr } = await soakrig([...flags('slow'), '--preload', '--', 'true'])
    expect(stderr).toContain('no process of Node took its rules')
    expect(code).toBe(114)
  })

  test('says so when the target died, though the command passed', async () => {
    const file = join(bench.directory, 'dying.json')
    const document = JSON.parse(await readFile(profile, 'utf8')) as object
    await writeFile(file, JSON.stringify({ ...document, target: { builtin: 'http', knobs: { dieAfter: 1 } } }))
    const code = `fetch(process.env.SOAKRIG_URL).catch(() => {}).then(() => setTimeout(() => {}, 200))`
    const died = expect.objectContaining({ code: 'target-died', exitCode: 113 })
    const { profile: dying } = await optionsOf('slow', file)
    await expect(run('slow', code, { profile: dying })).rejects.toEqual(died)
  })

  test('asks a target that runs already', async () => {
    await using served = await listening(createServer((_, response) => response.end('here')))
    const file = join(bench.directory, 'url.json')
    const document = JSON.parse(await readFile(profile, 'utf8')) as { policies: object }
    const { slow } = document.policies as { slow: object }
    const target = { url: `http://127.0.0.1:${served.port}` }
    await writeFile(file, JSON.stringify({ ...document, target, dependencies: {}, policies: { slow } }))
    const code = `fetch('http://{host}:{port}').then((answer) => answer.text()).then((text) => process.exit(text === 'here' ? 5 : 6))`
    const { profile: ofUrl } = await optionsOf('slow', file)
    expect(await run('slow', code, { profile: ofUrl })).toMatchObject({ exitCode: 5, rules: [{ fired: 1 }] })
    await until('its connections are gone', () => served.sockets.size === 0)
  })
})
