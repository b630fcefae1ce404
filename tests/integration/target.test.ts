import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { realClock } from '../../harness/kernel/clock.ts'
import { builtinNames, builtinOf } from '../../harness/target/builtin/builtins.ts'
import { endLeftovers } from '../../harness/run/leftovers.ts'
import { openRunDirectory } from '../../harness/run/run-directory.ts'
import { type LaunchContext, startTarget } from '../../harness/target/launch.ts'
import { isSame, listProcesses, type ProcessRecord, readStat } from '../../harness/target/proc.ts'
import { createProcessSampler, createSampler } from '../../harness/target/sample.ts'
import { parseTarget } from '../../harness/target/settings.ts'
import { freePort } from '../../harness/target/sockets.ts'
import { createRequestCounter } from '../../harness/target/stats.ts'
import { treeOf } from '../../harness/target/tree.ts'
import { anyClient, authorityFile, knownClient, serverFiles } from '../support/certificate-files.ts'
import { askEcho } from '../support/echo-clients.ts'

const server = fileURLToPath(new URL('../fixtures/targets/server.mjs', import.meta.url))
const nginx = ['/usr/sbin/nginx', '/usr/bin/nginx'].find((path) => existsSync(path))

let directory: string
let records: ProcessRecord[]
let children: ChildProcess[]
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'soakrig-target-'))
  records = []
  children = []
})
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  // A negative control of its own: nothing that a test recorded may outlive it.
  const left = records.filter(isSame)
  for (const { pid } of left) process.kill(pid, 'SIGKILL')
  rmSync(directory, { recursive: true, force: true })
  if (left.length > 0) throw new Error(`left running: ${JSON.stringify(left)}`)
})

const context = (more: Partial<LaunchContext> = {}): LaunchContext => ({
  clock: realClock,
  runId: 'test-run',
  directory,
  onProcess: (record) => records.push(record),
  ...more,
})
const fixture = (flags: string[] = [], more: object = {}) =>
  parseTarget({ command: [process.execPath, server, ...flags], ...more })

async function until(holds: () => boolean, ms = 5000): Promise<void> {
  const end = performance.now() + ms
  while (!holds()) {
    if (performance.now() > end) throw new Error('waited in vain')
    await realClock.sleep(20e6)
  }
}

function keep(command: string, args: string[], env: Record<string, string> = {}, detached = false): ChildProcess {
  const child = spawn(command, args, { stdio: 'ignore', env: { ...process.env, ...env }, detached })
  children.push(child)
  return child
}
const identityOf = (pid: number) => ({ pid, startTicks: readStat(pid)!.startTicks })

