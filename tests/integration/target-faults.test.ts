import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { realClock } from '../../harness/kernel/clock.ts'
import { nsPerMs } from '../../harness/kernel/units.ts'
import { startHogs } from '../../harness/run/hogs.ts'
import type { LaunchContext } from '../../harness/target/launch.ts'
import { isSame, listProcesses, type ProcessRecord, readStat } from '../../harness/target/proc.ts'
import { startRestartable } from '../../harness/target/restartable.ts'
import { createSampler } from '../../harness/target/sample.ts'
import { parseTarget } from '../../harness/target/settings.ts'
import { quietPort } from '../../harness/target/sockets.ts'
import { createRequestCounter } from '../../harness/target/stats.ts'
import { until } from '../support/sockets.ts'
import { armOf, type Bench, openBench, soakrig, startSoakrig } from '../support/soakrig.ts'

const tree = fileURLToPath(new URL('../fixtures/targets/tree.mjs', import.meta.url))
const withTree = { command: [process.execPath, tree, '{port}'], ready: { http: '/' } }

describe('a target that may be killed and stopped', () => {
  let directory: string
  let records: ProcessRecord[]
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'soakrig-target-faults-'))
    records = []
  })
  afterEach(() => {
    const left = records.filter(isSame)
    for (const { pid } of left) process.kill(pid, 'SIGKILL')
    rmSync(directory, { recursive: true, force: true })
    if (left.length > 0) throw new Error(`left running: ${JSON.stringify(left)}`)
  })
  const context = async (): Promise<LaunchContext> => ({
    clock: realClock,
    runId: 'test-run',
    directory,
    port: await quietPort('127.0.0.1', directory),
    onProcess: (record) => records.push(record),
  })

  test('comes back on its port after a kill, whose exit is a planned one, and only its own processes die (P15)', async () => {
    const decoy = spawn(process.execPath, [tree, '--idle'], { stdio: 'ignore' })
    await using target = await startRestartable(parseTarget(withTree), await context())
    let exits = 0
    void target.exited.then(() => exits++)
    await until('the whole tree', () => target.members().length === 3)
    const before = target.members()
    expect(await target.kill('SIGKILL')).toBe(true)
    expect(target.isDown).toBe(true)
    expect(before.some(isSame)).toBe(false)
    await expect(fetch(target.url)).rejects.toThrow('fetch failed')
    await target.restart()
    expect(await (await fetch(target.url)).text()).toBe('hi')
    expect(target).toMatchObject({ restarts: 1, isDown: false })
    expect(before.map(({ pid }) => pid)).not.toContain(target.root?.pid)
    expect(exits).toBe(0)
    expect(readStat(decoy.pid!)?.state).not.toBe('Z')
    decoy.kill('SIGKILL')
  })

  test('says when it ends by itself after a restart', async () => {
    await using target = await startRestartable(parseTarget({ builtin: 'http' }), await context())
    await target.kill('SIGTERM')
    await target.restart()
    process.kill(target.root!.pid, 'SIGKILL')
    expect(await target.exited).toMatchObject({ signal: 'SIGKILL' })
  })

  test('is seen to be stopped as a whole, answers only when it goes on, and is never left stopped', async () => {
    const target = await startRestartable(parseTarget(withTree), await context())
    await until('the whole tree', () => target.members().length === 3)
    expect(await target.freeze()).toBe(true)
    expect(target.members().map(({ state }) => state)).toEqual(['T', 'T', 'T'])
    let answered = false
    const answer = fetch(target.url).then(() => (answered = true))
    await realClock.sleep(50 * nsPerMs)
    expect(answered).toBe(false)
    target.thaw()
    await answer
    expect(await target.freeze()).toBe(true)
    const startNs = realClock.nowNs()
    await target.stop()
    // Stopped processes would have heeded SIGTERM only after their grace of 5 s.
    expect(realClock.nowNs() - startNs).toBeLessThan(3e9)
    expect(records.some(isSame)).toBe(false)
  })

  test('is followed by what samples and counts it: CPU goes on, and the count begins anew', async () => {
    const settings = parseTarget({ builtin: 'tcp' })
    await using target = await startRestartable(settings, await context())
    const counter = createRequestCounter(settings.stats, target, realClock)!
    const sampler = createSampler({ root: target.root!, clock: realClock })
    const [before, first] = [await counter.read(), await sampler.sample()]
    const { statsPort } = target
    await target.kill('SIGKILL')
    await target.restart()
    sampler.follow(target.root!)
    const [after, second] = [await counter.read(), await sampler.sample()]
    expect(target.statsPort).not.toBe(statsPort)
    expect(counter.requestsBetween(before, after)).toEqual({ restarts: 1 })
    expect(second.cpuMs).toBeGreaterThanOrEqual(first.cpuMs)
    expect(second).toMatchObject({ processes: 1 })
  })

  test('hogs burn what they are to, and are gone when they are stopped', async () => {
    const onProcess = (record: ProcessRecord): void => void records.push(record)
    const hogs = await startHogs(1, 0.4, { clock: realClock, runId: 'test-run', onProcess })
    await realClock.sleep(400 * nsPerMs)
    const [usedNs = 0] = await hogs.stop()
    expect(usedNs).toBeGreaterThan(0.02e9)
    expect(usedNs).toBeLessThan(0.3e9)
    expect(records.map(({ role }) => role)).toEqual(['hog 1 of 1'])
    expect(records.some(isSame)).toBe(false)
  })
})

