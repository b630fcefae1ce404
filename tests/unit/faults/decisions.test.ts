import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkDecisionLog, type DecisionLog, openDecisionLog } from '../../../harness/faults/decision-log.ts'
import { noDecisions } from '../../../harness/faults/decisions.ts'
import { isSoakrigError } from '../../../harness/kernel/errors.ts'
import { createRng } from '../../../harness/kernel/rng.ts'
import { createVirtualClock } from '../../../harness/kernel/virtual-clock.ts'

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'soakrig-decisions-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

let files = 0
const newFile = (): string => join(directory, `${files++}.jsonl`)

function open(mode: 'record' | 'replay', file: string, clock = createVirtualClock()): Promise<DecisionLog> {
  return openDecisionLog({ settings: { mode, file }, seed: 7, clock })
}

const site = 'policy/rule/downlink/loss'
const never = (): number => {
  throw new Error('a replay draws nothing')
}

/** A log with some decisions of two connections, by kind. */
async function logOf(kinds: readonly string[]): Promise<string> {
  const file = newFile()
  const { decisions, close } = await open('record', file)
  for (const ordinal of [0, 1]) {
    const connection = decisions.connection('a', 3, ordinal)
    kinds.forEach((kind, n) => connection.decide(site, kind, () => ordinal + n / 10))
  }
  expect(await close()).toMatchObject({ decisions: 2 * kinds.length, dropped: 0, problem: null })
  return file
}

const linesOf = async (file: string): Promise<unknown[]> =>
  (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  const error = await work.catch((reason: unknown) => reason)
  return isSoakrigError(error) ? { code: error.code, exit: error.exit, message: error.message } : error
}

test('without a log a decision is what it is drawn as', async () => {
  expect(noDecisions.connection('a', 0, 0).decide(site, 'lost', () => 0.25)).toBe(0.25)
  const { decisions, close } = await openDecisionLog({ settings: null, seed: 1, clock: createVirtualClock() })
  expect(decisions).toBe(noDecisions)
  expect(await close()).toBeNull()
})

describe('a recording', () => {
  test('says what it is, then each decision with its place, then how many there are (F39)', async () => {
    const [header, first, second, third, fourth, footer] = await linesOf(await logOf(['lost', 'jitter']))
    expect(header).toMatchObject({ schema: 'soakrig/decisions@1', seed: 7, version: expect.any(String) })
    const place = { arm: 'a', slice: 3, site }
    expect(first).toEqual({ ...place, connection: 0, n: 0, kind: 'lost', value: 0 })
    expect(second).toEqual({ ...place, connection: 0, n: 1, kind: 'jitter', value: 0.1 })
    expect(third).toEqual({ ...place, connection: 1, n: 0, kind: 'lost', value: 1 })
    expect(fourth).toEqual({ ...place, connection: 1, n: 1, kind: 'jitter', value: 1.1 })
    expect(footer).toEqual({ decisions: 4, dropped: 0 })
  })

  test('counts the decisions of each site for itself', async () => {
    const file = newFile()
    const { decisions, close } = await open('record', file)
    const connection = decisions.connection('a', 0, 0)
    for (const name of ['x', 'y', 'x']) connection.decide(name, 'k', () => 1)
    await close()
    expect((await linesOf(file)).slice(1, 4)).toMatchObject([
      { site: 'x', n: 0 },
      { site: 'y', n: 0 },
      { site: 'x', n: 1 },
    ])
  })

  test('is buffered, and written in batches between other work (P18)', async () => {
    const file = newFile()
    const clock = createVirtualClock()
    const { decisions, close } = await open('record', file, clock)
    const connection = decisions.connection('a', 0, 0)
    for (let n = 0; n < 10_000; n++) connection.decide(site, 'k', () => n)
    expect(await linesOf(file)).toHaveLength(1)
    expect(clock.pending()).toBe(1)
    await clock.advance(60e6)
    await expect.poll(async () => (await linesOf(file)).length).toBe(10_001)
    connection.decide(site, 'k', () => 1)
    await close()
    expect(clock.pending()).toBe(0)
    expect(await linesOf(file)).toHaveLength(10_003)
  })

  test('holds a bounded number; what it had to drop makes it incomplete, and it says so (P18)', async () => {
    const file = newFile()
    const { decisions, close } = await open('record', file)
    const connection = decisions.connection('a', 0, 0)
    for (let n = 0; n < 70_000; n++) expect(connection.decide(site, 'k', () => n)).toBe(n)
    const report = await close()
    expect(report).toMatchObject({ decisions: 65_536, dropped: 4464, problem: null })
    expect(() => checkDecisionLog(report)).toThrow('4464 decisions are not in it')
    expect(await codeOf(open('replay', file))).toMatchObject({
      code: 'bad-decision-log',
      exit: 'usage',
      message: expect.stringContaining('4464 decisions were dropped'),
    })
  })

  test('that cannot be opened is an error of the environment', async () => {
    expect(await codeOf(open('record', join(directory, 'none', 'x.jsonl')))).toMatchObject({
      code: 'cannot-write',
      exit: 'environment',
    })
  })

  test('that the disk did not take is incomplete, and says why', async () => {
    expect(await codeOf(open('record', '/dev/full'))).toMatchObject({ code: 'cannot-write', exit: 'environment' })
    const report = { mode: 'record' as const, file: 'x', decisions: 1, dropped: 2, problem: 'EIO', divergence: null }
    expect(() => checkDecisionLog(report)).toThrow('the log x is incomplete: 2 decisions are not in it, since EIO')
  })
})