describe('a command', () => {
  test.each([
    ['its port', {}],
    ['an answer over HTTP', { ready: { http: '/' } }],
    ['a line of its output', { ready: { log: '^now serving$' } }],
  ])('is ready by %s, and ends when it is stopped, once or twice', async (_, ready) => {
    const target = await startTarget(fixture([], { ...ready, env: { GREETING: 'hi {port}' }, cwd: '{dir}' }), context())
    expect(target.url).toBe(`http://127.0.0.1:${target.port}`)
    const told = (await (await fetch(target.url)).json()) as Record<string, string>
    const port = String(target.port)
    expect(told).toEqual({ SOAKRIG_RUN: 'test-run', PORT: port, GREETING: `hi ${port}`, cwd: directory })
    expect(records[0]).toEqual({ ...target.root, role: 'target' })
    expect(readStat(target.root!.pid)?.pgrp).toBe(target.root!.pid)
    expect(readFileSync(target.outputFile!, 'utf8')).toBe('now serving\n')
    await Promise.all([target.stop(), target.stop()])
    await target.stop()
    expect(await target.exited).toEqual({ code: null, signal: 'SIGTERM', tail: ['now serving'] })
    expect(isSame(target.root!)).toBe(false)
  })

  test('has its files written and what prepares it run before it starts', async () => {
    const script = `require('fs').writeFileSync('${directory}/made', require('fs').readFileSync('${directory}/conf/a.txt'))`
    const files = { 'conf/a.txt': 'port {port} { dir }' }
    const settings = fixture([], { files, prepare: [[process.execPath, '-e', script]] })
    await using target = await startTarget(settings, context())
    expect(readFileSync(join(directory, 'made'), 'utf8')).toBe(`port ${target.port} { dir }`)
    expect(records.map(({ role }) => role)).toEqual(['prepare', 'target'])
  })

  test('that is not installed names its package', async () => {
    const settings = parseTarget({ command: ['no-such-program-here'], package: 'no-such-package' })
    await expect(startTarget(settings, context())).rejects.toMatchObject({
      code: 'target-not-found',
      exitCode: 113,
      message: 'no-such-program-here is not installed: install the package no-such-package',
    })
  })

  test('that dies at its start leaves the end of its output in the error', async () => {
    const failure = await startTarget(fixture(['--die']), context()).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'target-died', exitCode: 113 })
    const { message } = failure as Error
    expect(message).toContain('with exit code 3')
    expect(message).toContain('line 11\n')
    expect(message).toContain('line 30')
    expect(message).not.toContain('line 10\n')
  })

  test('that dies later says how', async () => {
    await using target = await startTarget(fixture(), context())
    await fetch(`${target.url}/exit`).catch(() => {})
    expect(await target.exited).toEqual({ code: 9, signal: null, tail: ['now serving'] })
  })

  test('that is never ready is ended, and the error says what was waited for', async () => {
    const settings = fixture(['--deaf'], { ready: { http: '/health', timeout: '1s' } })
    const failure = await startTarget(settings, context()).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'target-not-ready', exitCode: 113 })
    expect((failure as Error).message).toMatch(/after 1s, waiting for GET .*\/health .*\n {2}not serving$/su)
    expect(records.filter(isSame)).toEqual([])
  })

  test('whose preparation fails is not started', async () => {
    const settings = fixture([], { prepare: [[process.execPath, '-e', 'console.log("no"); process.exit(4)']] })
    await expect(startTarget(settings, context())).rejects.toMatchObject({ code: 'prepare-failed' })
    expect(records.map(({ role }) => role)).toEqual(['prepare'])
  })

  test('whose fixed port is taken is refused', async () => {
    const other = createServer()
    const port = await freePort('127.0.0.1')
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
    await expect(startTarget(fixture([], { port }), context())).rejects.toMatchObject({
      code: 'port-taken',
      exitCode: 106,
    })
    other.close()
  })

  test('whose start is aborted is ended, and the reason comes back', async () => {
    const controller = new AbortController()
    const start = startTarget(fixture(['--deaf']), context({ signal: controller.signal }))
    await until(() => records.length > 0)
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(start).rejects.toBe(reason)
    expect(records.filter(isSame)).toEqual([])
  })

  test('takes its children with it, one in a session of its own too', async () => {
    const target = await startTarget(fixture(['--child', '--setsid']), context())
    const tree = treeOf({ root: target.root! })
    expect(tree).toHaveLength(3)
    expect(tree.filter(({ pgrp }) => pgrp !== target.root!.pid)).toHaveLength(1)
    await target.stop()
    expect(tree.filter(isSame)).toEqual([])
  })

  test('that died leaves no orphan: one that nothing had seen is found by its environment', async () => {
    const target = await startTarget(fixture(['--setsid']), context())
    const tree = treeOf({ root: target.root! })
    await fetch(`${target.url}/exit`).catch(() => {})
    await target.exited
    expect(tree.filter(isSame)).toHaveLength(1)
    await target.stop()
    expect(tree.filter(isSame)).toEqual([])
  })

  test('that ignores its signal is killed after its grace', async () => {
    const target = await startTarget(fixture(['--stubborn'], { stop: { grace: '200ms' } }), context())
    await target.stop()
    expect(await target.exited).toMatchObject({ signal: 'SIGKILL' })
  })

  test('that writes without end has its output bounded', async () => {
    await using target = await startTarget(fixture(['--loud']), context())
    const older = join(directory, 'output.old.log')
    await until(() => existsSync(older), 10_000)
    expect(statSync(older).size).toBe(64 * 1024)
    // It is emptied again and again; without the bound it only grows.
    let largest = 0
    await until(() => {
      const { size } = statSync(target.outputFile!)
      largest = Math.max(largest, size)
      return size < largest
    }, 10_000)
  })
})

