import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DecisionLogSettings } from '../../harness/faults/relay/protocol.ts'
import { serveRelay } from '../../harness/pipeline/serve-relay.ts'
import { dial, serveSockets, type TestServer, until } from '../support/sockets.ts'

let server: TestServer
let directory = ''

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'soakrig-replay-'))
  server = await serveSockets((socket) => {
    socket.on('data', (bytes) => socket.write(bytes)).on('end', () => socket.end())
  })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

const connections = 6
const exchanges = 5

/** Rules in which chance decides about connections, exchanges, messages and segments. */
const rules = [
  {
    probability: '70%',
    connections: '80%',
    fault: {
      uplink: { latency: { delay: '1ms', jitter: '1ms' } },
      downlink: { loss: { probability: '20%', tcp: { rtoMin: '2ms', rtoMax: '10ms' } } },
    },
  },
]

/** The same traffic each time: connections that are accepted in order, and talk at the same time. */
async function run(log: DecisionLogSettings, seed: number) {
  await using served = await serveRelay({
    transport: 'tcp',
    listen: { host: '127.0.0.1', port: 0 },
    upstream: { host: '127.0.0.1', port: server.port },
    names: {},
    api: undefined,
    fault: undefined,
    preset: undefined,
    rules,
    log,
    seed,
    allowedHosts: [],
  })
  const sockets = []
  for (let n = 0; n < connections; n++) sockets.push(await dial(served.address!.port))
  await Promise.all(
    sockets.map(async (socket) => {
      let size = 0
      socket.on('data', (bytes: Buffer) => (size += bytes.length))
      for (let n = 1; n <= exchanges; n++) {
        socket.write(Buffer.alloc(500))
        await until('the answer', () => size === 500 * n)
      }
      socket.destroy()
    }),
  )
  return served.close()
}

/** The decisions of a log, by their places: connections that talk at the same time decide in any order. */
async function decisionsOf(file: string): Promise<string[]> {
  const [, ...lines] = (await readFile(file, 'utf8')).trim().split('\n').slice(0, -1)
  return lines.toSorted()
}

const fileOf = (name: string): string => join(directory, `${name}.jsonl`)

test('the n-th connection meets the same decisions under the same seed, and others under another (F37, F39)', async () => {
  for (const [name, seed] of [
    ['one', 1],
    ['again', 1],
    ['other', 2],
  ] as const)
    await run({ mode: 'record', file: fileOf(name) }, seed)
  const [one, again, other] = await Promise.all(['one', 'again', 'other'].map((name) => decisionsOf(fileOf(name))))
  expect(one!.length).toBeGreaterThan(connections * exchanges)
  expect(again).toEqual(one)
  expect(other).not.toEqual(one)
})

test('a replay decides as its log says, whatever its seed, and says that it did (F39)', async () => {
  const { log: recorded } = await run({ mode: 'record', file: fileOf('run') }, 3)
  const { log: replayed } = await run({ mode: 'replay', file: fileOf('run') }, 4)
  expect(replayed).toEqual({ ...recorded, mode: 'replay', decisions: recorded!.decisions, divergence: null })
})
