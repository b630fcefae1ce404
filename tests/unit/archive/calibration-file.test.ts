import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  addControlRun,
  type CalibrationKey,
  calibrationPath,
  countOtherKeys,
  readControlRuns,
} from '../../../harness/archive/calibration-file.ts'
import type { ControlRun } from '../../../harness/judge/calibration/calibration.ts'

let results: string
beforeAll(async () => {
  results = await mkdtemp(join(tmpdir(), 'soakrig-calibration-'))
})
afterAll(() => rm(results, { recursive: true }))

let keys = 0
const freshKey = (): CalibrationKey => ({
  profile: `p${keys++}`,
  mode: 'long',
  hostFingerprint: 'h',
  controlFingerprint: 'f',
  of: 'build',
})
const run = (index: number, value = index): ControlRun => ({
  id: `run-${index}`,
  at: new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString(),
  metrics: { throughput: [value, value / 3], p99: [0, -1e-9] },
})

/** Runs that are added one after the other. */
async function added(key: CalibrationKey, runs: readonly ControlRun[]): Promise<void> {
  for (const one of runs) await addControlRun(results, key, one, '1.2.3')
}

/** The only file of a key, which may have been broken since. */
async function fileOf(key: CalibrationKey): Promise<string> {
  const directory = calibrationPath(results, key)
  const [name = ''] = await readdir(directory)
  return join(directory, name)
}

describe('the control arms of a key', () => {
  test('are none where there is no directory', async () => {
    expect(await readControlRuns(results, freshKey())).toEqual([])
    expect(await readControlRuns(join(results, 'nowhere'), freshKey())).toEqual([])
  })

  test('come back as they were added, oldest first', async () => {
    const key = freshKey()
    await added(key, [run(2), run(0), run(1)])
    expect(await readControlRuns(results, key)).toEqual([run(0), run(1), run(2)])
  })

  test('are those of this host, profile, mode and kinship only', async () => {
    const key = freshKey()
    await added(key, [run(0)])
    const others = [
      { of: 'process' },
      { mode: 'smoke' },
      { hostFingerprint: 'x' },
      { controlFingerprint: 'x' },
    ] as const
    for (const other of others) expect(await readControlRuns(results, { ...key, ...other })).toEqual([])
    expect(await countOtherKeys(results, key)).toBe(0)
    for (const other of others.slice(2)) expect(await countOtherKeys(results, { ...key, ...other })).toBe(1)
    expect(await countOtherKeys(results, { ...key, mode: 'smoke' })).toBe(0)
    expect(await countOtherKeys(join(results, 'nowhere'), key)).toBe(0)
  })

  test('have each run once, though it is added again', async () => {
    const key = freshKey()
    await added(key, [run(1), run(1, 7)])
    expect(await readControlRuns(results, key)).toEqual([run(1, 7)])
  })

  test('are the newest hundred', async () => {
    const key = freshKey()
    const directory = calibrationPath(results, key)
    await added(key, [run(0)])
    // As many as a hundred and three runs leave, without a hundred and three times fsync.
    const text = (index: number): string => JSON.stringify({ schema: 'soakrig/calibration@1', ...key, run: run(index) })
    const stamp = (index: number): string => run(index).at.slice(0, 19).replaceAll(/[-:]/gu, '')
    await Promise.all(
      Array.from({ length: 102 }, (_, index) =>
        writeFile(join(directory, `${stamp(index + 1)}Z-${index}.json`), text(index + 1)),
      ),
    )
    await added(key, [run(103)])
    const kept = await readControlRuns(results, key)
    expect(kept.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, index) => `run-${index + 4}`))
  })

  test('are all there when many runs end at the same time', async () => {
    const key = freshKey()
    await Promise.all(Array.from({ length: 12 }, (_, index) => addControlRun(results, key, run(index), '1.2.3')))
    expect(await readControlRuns(results, key)).toHaveLength(12)
    // Nothing is left of how they were written.
    expect(await readdir(calibrationPath(results, key))).toHaveLength(12)
  })

  test('say by which version they were measured, which is no part of their key', async () => {
    const key = freshKey()
    await added(key, [run(0)])
    await addControlRun(results, key, run(1), '9.0.0')
    expect(JSON.parse(await readFile(await fileOf(key), 'utf8'))).toMatchObject({ version: '1.2.3', run: run(0) })
    expect(await readControlRuns(results, key)).toEqual([run(0), run(1)])
  })

  test('are passed over where another run removes them while they are read', async () => {
    const key = freshKey()
    await added(key, [run(0)])
    // A name that leads nowhere is what is left of a file between the listing and the reading.
    await symlink(join(results, 'gone'), join(calibrationPath(results, key), '20260101T000000Z-gone.json'))
    expect(await readControlRuns(results, key)).toEqual([run(0)])
  })

  test('do not mind a draft that a run has left behind', async () => {
    const key = freshKey()
    await added(key, [run(0)])
    await writeFile(join(calibrationPath(results, key), '.20260101T000000Z-x.json.1.tmp'), '{"schema":')
    expect(await readControlRuns(results, key)).toEqual([run(0)])
  })
})

describe('a file that is no control arm', () => {
  const whole = (key: CalibrationKey): Record<string, unknown> => ({
    schema: 'soakrig/calibration@1',
    ...key,
    run: run(0),
  })

  test.each([
    ['is cut off', (key: CalibrationKey) => JSON.stringify(whole(key)).slice(0, 100), /JSON/u],
    ['is empty', () => '', /JSON/u],
    ['is something else', () => '[]', /allowed: object|must be object|found a list|an empty list/u],
    ['is of another version', (key: CalibrationKey) => JSON.stringify({ ...whole(key), schema: 'x@9' }), /schema/u],
    ['has no run', (key: CalibrationKey) => JSON.stringify({ ...whole(key), run: {} }), /run/u],
    [
      'holds what is no number',
      (key: CalibrationKey) => JSON.stringify({ ...whole(key), run: { ...run(0), metrics: { p50: [null] } } }),
      /\/run\/metrics\/p50\/0/u,
    ],
  ])('is bad input when it %s, by its name and with a cure', async (_, textOf, message) => {
    const key = freshKey()
    await added(key, [run(0)])
    const file = await fileOf(key)
    await writeFile(file, textOf(key))
    const reading = readControlRuns(results, key)
    await expect(reading).rejects.toMatchObject({
      code: 'unreadable-calibration',
      exitCode: 104,
      message: expect.stringMatching(message) as unknown,
      hint: expect.stringContaining('Delete it') as unknown,
    })
    await expect(reading).rejects.toThrow(file)
    // A run that adds its own does not have to read it.
    await added(key, [run(1)])
    await rm(file)
    expect(await readControlRuns(results, key)).toEqual([run(1)])
  })

  test('is bad input too where the directory is none', async () => {
    const key = freshKey()
    await mkdir(join(results, '.calibration'), { recursive: true })
    await writeFile(calibrationPath(results, key), '')
    await expect(readControlRuns(results, key)).rejects.toMatchObject({ code: 'unreadable-calibration' })
    await expect(addControlRun(results, key, run(0), '1.2.3')).rejects.toMatchObject({
      code: 'cannot-write',
      exitCode: 106,
    })
    expect((await stat(calibrationPath(results, key))).isFile()).toBe(true)
  })
})