describe('a replay', () => {
  test('gives the logged decisions back, in any order of connections, and draws nothing (F39)', async () => {
    const { decisions, close } = await open('replay', await logOf(['lost', 'jitter', 'lost']))
    const [second, first] = [decisions.connection('a', 3, 1), decisions.connection('a', 3, 0)]
    const values = ['lost', 'jitter', 'lost'].map((kind) => [
      second.decide(site, kind, never),
      first.decide(site, kind, never),
    ])
    expect(values).toEqual([
      [1, 0],
      [1.1, 0.1],
      [1.2, 0.2],
    ])
    const report = await close()
    expect(report).toMatchObject({ mode: 'replay', decisions: 6, divergence: null })
    expect(() => checkDecisionLog(report)).not.toThrow()
  })

  test('of a replay that is recorded again has the same log', async () => {
    const file = newFile()
    const rng = createRng(1)
    const one = await open('record', file)
    const recorded = Array.from({ length: 100 }, (_, n) =>
      one.decisions.connection('a', 0, n % 7 === 0 ? n : n + 1000).decide(site, 'k', () => rng.next()),
    )
    await one.close()
    const two = await open('replay', file)
    const replayed = Array.from({ length: 100 }, (_, n) =>
      two.decisions.connection('a', 0, n % 7 === 0 ? n : n + 1000).decide(site, 'k', never),
    )
    expect(replayed).toEqual(recorded)
    expect(await two.close()).toMatchObject({ divergence: null })
  })

  test('keeps values that JSON has no number for', async () => {
    const file = newFile()
    const one = await open('record', file)
    one.decisions.connection('a', 0, 0).decide(site, 'k', () => Infinity)
    await one.close()
    const two = await open('replay', file)
    expect(two.decisions.connection('a', 0, 0).decide(site, 'k', never)).toBe(Infinity)
  })

  test.each([
    ['of another kind', (decide: (kind: string) => void) => decide('jitter'), { n: 0, asked: 'jitter' }],
    [
      'beyond the log',
      (decide: (kind: string) => void) => ['lost', 'lost', 'lost'].forEach(decide),
      { n: 2, logged: null, asked: 'lost' },
    ],
    [
      'that was never asked for',
      (decide: (kind: string) => void) => decide('lost'),
      { n: 1, logged: { kind: 'lost', value: 0.1 }, asked: null },
    ],
  ])('diverges at the first decision %s, and draws on (F39)', async (_what, use, expected) => {
    const { decisions, close } = await open('replay', await logOf(['lost', 'lost']))
    const other = decisions.connection('a', 3, 1)
    for (let n = 0; n < 2; n++) other.decide(site, 'lost', never)
    const connection = decisions.connection('a', 3, 0)
    use((kind) => connection.decide(site, kind, () => 0.5))
    const report = await close()
    expect(report?.divergence).toMatchObject({ arm: 'a', slice: 3, connection: 0, site, ...expected })
    const failed = await codeOf(Promise.resolve().then(() => checkDecisionLog(report)))
    expect(failed).toMatchObject({ code: 'replay-diverged', exit: 'void', message: expect.stringContaining(site) })
  })

  test('diverges where a connection or a site is not in the log', async () => {
    const { decisions, close } = await open('replay', await logOf(['lost']))
    expect(decisions.connection('a', 3, 2).decide(site, 'lost', () => 0.5)).toBe(0.5)
    expect(await close()).toMatchObject({ divergence: { connection: 2, n: 0, logged: null, asked: 'lost' } })
  })

  test.each([
    ['is not there', null, 'ENOENT'],
    ['is empty', '', 'it is empty'],
    ['is no log', '{"a":1}\n', 'line 1'],
    ['is no JSON', 'hello\n', 'line 1'],
    ['was cut off', (whole: string) => whole.split('\n').slice(0, -2).join('\n'), 'its last line is missing'],
    ['lacks a line', (whole: string) => whole.replace(/\n.*"n":1.*?\n/u, '\n'), 'it has 3 of 4'],
    ['lacks an earlier line', (whole: string) => whole.replace(/\n.*"n":0.*?\n/u, '\n'), 'out of order'],
    ['goes on after its end', (whole: string) => `${whole}{"decisions":4,"dropped":0}\n`, 'line 7'],
  ])('refuses a file that %s', async (_what, text, said) => {
    const whole = await readFile(await logOf(['lost', 'lost']), 'utf8')
    const file = newFile()
    if (text !== null) await writeFile(file, typeof text === 'string' ? text : text(whole))
    expect(await codeOf(open('replay', file))).toMatchObject({
      code: 'bad-decision-log',
      exit: 'usage',
      message: expect.stringContaining(said),
    })
  })
})
