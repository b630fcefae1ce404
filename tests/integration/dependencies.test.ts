import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Result } from '../../harness/archive/result.ts'
import { dial, until } from '../support/sockets.ts'
import { armOf, type Bench, openBench } from '../support/soakrig.ts'

function missing(command: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`])
    return false
  } catch {
    return true
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Skipped where the package is missing, but never in CI, where it would then fail. */
describe.skipIf(missing('redis-server') && !process.env['CI'])(
  'a target whose dependency is a real Redis (needs the package redis-server)',
  () => {
    let directory: string
    let redis: ChildProcess
    let port: number
    let bench: Bench

    beforeAll(async () => {
      bench = await openBench()
      directory = mkdtempSync(join(tmpdir(), 'soakrig-redis-'))
      port = await freePort()
      const listens = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory]
      redis = spawn('redis-server', [...listens, '--save', '', '--appendonly', 'no'], { stdio: 'ignore' })
      await until('redis to listen', () =>
        dial(port).then(
          (socket) => (socket.destroy(), true),
          () => false,
        ),
      )
    })
    afterAll(async () => {
      redis.kill('SIGKILL')
      rmSync(directory, { recursive: true, force: true })
      await bench[Symbol.asyncDispose]()
    })

    const profile = (name: string, policies: object): Promise<string> =>
      bench.profile(name, {
        target: { builtin: 'http', dependency: { env: 'REDIS_PORT', send: 'PING\r\n' } },
        dependencies: { db: { upstream: `127.0.0.1:${port}`, env: 'REDIS_PORT' } },
        workload: {
          protocol: 'http',
          timeout: '2s',
          requests: [{ method: 'GET', path: '/dependency', expect: { body: '+PONG' } }],
        },
        policies,
      })
    const latency = { fault: { latency: { delay: '30ms' } }, at: 'db' }
    const p50 = (result: Result, phase: string): number =>
      armOf(result, phase, phase === 'baseline' ? 'baseline' : 'policy', 'direct').latencyMs.p50 ?? 0

    test.concurrent('a fault at the dependency acts there and only while its policy is measured', async () => {
      const policies = { 'db-slow': latency, 'db-reset': { fault: { reset: { probability: '10%' } }, at: 'db' } }
      const { code, result } = await bench.soak(await profile('dependency', policies))
      expect(result.run.reasons).toEqual([])
      expect(code).toBe(0)
      const slow = armOf(result, 'policy.db-slow', 'policy')
      expect(slow).toMatchObject({ path: 'direct', reconciliation: { status: 'exact' } })
      expect(slow.fired['latency']?.fired).toBeGreaterThan(0)
      expect(p50(result, 'policy.db-slow')).toBeGreaterThanOrEqual(30)
      expect(p50(result, 'policy.db-slow') - p50(result, 'baseline')).toBeLessThan(80)
      expect(p50(result, 'policy.db-reset')).toBeLessThan(20)
      const reset = armOf(result, 'policy.db-reset', 'policy')
      const { eligible = 0, fired = 0 } = reset.fired['reset'] ?? {}
      expect(fired / eligible).toBeGreaterThan(0.05)
      expect(fired / eligible).toBeLessThan(0.15)
      // The target lives on, and says 502 for each of them.
      expect(reset.all.operations.failed).toBe(fired)
      expect(reset.reconciliation.status).toBe('exact')
      for (const path of ['direct', 'relay']) {
        const baseline = armOf(result, 'baseline', 'baseline', path)
        expect(baseline.fired).toEqual({})
        expect(baseline.operations.failed).toBe(0)
      }
    })

    test.concurrent('faults at a dependency, or on the target, that are off behind our back are noticed', async () => {
      const policies = { 'db-slow': latency, pause: { fault: { pause: { every: '200ms', for: '60ms' } } } }
      const { code, result } = await bench.soak(await profile('dependency-off', policies), '--sabotage', 'fault-off')
      const doubtful = result.doubts.filter(({ kind }) => kind === 'effect-missing' || kind === 'effect-unclear')
      expect(doubtful.map(({ detail }) => detail.split(':')[0])).toEqual(
        expect.arrayContaining(['policy.db-slow/policy-direct', 'policy.pause/policy-direct']),
      )
      expect(result.run.verdict).not.toBe('pass')
      expect(code === 0 ? result.run.verdict : 'void').toBe(result.run.verdict)
    })
  },
)