describe('faults on the target itself', () => {
  let bench: Bench
  beforeAll(async () => {
    bench = await openBench()
  })
  afterAll(() => bench[Symbol.asyncDispose]())

  test('a kill, pauses and hogs fire and are proven, and the next slice finds the target as it was', async () => {
    const policies = {
      kill: { fault: { kill: { after: '100ms', down: '150ms' } } },
      pause: { fault: { pause: { every: '200ms', for: '60ms' } } },
      hog: { fault: { cpuHog: { workers: 1, share: '50%' } } },
    }
    const { code, result } = await bench.soak(await bench.profile('target-faults', { policies }))
    expect(result.run.reasons).toEqual([])
    expect(code).toBe(0)
    expect(result.target.restarts).toEqual({ planned: 1, unplanned: 0 })
    const [kill, pause, hog] = ['kill', 'pause', 'hog'].map((name) => armOf(result, `policy.${name}`, 'policy'))
    expect(kill).toMatchObject({ path: 'direct', fired: { kill: { eligible: 1, fired: 1 } } })
    expect(kill?.reconciliation).toMatchObject({ status: 'none', detail: expect.stringContaining('started again') })
    expect(kill?.operations.ok).toBeGreaterThan(0)
    expect(kill?.operations.failed).toBeGreaterThan(0)
    expect(pause?.fired['pause']?.fired).toBeGreaterThan(0)
    expect(pause?.latencyMs.max).toBeGreaterThanOrEqual(59)
    expect(pause?.operations.failed).toBe(0)
    expect(hog?.fired['cpuHog']).toMatchObject({ eligible: 1, fired: 1 })
    for (const arm of [pause, hog, armOf(result, 'stress.smoke', 'baseline')])
      expect(arm?.reconciliation.status).toBe('exact')
  })

  test('a signal while the target stands still ends the run, and leaves nothing behind', async () => {
    const profile = await bench.profile('target-faults-signal', {
      policies: { pause: { fault: { pause: { every: '1500ms', for: '1400ms' } } } },
      modes: { smoke: { duration: '20s', warmup: '50ms' } },
      stress: { smoke: { steps: [{ at: '0s', install: 'pause' }] } },
    })
    const run = startSoakrig(['stress', profile, '--mode', 'smoke', '--results', bench.results])
    const children = () => listProcesses().filter(({ ppid }) => ppid === run.pid)
    await until('the target to stand still', () => children().some(({ state }) => state === 'T'), 45_000)
    const all = children()
    run.kill('SIGINT')
    expect((await run).exitCode).toBe(105)
    expect(all.filter(isSame)).toEqual([])
  })

  test('the target of a url is refused: it is not ours to end or to stop', async () => {
    const profile = await bench.profile('target-faults-url', {
      target: { url: 'http://127.0.0.1:1' },
      dependencies: { db: { upstream: '127.0.0.1:2', env: 'DB_PORT' } },
      policies: {
        kill: { fault: { kill: {} } },
        pause: { rules: [{ fault: { pause: { every: '1s', for: '1ms' } } }] },
      },
    })
    const { code, stderr } = await soakrig(['validate', profile])
    expect(code).toBe(104)
    for (const place of ['/policies/kill/fault/kill', '/policies/pause/rules/0/fault/pause', '/dependencies/db'])
      expect(stderr).toContain(place)
  })
})