describe('the built-in target', () => {
  test('serves in a process of its own and counts what it served', async () => {
    await using target = await startTarget(parseTarget({ builtin: 'http' }), context())
    const settings = parseTarget({ builtin: 'http' })
    const counter = createRequestCounter(settings.stats, target, realClock)!
    expect(await counter.calibrate()).toEqual({ countsItself: false })
    const before = await counter.read()
    for (const path of ['/', '/echo/hi', '/health', '/nothing']) await (await fetch(target.url + path)).text()
    expect(counter.requestsBetween(before, await counter.read())).toEqual({ requests: 3, slack: 0 })
    await target.stop()
    expect(await target.exited).toMatchObject({ code: 0 })
  })

  test.each(builtinNames)('%s serves in a process of its own, and its count is read over HTTP', async (name) => {
    const settings = parseTarget({ builtin: name })
    await using target = await startTarget(settings, context())
    const counter = createRequestCounter(settings.stats, target, realClock)!
    expect(await counter.calibrate()).toEqual({ countsItself: false })
    const before = await counter.read()
    for (let index = 0; index < 3; index++) expect(await askEcho[name](target.port)).toBe('hi')
    expect(counter.requestsBetween(before, await counter.read())).toEqual({ requests: 3, slack: 0 })
    expect(target.url).toMatch(new RegExp(`^[a-z]+://127\\.0\\.0\\.1:${target.port}$`, 'u'))
    await target.stop()
    expect(await target.exited).toMatchObject({ code: 0 })
  })

  test.each(builtinNames.filter((name) => builtinOf(name).takes.includes('tls')))(
    '%s serves with TLS, to clients with a certificate only where that is asked for',
    async (name) => {
      const settings = parseTarget({ builtin: name, tls: { ...serverFiles, clientCa: authorityFile } })
      await using target = await startTarget(settings, context())
      const counter = createRequestCounter(settings.stats, target, realClock)!
      const before = await counter.read()
      expect(await askEcho[name](target.port, knownClient)).toBe('hi')
      expect(await askEcho[name](target.port, anyClient).catch(() => 'refused')).not.toBe('hi')
      expect(counter.requestsBetween(before, await counter.read())).toEqual({ requests: 1, slack: 0 })
    },
  )

  test('serves on a unix socket too, whose file is gone after it', async () => {
    const socketPath = join(directory, 't.sock')
    await using target = await startTarget(parseTarget({ builtin: 'http', socketPath }), context())
    const [response] = (await once(get({ socketPath, path: '/status/201', agent: false }), 'response')) as [
      { statusCode?: number; resume(): void },
    ]
    response.resume()
    expect(response.statusCode).toBe(201)
    await target.stop()
    expect(existsSync(socketPath)).toBe(false)
  })

  test('with files that are no certificates does not start, and says why', async () => {
    const tls = { cert: join(directory, 'none.pem'), key: join(directory, 'none.key') }
    const failure = await startTarget(parseTarget({ builtin: 'http', tls }), context()).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'target-died', exitCode: 113 })
    expect((failure as Error).message).toMatch(/with exit code 104 .*\/tls\/cert: found .*does not exist/su)
  })

  test('dies at the request it was told to', async () => {
    const settings = parseTarget({ builtin: 'http', knobs: { dieAfter: 3 } })
    await using target = await startTarget(settings, context())
    await (await fetch(target.url)).text()
    await (await fetch(target.url)).text()
    await expect(fetch(target.url)).rejects.toThrow('fetch failed')
    expect(await target.exited).toMatchObject({ code: 70, signal: null })
  })

  test('ends itself within a second of losing whoever started it', async () => {
    const launch = fileURLToPath(new URL('../../harness/target/launch.ts', import.meta.url))
    const script = `
      const { startTarget } = await import(${JSON.stringify(launch)})
      const { parseTarget } = await import(${JSON.stringify(launch.replace('launch.ts', 'settings.ts'))})
      const { realClock } = await import(${JSON.stringify(launch.replace('target/launch.ts', 'kernel/clock.ts'))})
      const context = { clock: realClock, runId: 'x', directory: ${JSON.stringify(directory)}, onProcess() {} }
      const target = await startTarget(parseTarget({ builtin: 'http' }), context)
      ;(await import('node:fs')).writeFileSync(${JSON.stringify(join(directory, 'root'))}, JSON.stringify(target.root))
    `
    const conductor = keep(process.execPath, ['--input-type=module', '-e', script])
    const file = join(directory, 'root')
    await until(() => existsSync(file) && statSync(file).size > 0)
    const root = JSON.parse(readFileSync(file, 'utf8')) as ProcessRecord
    expect(isSame(root)).toBe(true)
    conductor.kill('SIGKILL')
    await until(() => !isSame(root), 1000)
  })
})

