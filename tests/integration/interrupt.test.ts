import { execa } from 'execa'
import { mkdirSync, readdirSync } from 'node:fs'
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { validateResult } from '../../harness/archive/validate.ts'
import type { Result } from '../../harness/archive/result.ts'
import { commandLineOf, isSame, listProcesses, readStat } from '../../harness/target/proc.ts'
import { type Bench, openBench, root, soakrig, startSoakrig } from '../support/soakrig.ts'

const policies = { latency: { fault: { latency: { delay: '40ms' } } } }
let bench: Bench

beforeAll(async () => {
  bench = await openBench()
  mkdirSync(bench.results)
})

afterAll(() => bench[Symbol.asyncDispose]())

async function until<Value>(find: () => Value | undefined | false, limitMs: number): Promise<Value> {
  const end = Date.now() + limitMs
  for (;;) {
    const found = find()
    if (found !== undefined && found !== false) return found
    if (Date.now() > end) throw new Error('waited in vain')
    await sleep(20)
  }
}

/** Waits until the run is in the midst of its baselines: once it has started it has a directory. */
async function started(): Promise<void> {
  await until(
    () => readdirSync(bench.results, { recursive: true }).some((entry) => String(entry).includes('life-0')),
    20_000,
  )
  await sleep(1000)
}

describe('a signal', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s leaves a readable partial result and 105 (F13)', async (signal) => {
    const name = signal.toLowerCase()
    const profile = await bench.profile(name, { policies })
    const run = startSoakrig(['soak', profile, '--mode', 'smoke', '--results', bench.results])
    await started()
    run.kill(signal)
    const { exitCode } = await run
    const [file] = await bench.files(name)
    const result = JSON.parse(await readFile(file ?? '', 'utf8')) as Result
    expect(exitCode).toBe(105)
    expect(validateResult(result)).toEqual([])
    expect(result.run).toMatchObject({ status: 'aborted', abortedBy: 'signal', exitCode: 105 })
    expect(result.plan.notMeasured.length).toBeGreaterThan(0)
  })

  test('at the very start leaves a result too, beside an earlier pass of the same profile', async () => {
    const profile = await bench.profile('early', { policies })
    const passed = await soakrig(['baseline', profile, '--mode', 'smoke', '--results', bench.results])
    expect(passed.code).toBe(0)
    const run = startSoakrig(['baseline', profile, '--mode', 'smoke', '--results', bench.results])
    await until(() => listProcesses().some(({ ppid }) => ppid === run.pid), 10_000)
    run.kill('SIGINT')
    const { exitCode } = await run
    expect(exitCode).toBe(105)
    expect(await bench.files('early')).toHaveLength(2)
  })

  test('Ctrl-C reaches the run through sh, which ends with the same code', async () => {
    const profile = await bench.profile('shell', { policies })
    const args = [join(root, 'tests_long.sh'), profile, '--mode', 'smoke', '--results', bench.results]
    // A terminal signals the whole foreground group: so does this.
    const run = execa('sh', args, { detached: true, reject: false, timeout: 60_000 })
    await sleep(3500)
    process.kill(-(run.pid ?? 0), 'SIGINT')
    const { exitCode } = await run
    const [file] = await bench.files('shell')
    expect(exitCode).toBe(105)
    expect(JSON.parse(await readFile(file ?? '', 'utf8')).run.abortedBy).toBe('signal')
  })
})

describe('kill -9 of a load worker', () => {
  test('ends the run as a failure of soakrig, of which the target is not blamed for anything (P3)', async () => {
    const profile = await bench.profile('worker', {})
    const run = startSoakrig(['baseline', profile, '--mode', 'smoke', '--results', bench.results])
    await started()
    const ours = listProcesses().filter(({ ppid }) => ppid === run.pid)
    const worker = ours.find(({ pid }) => commandLineOf(pid).includes('load/process'))
    expect(worker).toBeDefined()
    process.kill(worker!.pid, 'SIGKILL')
    const { exitCode } = await run
    const [file] = await bench.files('worker')
    const result = JSON.parse(await readFile(file ?? '', 'utf8')) as Result
    expect(exitCode).toBe(1)
    expect(result.run).toMatchObject({ status: 'aborted', abortedBy: 'child-died', exitCode: 1 })
    expect(result.run.reasons[0]).toMatch(/ended by SIGKILL/u)
    // The canary fails all by design.
    const arms = result.phases.filter(({ kind }) => kind !== 'canary').flatMap((phase) => phase.arms)
    expect(arms.filter(({ operations }) => operations.failed > 0)).toEqual([])
  })
})

describe('kill -9 of the conductor', () => {
  test('ends generator and relay at once, and the next start ends the target, but not a decoy', async () => {
    const server = join(bench.directory, 'server.mjs')
    await copyFile(join(root, 'tests/fixtures/targets/tree.mjs'), server)
    const profile = await bench.profile('killed', {
      target: { command: [process.execPath, server, '{port}'] },
      policies,
    })
    const run = startSoakrig(['soak', profile, '--mode', 'smoke', '--results', bench.results])
    const ours = await until(() => {
      const all = listProcesses().filter(({ ppid }) => ppid === run.pid)
      return all.length >= 3 && all
    }, 10_000)
    await sleep(1000)
    const family = listProcesses().filter(({ pid }) => commandLineOf(pid).includes(server))
    const target = ours.filter(({ pid }) => commandLineOf(pid).includes(server))
    const own = ours.filter((stat) => !target.includes(stat))
    expect(own.length).toBe(2)
    expect(target.length).toBe(1)
    expect(family.length).toBeGreaterThan(target.length)

    run.kill('SIGKILL')
    await run
    // Where nothing reaps them they stay as zombies, which are dead all the same.
    await until(() => !own.some(isSame), 2000)
    expect(family.every(isSame)).toBe(true)

    const decoy = execa(process.execPath, [server, '--idle'], { reject: false, timeout: 60_000 })
    const [first] = family
    expect(first && readStat(first.pid)?.state).not.toBe('Z')
    const other = await bench.profile('after', {})
    const next = await soakrig(['baseline', other, '--mode', 'smoke', '--results', bench.results])
    expect(next.code).toBe(0)
    expect(family.some(isSame)).toBe(false)
    expect(readStat(decoy.pid ?? 0)?.state).not.toBe('Z')
    expect(commandLineOf(decoy.pid ?? 0)).toContain(server)
    decoy.kill('SIGKILL')
    await decoy
  })
})
