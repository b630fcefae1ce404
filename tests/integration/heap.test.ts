import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { realClock } from '../../harness/kernel/clock.ts'
import type { HeapProbe } from '../../harness/target/heap/heap.ts'
import { startTarget } from '../../harness/target/launch.ts'
import type { RunningTarget } from '../../harness/target/running.ts'
import { parseTarget } from '../../harness/target/settings.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'soakrig-heap-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

/** Started by `sh`, which is no program of Node; keeps a buffer of 1 MiB and makes garbage for each request. */
const source = `
  const kept = []
  const server = require('node:http').createServer((request, response) => {
    const garbage = Array.from({ length: 1e5 }, (_, index) => ({ index }))
    kept.push(Buffer.alloc(2 ** 20, 1))
    response.end(String(garbage.length))
  })
  server.listen(process.env.PORT, '127.0.0.1')
`

const start = (raw: object): Promise<RunningTarget> => {
  const own = join(directory, String(Math.abs(JSON.stringify(raw).length)))
  mkdirSync(own, { recursive: true })
  return startTarget(parseTarget(raw), { clock: realClock, runId: 'test', directory: own, onProcess: () => {} })
}

async function grownBy(probe: HeapProbe, url: string): Promise<number> {
  const ask = async (): Promise<unknown> => (await fetch(url)).text()
  // The first request loads what all of them need.
  await ask()
  const before = await probe.collect()
  for (let index = 0; index < 4; index++) await ask()
  return (await probe.collect()) - before
}

async function occupiedPort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}

test('a command that asks for it tells what its heap keeps, without the garbage, by the inspector of Node', async () => {
  const command = ['sh', '-c', '"$0" -e "$1" & wait', process.execPath, source]
  await using target = await start({ command, heap: 'inspector', env: { NODE_OPTIONS: '--no-deprecation' } })
  if (!('probe' in target.heap)) throw new Error(target.heap.missing)
  const grownKb = await grownBy(target.heap.probe, target.url)
  expect(grownKb).toBeGreaterThan(4 * 1024 - 200)
  expect(grownKb).toBeLessThan(5 * 1024)
  await target.stop()
  // Of a connection that is still being taken down it says that, instead.
  await expect(target.heap.probe.collect()).rejects.toThrow(/ECONNREFUSED|ECONNRESET/u)
})

test('the built-in targets tell it without being asked to, and what keeps of each request grows by that', async () => {
  await using target = await start({ builtin: 'http', knobs: { leak: '1mib' } })
  if (!('probe' in target.heap)) throw new Error(target.heap.missing)
  const grownKb = await grownBy(target.heap.probe, new URL('/echo/hi', target.url).href)
  expect(grownKb).toBeGreaterThan(4 * 1024 - 200)
  expect(grownKb).toBeLessThan(5 * 1024)
})

test('others say why nothing is known of their heap', async () => {
  const command = [process.execPath, '-e', source]
  await using unasked = await start({ command })
  expect(unasked.heap).toEqual({ missing: expect.stringContaining('"heap": "inspector"') })
  await using foreign = await start({ command: ['env', '-u', 'NODE_OPTIONS', ...command], heap: 'inspector' })
  expect(foreign.heap).toEqual({ missing: 'no inspector was announced: the target is no program of Node' })
  const taken = await occupiedPort()
  const other = [process.execPath, `--inspect=127.0.0.1:${taken.port}`, '-e', source]
  await using elsewhere = await start({ command: other, heap: 'inspector' })
  expect(elsewhere.heap).toEqual({ missing: expect.stringContaining('an --inspect of its own') })
  taken.server.close()
  await using running = await start({ url: unasked.url })
  expect(running.heap).toEqual({ missing: 'a target that runs already is not asked for its heap' })
})