describe('a url', () => {
  test('of https or udp is attached to as well, a process that waits for datagrams found from its socket', async () => {
    const https = await startTarget(parseTarget({ builtin: 'http', tls: serverFiles }), context())
    const attached = await startTarget(parseTarget({ url: https.url }), context())
    expect(attached).toMatchObject({ url: https.url, host: '127.0.0.1', root: https.root, statsPort: null })
    const stats = { kind: 'pointer', path: '/stats', pointer: '/requests' } as const
    expect(await createRequestCounter(stats, attached, realClock)!.read()).toMatchObject({ requests: 0 })
    await Promise.all([attached.stop(), https.stop()])
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    const url = `udp://127.0.0.1:${socket.address().port}`
    await using udp = await startTarget(parseTarget({ url }), context())
    expect(udp).toMatchObject({ url, root: identityOf(process.pid) })
    socket.close()
  })

  test('is attached to, its process found from the socket, and left running', async () => {
    const port = await freePort('127.0.0.1')
    const child = keep(process.execPath, [server], { PORT: String(port) })
    const settings = parseTarget({ url: `http://127.0.0.1:${port}` })
    const attach = () => startTarget(settings, context()).catch(() => undefined)
    let target = await attach()
    for (let tries = 0; !target && tries < 50; tries++) {
      await realClock.sleep(50e6)
      target = await attach()
    }
    expect(target).toMatchObject({ url: `http://127.0.0.1:${port}`, root: identityOf(child.pid!), command: [] })
    expect(records).toEqual([])
    child.kill('SIGKILL')
    expect(await target!.exited).toMatchObject({ code: null, signal: null })
    await target!.stop()
    await expect(startTarget(settings, context())).rejects.toMatchObject({ code: 'target-not-ready', exitCode: 113 })
  })
})

describe('a sample', () => {
  test('of one process has its RSS, and of a tree of two the sum of PSS (P14)', async () => {
    await using target = await startTarget(fixture(['--child']), context())
    const sampler = createSampler({ root: target.root!, clock: realClock, onProcess: (record) => records.push(record) })
    const both = await sampler.sample()
    expect(both).toMatchObject({ processes: 2, memorySource: 'pss', memoryKb: both.pssKb })
    expect(both.rssKb!).toBeGreaterThan(both.pssKb!)
    expect(both.fds!).toBeGreaterThan(10)
    expect(both.threads).toBeGreaterThan(4)
    expect(both.missing).toBeUndefined()
    const one = await createProcessSampler(target.root!.pid, realClock).sample()
    expect(one).toMatchObject({ processes: 1, memorySource: 'rss', memoryKb: one.rssKb, pssKb: null })
    expect(one.rssKb!).toBeGreaterThan(10_000)
  })

  test('keeps the CPU of what has ended, and tells that its memory is gone', async () => {
    const child = keep(process.execPath, [
      '-e',
      // Of CPU, since a busy machine gives it less than the time that passes.
      'while (process.cpuUsage().user < 300e3); process.stdin.resume(); setInterval(() => {}, 1000)',
    ])
    const root = identityOf(child.pid!)
    const sampler = createSampler({ root, clock: realClock })
    await until(() => readStat(root.pid)!.cpuTicks >= 20)
    const alive = await sampler.sample()
    expect(alive.cpuMs).toBeGreaterThanOrEqual(200)
    child.kill('SIGKILL')
    await until(() => !isSame(root))
    const dead = await sampler.sample()
    expect(dead).toMatchObject({ processes: 0, memoryKb: null, missing: 'the process has ended', cpuMs: alive.cpuMs })
  })

  test('of a zombie is that of a dead process', async () => {
    // The shell's own child ends, and what took the shell's place never reaps it.
    const shell = keep('/bin/sh', ['-c', 'sleep 0.2 & exec sleep 20'])
    const zombie = () => listProcesses().find(({ ppid, state }) => ppid === shell.pid && state === 'Z')
    await until(() => zombie() !== undefined)
    expect(isSame(zombie()!)).toBe(false)
    expect(await createProcessSampler(zombie()!.pid, realClock).sample()).toMatchObject({
      processes: 0,
      memoryKb: null,
      missing: 'the process has ended',
    })
    expect(await createSampler({ root: identityOf(shell.pid!), clock: realClock }).sample()).toMatchObject({
      processes: 1,
    })
  })
})

