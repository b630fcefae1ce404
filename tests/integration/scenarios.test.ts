import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Result, ResultArm } from '../../harness/archive/result.ts'
import { carryOut, loadProfile, planRun, realClock } from '../../harness/index.ts'
import { armOf, root } from '../support/soakrig.ts'

const directory = join(root, 'tests/fixtures/scenarios')
const profilesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith('.json')).map((name) => name.replace(/\.json$/u, ''))

let results = ''
const before = process.cwd()
beforeAll(async () => {
  results = await mkdtemp(join(tmpdir(), 'soakrig-scenarios-'))
  // The certificates of a target are found from the working directory.
  process.chdir(directory)
})
afterAll(async () => {
  process.chdir(before)
  await rm(results, { recursive: true, force: true })
})

/** Runs the stress stage of a fixture against its built-in target, as the command does, but without its start. */
async function run(name: string): Promise<{ result: Result; arm: ResultArm }> {
  const overrides = { mode: 'smoke', flags: {}, env: {} } as const
  const profile = await loadProfile(`${name}.json`, overrides, { cwd: directory, packageProfilesDir: directory })
  const { result } = await carryOut({
    plan: planRun(profile, { baseline: false, policies: false, stress: true }),
    kind: 'stress',
    clock: realClock,
    signal: new AbortController().signal,
    resultsDir: join(results, name),
    allowedHosts: [],
    keepGoing: false,
    strict: false,
    sabotage: null,
    version: 'test',
    argv: [],
    tags: {},
    git: null,
    onProgress: () => {},
  })
  return { result, arm: armOf(result, 'stress.smoke', 'baseline') }
}

/** What must be seen beside good operations only, of a feature that would else go unnoticed. */
const further: Readonly<Record<string, (arm: ResultArm, result: Result) => void>> = {
  'closed-few-connections': ({ wire, workers, queueMs }) => {
    expect(wire.connects).toBeLessThan(workers)
    expect(queueMs.count).toBeGreaterThan(0)
  },
  'closed-iterations': ({ all }) => expect(all.iterations?.ok).toBe(100),
  'closed-processes': (_arm, { generators }) => expect(generators).toHaveLength(2),
  'closed-ramp': ({ workers }) => expect(workers).toBeGreaterThan(4),
  'feed-unique': (_arm, { phases }) => {
    const taken = phases.flatMap(({ arms }) => arms).map(({ all }) => all.iterations?.count ?? 0)
    expect(taken.reduce((a, b) => a + b, 0)).toBe(400)
  },
  'http1-close': ({ wire, all }) => expect(wire.connects).toBe(all.attempts.count),
  'http1-no-keep-alive': ({ wire, all }) => expect(wire.connects).toBe(all.attempts.count),
  'http1-download': ({ wire, all }) => expect(wire.bytesReceived / all.operations.ok).toBeGreaterThan(1e6),
  'http1-upload': ({ wire, all }) => expect(wire.bytesSent / all.operations.ok).toBeGreaterThan(1e5),
  'http1-tls': ({ protocolCounters }) => expect(protocolCounters['tls.handshakes']).toBeGreaterThan(0),
  'http1-tls-new-sessions': ({ protocolCounters }) => expect(protocolCounters['tls.resumed']).toBe(0),
  'http1-tls-resumed-sessions': ({ protocolCounters }) => expect(protocolCounters['tls.resumed']).toBeGreaterThan(10),
  'open-constant': ({ schedule, correctedLatencyMs, iterations }) => {
    expect(schedule?.fromPerSecond).toBe(200)
    expect(iterations?.count).toBe(100)
    expect(correctedLatencyMs?.count).toBe(100)
  },
  'open-in-flight-cap': ({ iterations }) => expect(iterations?.dropped).toBeGreaterThan(0),
  'open-iterations': ({ all }) => expect(all.iterations?.count).toBe(100),
  'open-processes': ({ sendLatenessMs }, { generators }) => {
    expect(sendLatenessMs?.count).toBeGreaterThan(0)
    expect(generators).toHaveLength(2)
  },
  'requests-weighted': ({ requests }) => expect(requests.length).toBeGreaterThan(1),
  'scenario-extraction': ({ iterations, operations }) => expect(operations.ok).toBeGreaterThan(iterations?.ok ?? 0),
  script: ({ requests, iterations }) => {
    expect(requests.map(({ name }) => name).toSorted()).toEqual(['login', 'order', 'whoami'])
    expect(iterations?.ok).toBeGreaterThan(0)
  },
  udp: ({ protocolCounters }) => expect(protocolCounters['udp.received']).toBe(protocolCounters['udp.sent']),
}

const names = await profilesIn(directory)
const failing = await profilesIn(join(directory, 'failing'))

/** The class in which each of them fails. */
const classes: Readonly<Record<string, string>> = {
  'failed-check': 'check',
  'no-client-certificate': 'tls',
  'nothing-to-extract': 'check',
  'unknown-authority': 'tls',
  'wrong-body': 'body',
  'wrong-status': 'status',
}

describe('a scenario of one feature', () => {
  // Several at a time: they prove what works, not how fast.
  test.concurrent.each(names)('%s has good operations only, as many as its target counted', async (name) => {
    const { result, arm } = await run(name)
    expect(result.run.reasons).toEqual([])
    expect(result.run.exitCode).toBe(0)
    expect(arm.operations.ok).toBeGreaterThan(0)
    expect(arm.all.operations.failed).toBe(0)
    expect(arm.errorTexts).toEqual({})
    expect(arm.reconciliation.status).toBe('exact')
    further[name]?.(arm, result)
  })

  test.concurrent.each(failing)('failing/%s fails, and says by which class', async (name) => {
    const { result, arm } = await run(`failing/${name}`)
    expect(result.run.exitCode).toBe(99)
    expect(arm.operations.ok).toBe(0)
    expect(Object.keys(arm.errors)).toEqual([classes[name]])
    expect(Object.keys(arm.errorTexts).length).toBeGreaterThan(0)
  })

  test('there is one for each of what is looked at closer', () => {
    expect(Object.keys(further).filter((name) => !names.includes(name))).toEqual([])
    expect(Object.keys(classes).toSorted()).toEqual(failing.toSorted())
  })
})
