import { execa } from 'execa'
import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { validateResult } from '../../harness/archive/validate.ts'
import type { Result } from '../../harness/archive/result.ts'
import { commandLineOf, isSame, listProcesses, type ProcStat, readStat } from '../../harness/target/proc.ts'
import { type Bench, openBench, root, soakrig, startSoakrig } from '../support/soakrig.ts'

const policies = { latency: { fault: { latency: { delay: '40ms' } } } }
/** Of what only has to have been a run. */
const brief = { smoke: { slices: 1, slice: '250ms', discard: '60ms', warmup: '100ms', window: '100ms', budget: '45s' } }

/** By default for as long as a busy machine may take to start what is waited for. */
async function until<Value>(find: () => Value | undefined | false, limitMs = 45_000): Promise<Value> {
  const end = Date.now() + limitMs
  for (;;) {
    const found = find()
    if (found !== undefined && found !== false) return found
    if (Date.now() > end) throw new Error('waited in vain')
    await sleep(20)
  }
}

const childrenOf = (parent: number | undefined): readonly ProcStat[] =>
  listProcesses().filter(({ ppid }) => ppid === parent)

/** Waits until the one run of a bench is in the midst of its baselines. */
async function started(bench: Bench): Promise<void> {
  await bench.life(0)
  await sleep(1000)
}

// Each with results of its own, so that none sees the runs of another.
describe.concurrent('a signal', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s leaves a readable partial result and 105 (F13)', async (signal) => {
    await using bench = await openBench()
    const name = signal.toLowerCase()
    const profile = await bench.profile(name, { policies })
    const run = startSoakrig(['soak', profile, '--mode', 'smoke', '--results', bench.results])
    await started(bench)
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
    await using bench = await openBench()
    const profile = await bench.profile('early', { policies, modes: brief })
    const passed = await soakrig(['baseline', profile, '--mode', 'smoke', '--results', bench.results])
    expect(passed.code).toBe(0)
    const run = startSoakrig(['baseline', profile, '--mode', 'smoke', '--results', bench.results])
    await until(() => childrenOf(run.pid).length > 0)
    run.kill('SIGINT')
    const { exitCode } = await run
    expect(exitCode).toBe(105)
    expect(await bench.files('early')).toHaveLength(2)
  })

  test('Ctrl-C reaches the run through sh, which ends with the same code', async () => {
    await using bench = await openBench()
    const profile = await bench.profile('shell', { policies })
    const args = [join(root, 'tests_long.sh'), profile, '--mode', 'smoke', '--results', bench.results]
    // A terminal signals the whole foreground group: so does this.
    const run = execa('sh', args, { detached: true, reject: false, timeout: 60_000 })
    await started(bench)
    process.kill(-(run.pid ?? 0), 'SIGINT')
    const { exitCode } = await run
    const [file] = await bench.files('shell')
    expect(exitCode).toBe(105)
    expect(JSON.parse(await readFile(file ?? '', 'utf8')).run.abortedBy).toBe('signal')
  })
})

describe.concurrent('kill -9 of a load worker', () => {
  test('ends the run as a failure of soakrig, of which the target is not blamed for anything (P3)', async () => {
    await using bench = await openBench()
    const profile = await bench.profile('worker', {})
    const run = startSoakrig(['baseline', profile, '--mode', 'smoke', '--results', bench.results])
    await started(bench)
    const worker = await until(() => childrenOf(run.pid).find(({ pid }) => commandLineOf(pid).includes('load/process')))
    process.kill(worker.pid, 'SIGKILL')
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

describe.concurrent('kill -9 of the conductor', () => {
  test('ends generator and relay at once, and the next start ends the target, but not a decoy', async () => {
    await using bench = await openBench()
    const server = join(bench.directory, 'server.mjs')
    await copyFile(join(root, 'tests/fixtures/targets/tree.mjs'), server)
    const profile = await bench.profile('killed', {
      target: { command: [process.execPath, server, '{port}'] },
      policies,
    })
    const run = startSoakrig(['soak', profile, '--mode', 'smoke', '--results', bench.results])
    const isTarget = ({ pid }: ProcStat): boolean => commandLineOf(pid).includes(server)
    const own = await until(() => {
      const children = childrenOf(run.pid).filter(({ pid }) => /(load|relay)\/process/u.test(commandLineOf(pid)))
      return children.length === 2 && children
    })
    const family = await until(() => {
      const all = listProcesses().filter(isTarget)
      return all.length > 1 && all
    })
    expect(childrenOf(run.pid).filter(isTarget)).toHaveLength(1)
    await sleep(1000)

    run.kill('SIGKILL')
    await run
    // Where nothing reaps them they stay as zombies, which are dead all the same.
    await until(() => !own.some(isSame), 2000)
    expect(family.every(isSame)).toBe(true)

    const decoy = execa(process.execPath, [server, '--idle'], { reject: false, timeout: 60_000 })
    const [first] = family
    expect(first && readStat(first.pid)?.state).not.toBe('Z')
    const other = await bench.profile('after', { modes: brief })
    const next = await soakrig(['baseline', other, '--mode', 'smoke', '--results', bench.results])
    expect(next.code).toBe(0)
    expect(family.some(isSame)).toBe(false)
    expect(readStat(decoy.pid ?? 0)?.state).not.toBe('Z')
    expect(commandLineOf(decoy.pid ?? 0)).toContain(server)
    decoy.kill('SIGKILL')
    await decoy
  })
})