describe('what a crashed run left', () => {
  const idle = ['-e', 'setInterval(() => {}, 1000)']
  const deadOwner = { pid: process.pid, startTicks: 1, startedAt: '' }

  async function crashedRun(runId: string) {
    const run = await openRunDirectory({ resultsDir: directory, runId, clock: realClock })
    writeFileSync(join(run.path, 'owner.json'), JSON.stringify({ ...deadOwner, runId }))
    return run
  }

  test('is ended with all its descendants, and a decoy with the same command line lives on (P15)', async () => {
    const run = await crashedRun('crash-1')
    const script = `require('child_process').spawn(process.execPath, ${JSON.stringify(idle)}, { detached: true, stdio: 'ignore' }); setInterval(() => {}, 1000)`
    const ours = keep(process.execPath, ['-e', script], { SOAKRIG_RUN: 'crash-1' }, true)
    const decoys = [keep(process.execPath, ['-e', script]), keep(process.execPath, idle, { SOAKRIG_RUN: 'other' })]
    await until(() => [ours, decoys[0]!].every(({ pid }) => listProcesses().some(({ ppid }) => ppid === pid)))
    const child = listProcesses().find(({ ppid }) => ppid === ours.pid)!
    const decoyChild = listProcesses().find(({ ppid }) => ppid === decoys[0]!.pid)!
    run.record({ ...identityOf(ours.pid!), role: 'target' })
    // A record whose id is another process by now.
    run.record({ pid: decoys[1]!.pid!, startTicks: 1, role: 'worker' })

    const left = await endLeftovers(directory)

    expect(left.map(({ pid, role, ended }) => ({ pid, role, ended })).sort((a, b) => a.pid - b.pid)).toEqual([
      { pid: ours.pid, role: 'target', ended: true },
      { pid: child.pid, role: 'descendant', ended: true },
    ])
    expect(isSame(child)).toBe(false)
    expect(decoys.every(({ pid }) => isSame(identityOf(pid!)))).toBe(true)
    expect(isSame(decoyChild)).toBe(true)
    process.kill(decoyChild.pid, 'SIGKILL')
    expect(readdirSync(join(directory, '.runs'))).toEqual([])
  })

  test('is left alone while its conductor lives', async () => {
    const run = await openRunDirectory({ resultsDir: directory, runId: 'live-1', clock: realClock })
    const worker = keep(process.execPath, idle, { SOAKRIG_RUN: 'live-1' })
    run.record({ ...identityOf(worker.pid!), role: 'worker' })
    expect(await endLeftovers(directory)).toEqual([])
    expect(isSame(identityOf(worker.pid!))).toBe(true)
    expect(existsSync(run.path)).toBe(true)
  })

  // nginx writes its title over its environment, so that the id of the run is not there to be read.
  test.skipIf(!nginx)('is found by the files it holds when it has written over its environment', async () => {
    const run = await crashedRun('crash-2')
    const life = run.directory('target')
    const target = await startTarget(nginxSettings(), context({ directory: life, runId: 'crash-2' }))
    await until(() => treeOf({ root: target.root! }).length > 1)
    const tree = treeOf({ root: target.root! })
    records.push(...tree.map(({ pid, startTicks }) => ({ pid, startTicks, role: 'target' })))
    run.record({ ...target.root!, role: 'target' })
    const left = await endLeftovers(directory)
    expect(new Set(left.map(({ pid }) => pid))).toEqual(new Set(tree.map(({ pid }) => pid)))
    expect(tree.filter(isSame)).toEqual([])
    await target.stop()
  })
})

function nginxSettings() {
  const conf = `daemon off; pid {dir}/nginx.pid; error_log stderr; worker_processes 1;
    events {}
    http { access_log off; client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy; fastcgi_temp_path {dir}/fastcgi;
      uwsgi_temp_path {dir}/uwsgi; scgi_temp_path {dir}/scgi;
      server { listen {host}:{port}; location = /status { stub_status; } location / { return 200 "hi"; } } }`
  return parseTarget({
    command: [nginx, '-p', '{dir}', '-c', '{dir}/nginx.conf'],
    files: { 'nginx.conf': conf },
    package: 'nginx',
    stop: { signal: 'SIGQUIT' },
    stats: { path: '/status', pattern: 'handled requests\\s+\\d+ \\d+ (\\d+)' },
  })
}

test.skipIf(!nginx)('nginx is started, counts its own status requests, and is stopped whole', async () => {
  mkdirSync(join(directory, 'life'))
  const settings = nginxSettings()
  await using target = await startTarget(settings, context({ directory: join(directory, 'life') }))
  const tree = treeOf({ root: target.root! })
  records.push(...tree.map(({ pid, startTicks }) => ({ pid, startTicks, role: 'target' })))
  const counter = createRequestCounter(settings.stats, target, realClock)!
  expect(await counter.calibrate()).toEqual({ countsItself: true })
  const before = await counter.read()
  for (let index = 0; index < 5; index++) expect(await (await fetch(target.url)).text()).toBe('hi')
  expect(counter.requestsBetween(before, await counter.read())).toEqual({ requests: 5, slack: 0 })
  await target.stop()
  expect(tree.filter(isSame)).toEqual([])
  expect(await target.exited).toMatchObject({ code: 0 })
})
