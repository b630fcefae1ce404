import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { realClock } from '../../harness/kernel/clock.ts'
import type { Build } from '../../harness/measure/arm.ts'
import { buildArms, createArm, yardstickArm } from '../../harness/plan/arms.ts'
import { parseProfile } from '../../harness/profile/parse.ts'
import { yardstick } from '../../harness/profile/yardstick.ts'
import { type Builds, startBuilds } from '../../harness/run/builds.ts'
import { openRunDirectory } from '../../harness/run/run-directory.ts'
import { environOf, listProcesses } from '../../harness/target/proc.ts'
import { root } from '../support/soakrig.ts'

const server = join(root, 'tests/support/spin-server.mjs')
const spinning = (micros: number, ...more: readonly string[]) => ({
  command: ['node', server, '{port}', String(micros), ...more],
})

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'soakrig-builds-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** Starts the builds that some arms ask, of a profile with this former build. */
async function withBuildsOf<Value>(
  runId: string,
  { base, kinds }: { readonly base?: object; readonly kinds: readonly string[] },
  use: (builds: Builds) => Promise<Value>,
): Promise<Value> {
  const raw = { target: spinning(1), ...(base && { base }) }
  const profile = parseProfile(raw, { mode: 'long', flags: {}, env: {} })
  const control = createArm(profile.mode, 'baseline', { kind: 'control', path: 'direct' })
  const arms = [...buildArms(profile.mode), control, yardstickArm(profile.mode)].filter(({ kind }) =>
    kinds.includes(kind),
  )
  const run = await openRunDirectory({ resultsDir: directory, runId, clock: realClock })
  const { signal } = new AbortController()
  const options = {
    profile,
    yardstick,
    arms,
    directory: run,
    index: 3,
    allowedHosts: [],
    clock: realClock,
    signal,
    sabotage: null,
  }
  try {
    await using builds = await startBuilds(options)
    return await use(builds)
  } finally {
    await run.close({ keep: false })
  }
}

function living(runId: string): number {
  return listProcesses().filter(({ pid }) => environOf(pid)?.['SOAKRIG_RUN'] === runId).length
}

const wordsOf = (builds: Builds, build: Build): string => builds.of(build).target.command.join(' ')

test('every build that an arm asks has a process of its own, which ends with the others', async () => {
  const kinds = ['baseline', 'again', 'base', 'twin']
  await withBuildsOf('builds-all', { base: spinning(2), kinds }, async (builds) => {
    const all = (['target', 'again', 'base', 'twin'] as const).map((build) => builds.of(build).target)
    expect(new Set(all.map(({ root: process }) => process?.pid)).size).toBe(4)
    expect(new Set(all.map(({ port }) => port)).size).toBe(4)
    expect(wordsOf(builds, 'target')).toMatch(/ 1$/u)
    expect(wordsOf(builds, 'again')).toMatch(/ 1$/u)
    expect(wordsOf(builds, 'base')).toMatch(/ 2$/u)
    expect(wordsOf(builds, 'twin')).toMatch(/ 2$/u)
    expect(builds.target).toBe(builds.of('target'))
    expect(living('builds-all')).toBe(4)
  })
  expect(living('builds-all')).toBe(0)
})

test('where there is no former build the target is held against itself', async () => {
  await withBuildsOf('builds-none', { kinds: ['baseline', 'base'] }, async (builds) => {
    expect(wordsOf(builds, 'base')).toBe(
      wordsOf(builds, 'target').replace(/\d{4,}/u, String(builds.of('base').target.port)),
    )
  })
})

test('a build that no arm asks is not started; the target always is', async () => {
  await withBuildsOf('builds-one', { base: spinning(2), kinds: ['control'] }, async (builds) => {
    expect(living('builds-one')).toBe(1)
    expect(() => builds.of('base')).toThrow('no life of the build base was started')
  })
})

test('the yardstick is a process of its own beside any target, and has its own count', async () => {
  await withBuildsOf('builds-yardstick', { kinds: ['baseline', 'yardstick'] }, async (builds) => {
    const { target, counter } = builds.of('yardstick')
    expect(await (await fetch(new URL('/echo/hi', target.url))).text()).toBe('hi')
    expect(target.root?.pid).not.toBe(builds.target.target.root?.pid)
    expect(counter).not.toBeNull()
    expect(living('builds-yardstick')).toBe(2)
  })
  expect(living('builds-yardstick')).toBe(0)
})

test('what was started ends when another does not start, which is named', async () => {
  const starting = withBuildsOf(
    'builds-fail',
    { base: { command: ['sh', '-c', 'exit 3'] }, kinds: ['baseline', 'again', 'base'] },
    async () => {},
  )
  await expect(starting).rejects.toMatchObject({
    exitCode: 113,
    message: expect.stringMatching(/^base, the former build: /u) as unknown,
  })
  expect(living('builds-fail')).toBe(0)
})

test('a process that ends by itself is told of, by its name where it is not the target', async () => {
  await withBuildsOf('builds-dying', { base: spinning(1, '1'), kinds: ['baseline', 'base'] }, async (builds) => {
    await fetch(builds.of('base').target.url).catch(() => undefined)
    expect(await builds.exited).toMatchObject({ name: 'base', code: 7 })
  })
})
