import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { execa } from 'execa'
import { ProcessSupervisor } from '../../harness/run/guards/process-supervisor.ts'
import { WatchdogError, withWatchdog } from '../../harness/run/guards/watchdog.ts'
import { readStat } from '../../harness/target/proc.ts'
import { root } from '../support/soakrig.ts'

/** Stubborn: it ignores SIGTERM, has a child of its own, listens, and says where. */
const stubborn = `
  process.on('SIGTERM', () => {})
  const child = require('node:child_process').spawn('sleep', ['60'])
  const server = require('node:net').createServer(() => {}).listen(0, '127.0.0.1', () => {
    console.log(JSON.stringify({ port: server.address().port, child: child.pid }))
  })
`

const left: ChildProcess[] = []
afterEach(() => {
  for (const child of left.splice(0)) child.kill('SIGKILL')
})

async function saidBy(child: ChildProcess): Promise<{ readonly port: number; readonly child: number }> {
  const [line] = (await once(child.stdout!, 'data')) as [Buffer]
  return JSON.parse(String(line))
}

const isThere = (pid: number): boolean => readStat(pid) !== undefined

async function refuses(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const refused = await once(socket, 'connect').then(
    () => false,
    () => true,
  )
  socket.destroy()
  return refused
}

describe('a process supervisor', () => {
  test('ends what it started, with all that descends from it, and no other of the same name (L9, P29)', async () => {
    const decoy = spawn('sleep', ['60'], { stdio: 'ignore' })
    left.push(decoy)
    const supervisor = new ProcessSupervisor()
    const sleeping = supervisor.start('sleep', ['60'])
    const child = supervisor.start(process.execPath, ['-e', stubborn], { stdio: ['ignore', 'pipe', 'ignore'] })
    left.push(sleeping, child)
    const said = await saidBy(child)
    const ended = await supervisor.endAll('50ms')
    expect(new Set(ended.map(({ pid }) => pid))).toEqual(new Set([sleeping.pid!, child.pid!, said.child]))
    expect(ended.every((one) => one.ended)).toBe(true)
    // Neither alive nor a zombie.
    await Promise.all([sleeping, child].map(async (one) => one.exitCode ?? one.signalCode ?? (await once(one, 'exit'))))
    expect([sleeping.pid!, child.pid!].map(isThere)).toEqual([false, false])
    expect([sleeping.signalCode, child.signalCode]).toEqual(['SIGTERM', 'SIGKILL'])
    expect(isThere(decoy.pid!)).toBe(true)
    expect(await supervisor.endAll()).toEqual([])
  })

  test('forgets nobody for a grace that is no duration (L9)', async () => {
    const supervisor = new ProcessSupervisor()
    const sleeping = supervisor.start('sleep', ['60'])
    left.push(sleeping)
    await expect(supervisor.endAll('a while')).rejects.toThrow('a while')
    expect((await supervisor.endAll('1s')).map(({ pid }) => pid)).toEqual([sleeping.pid])
  })

  test('leaves a process alone that has only the id of one that it recorded (L9)', async () => {
    const supervisor = new ProcessSupervisor()
    const brief = supervisor.start('true')
    await once(brief, 'exit')
    expect(await supervisor.endAll()).toEqual([])
    expect(() => supervisor.start('no-such-program')).toThrow(expect.objectContaining({ code: 'not-started' }))
  })

  test('records its own children only: neither this process nor its parent (L9, P29)', () => {
    const supervisor = new ProcessSupervisor()
    for (const pid of [process.pid, process.ppid])
      expect(() => supervisor.record({ pid })).toThrow(expect.objectContaining({ code: 'not-a-child' }))
  })

  test('does not end with the others what is started meanwhile (L9)', async () => {
    const supervisor = new ProcessSupervisor()
    const ready = supervisor.start(process.execPath, ['-e', stubborn], { stdio: ['ignore', 'pipe', 'ignore'] })
    left.push(ready)
    await saidBy(ready)
    const ending = supervisor.endAll('50ms')
    const later = supervisor.start('sleep', ['60'])
    left.push(later)
    await ending
    expect([isThere(later.pid!), (await supervisor.endAll('1s')).map(({ pid }) => pid)]).toEqual([true, [later.pid]])
  })
})

describe('a watchdog', () => {
  test('ends the child that hangs and closes its sockets, and rejects without waiting for that (L10, P30)', async () => {
    const child = spawn(process.execPath, ['-e', stubborn], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
    left.push(child)
    const { port, child: grandchild } = await saidBy(child)
    let told = 0
    const from = performance.now()
    const error: unknown = await withWatchdog(() => once(child, 'exit'), {
      limit: '100ms',
      grace: '600ms',
      child,
      onTimeout: () => told++,
    }).catch((caught: unknown) => caught)
    expect(performance.now() - from).toBeLessThan(600)
    expect(error).toBeInstanceOf(WatchdogError)
    expect((await (error as WatchdogError).ended).map(({ pid }) => pid)).toEqual(
      expect.arrayContaining([child.pid, grandchild]),
    )
    expect([told, await refuses(port), child.signalCode ?? (await once(child, 'exit'))]).toEqual([
      1,
      true,
      expect.anything(),
    ])
  })

  test('waits for a child that the work returns', async () => {
    const child = await withWatchdog(() => spawn('true'), { limit: '5s' })
    expect(child.exitCode).toBe(0)
    const { stdout } = await withWatchdog(() => execa('echo', ['hi']), { limit: '5s' })
    expect(stdout).toBe('hi')
    const missing = `${root}no-such-program`
    await expect(withWatchdog(() => spawn(missing), { limit: '5s' })).rejects.toThrow('ENOENT')
  })

  test('leaves a process alone that a value merely tells of (L10, P29)', async () => {
    const value = { pid: process.ppid, answer: 42 }
    expect(await withWatchdog(() => value, { limit: '5s' })).toBe(value)
  })
})

test('a program that uses the library ends by itself once nothing waits, and not before (L10)', async () => {
  const program = `
    import { withWatchdog, wrap } from '${root}harness/index.ts'
    let calls = 0
    const client = { timeout: { operation: '300s' }, retry: { strategy: 'fixed', baseDelay: '50ms', maxCalls: 3 } }
    const fn = wrap(async () => {
      if (++calls < 3) throw Object.assign(new Error('gone'), { code: 'ECONNRESET' })
      return calls
    }, client, { idempotent: true })
    await withWatchdog(() => 1, { limit: '300s' })
    console.log(await fn())
  `
  const ran = await execa(process.execPath, ['--input-type=module-typescript', '-e', program], { timeout: 20_000 })
  expect(ran.stdout).toBe('3')
})
