import { copyFile, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Result } from '../../harness/archive/result.ts'
import { validateResult } from '../../harness/archive/validate.ts'
import { environOf, listProcesses } from '../../harness/target/proc.ts'
import { type Bench, openBench, root, soakrig, startSoakrig } from '../support/soakrig.ts'

const server = join(root, 'tests/support/spin-server.mjs')
const build = (...words: readonly (string | number)[]): string => `exec node ${server} {port} ${words.join(' ')}`

/** Ten rounds are the fewest of which five comparisons can fail. */
const long = { slice: '100ms', discard: '20ms', warmup: '60ms', drain: '300ms', gate: { rounds: [10], slices: 2 } }
const brief = { load: { model: 'closed', workers: 2 }, modes: { long } }

let bench: Bench
beforeAll(async () => {
  bench = await openBench()
})
afterAll(() => bench[Symbol.asyncDispose]())

const ab = (profile: string, ...flags: readonly string[]) =>
  soakrig(['ab', profile, '-q', '--json', '--results', bench.results, ...flags])

/** What its own figures make of a result, and of the exit code with which its run ended. */
async function again(result: Result) {
  const { code, stdout } = await soakrig(['analyze', '--exit-code'], { input: JSON.stringify(result) })
  return { code, answer: JSON.parse(stdout) as unknown }
}

const reproduced = { reproduced: true, differences: [] }

/** The processes of a run that still live. */
function leftOf({ run }: Result): readonly number[] {
  return listProcesses()
    .map(({ pid }) => pid)
    .filter((pid) => environOf(pid)?.['SOAKRIG_RUN'] === run.id)
}

describe.concurrent('a former build', () => {
  test('that does not start is named: 113', async () => {
    const profile = await bench.profile('unstarted', brief)
    const { code, stderr } = await ab(profile, '--base', 'exit 3')
    expect(code).toBe(113)
    expect(stderr).toMatch(/^error: base, the former build: .*exit code 3/mu)
  })

  test('that dies in mid-run is named: 113, with what was measured until then, and no process left', async () => {
    const profile = await bench.profile('dying', brief)
    const { code, stdout } = await ab(profile, '--base', build(200, 60))
    const result = JSON.parse(stdout) as Result
    expect(code).toBe(113)
    expect(result.run).toMatchObject({ abortedBy: 'target', status: 'aborted' })
    expect(result.run.reasons[0]).toMatch(/^the target (base|twin) ended by itself with exit code 7/u)
    expect(result.target.exit?.name).toMatch(/^(base|twin)$/u)
    expect(leftOf(result)).toEqual([])
    expect(await again(result)).toMatchObject({ code, answer: reproduced })
  })

  test('is asked for where there is none, and refused beside something that runs already: 104', async () => {
    const profile = await bench.profile('alone', brief)
    expect(await ab(profile)).toMatchObject({ code: 104, stderr: expect.stringMatching(/--base-ref REF/u) as unknown })
    const url = await bench.profile('url', { ...brief, target: { url: 'http://127.0.0.1:1' } })
    expect(await ab(url, '--base', build(1))).toMatchObject({
      code: 104,
      stderr: expect.stringMatching(/\/target: found a url/u) as unknown,
    })
    const smoke = ['soak', profile, '--mode', 'smoke', '--base', build(1), '--dry-run']
    expect(await soakrig(smoke)).toMatchObject({ code: 104, stderr: expect.stringMatching(/no gate/u) as unknown })
    // However large the difference, six rounds could not fail: a plan that is only shown says so, too.
    const blind = await soakrig([...smoke, '--gate-rounds', '6'])
    expect(blind).toMatchObject({ code: 104, stderr: expect.stringMatching(/gate cannot fail/u) as unknown })
    const planned = await soakrig([...smoke, '--gate-rounds', '9,12'])
    expect(planned).toMatchObject({ code: 0, stdout: expect.stringMatching(/12 rounds/u) as unknown })
  })
})

/** Words for git in a folder. */
const gitIn =
  (directory: string) =>
  async (...words: readonly string[]): Promise<string> =>
    (await execa('git', words, { cwd: directory })).stdout

/** A repository whose target spends 400 µs on an answer in the first commit, and 1600 in the second. */
async function makeRepository(directory: string): Promise<void> {
  await mkdir(join(directory, 'app'), { recursive: true })
  await copyFile(server, join(directory, 'app/server.mjs'))
  const target = { command: ['sh', '-c', 'exec node server.mjs {port} $(cat micros)'], cwd: 'app' }
  await copyFile(await bench.profile('commits', { ...brief, target }), join(directory, 'profile.json'))
  const git = gitIn(directory)
  await git('init', '-q', '-b', 'main')
  await git('config', 'user.email', 'test@example.org')
  await git('config', 'user.name', 'test')
  for (const micros of ['400', '1600']) {
    await writeFile(join(directory, 'app/micros'), micros)
    await git('add', '.')
    await git('commit', '-q', '-m', micros)
  }
  // What runs all the same would be the working tree.
  await writeFile(join(directory, 'app/micros'), 'no number')
  // A hook of the user's is not run.
  await writeFile(join(directory, '.git/hooks/post-checkout'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
}

// Each in a copy of its own, with its own folder for temporary files, so that none sees the checkouts of another.
describe.concurrent('builds of commits', () => {
  let made = ''
  beforeAll(async () => {
    made = join(bench.directory, 'repository')
    await makeRepository(made)
  })

  async function copyOf(name: string) {
    const directory = join(bench.directory, name)
    const temporary = join(bench.directory, `${name}-temporary`)
    await cp(made, directory, { recursive: true })
    await mkdir(temporary)
    const git = gitIn(directory)
    const place = { cwd: directory, env: { TMPDIR: temporary } }
    return {
      directory,
      git,
      place,
      ab: (...words: readonly string[]) => soakrig(['ab', ...words], place),
      worktrees: async () => (await git('worktree', 'list')).split('\n').length,
      checkouts: async () => (await readdir(temporary)).filter((folder) => folder.startsWith('soakrig-ab-')),
    }
  }

  test('are checked out, built, told apart (111), and gone after it; the working tree is as it was', async () => {
    const { git, ab: inCopy, worktrees, checkouts } = await copyOf('told-apart')
    const refs = ['--base-ref', 'main~1', '--head-ref', 'main', '--build', 'test -f micros && pwd']
    const { code, stdout, stderr } = await inCopy('profile.json', '-q', '--json', ...refs)
    const result = JSON.parse(stdout) as Result
    expect(code).toBe(111)
    expect(validateResult(result)).toEqual([])
    expect(result.run).toMatchObject({ kind: 'ab', verdict: 'fail' })
    expect(result.doubts.map(({ kind }) => kind)).toContain('uncalibrated')
    expect(leftOf(result)).toEqual([])
    expect(result.run.reasons.join('\n')).toMatch(/^throughput of the target is /mu)
    const gated = result.comparisons.filter((one) => one.gated === true)
    expect(gated.map(({ metric }) => metric)).toEqual(['throughput', 'p50', 'p99', 'cpu', 'rss'])
    expect(gated[0]).toMatchObject({ verdict: 'fail', rounds: 10 })
    expect(result.gate?.controls).toHaveLength(2)
    expect(await again(result)).toMatchObject({
      code,
      answer: { ...reproduced, judged: { comparisons: result.comparisons.length }, reasons: result.run.reasons },
    })
    expect(stderr.split('\n').map((line) => line.split('/').slice(-2).join('/'))).toEqual(['base/app', 'head/app'])
    expect(result.env).toMatchObject({ gitSha: await git('rev-parse', 'main'), gitDirty: false })
    expect(result.run.tags).toEqual({ base: await git('rev-parse', 'main~1') })
    expect(await worktrees()).toBe(1)
    expect(await checkouts()).toEqual([])
    expect(await git('status', '--porcelain', '-uno')).toBe(' M app/micros')
  })

  test('are gone after Ctrl-C, and after a command to build that fails', async () => {
    const { ab: inCopy, place, worktrees, checkouts } = await copyOf('ended')
    await using own = await openBench()
    const args = ['profile.json', '--base-ref', 'main', '--head-ref', 'main', '--results', own.results]
    const failed = await inCopy(...args, '--build', 'exit 4')
    expect(failed).toMatchObject({
      code: 113,
      stderr: expect.stringMatching(/--build ended with exit code 4/u) as unknown,
    })
    expect(await checkouts()).toEqual([])
    const run = startSoakrig(['ab', ...args], place)
    await own.life(0)
    expect(await worktrees()).toBe(3)
    run.kill('SIGINT')
    expect((await run).exitCode).toBe(105)
    expect(await worktrees()).toBe(1)
    expect(await checkouts()).toEqual([])
  })

  test('that an earlier soakrig left when it was killed go with the next one', async () => {
    const { git, ab: inCopy, worktrees } = await copyOf('left')
    const gone = join(bench.directory, 'soakrig-ab-4194304-x')
    await git('worktree', 'add', '--detach', '-f', join(gone, 'base'), 'main').catch(() => undefined)
    expect(await worktrees()).toBe(2)
    await inCopy('profile.json', '-q', '--base-ref', 'main', '--build', 'exit 1')
    expect(await worktrees()).toBe(1)
    expect(await readdir(bench.directory)).not.toContain('soakrig-ab-4194304-x')
  })

  test('are refused where a ref or a target is none: 104', async () => {
    const { ab: inCopy } = await copyOf('refused')
    const refusal = async (...words: readonly string[]) => (await inCopy(...words)).stderr
    expect(await refusal('profile.json', '--base-ref', '--all')).toMatch(/Not enough arguments|found "--all"/u)
    expect(await refusal('profile.json', '--base-ref', 'nowhere')).toMatch(/--base-ref: found "nowhere", allowed: a/u)
    expect(await refusal('profile.json', '--base-ref', 'main', '--base', 'x')).toMatch(
      /--base: allowed: not beside --base-ref/u,
    )
    expect(await refusal('ab', '--base-ref', 'main')).toMatch(/the target is a builtin/u)
    expect(await refusal('profile.json', '--base', 'x', '--build', 'y')).toMatch(/--build: allowed: only beside/u)
    const outside = await soakrig(['ab', 'ab', '--base-ref', 'main'], { cwd: tmpdir() })
    expect(outside).toMatchObject({ code: 104, stderr: expect.stringMatching(/in no git repository/u) as unknown })
  })

  test('are planned without being checked out', async () => {
    const { directory, ab: inCopy, checkouts } = await copyOf('planned')
    const { code, stdout } = await inCopy('profile.json', '--base-ref', 'main', '--dry-run')
    expect(code).toBe(0)
    expect(stdout).toMatch(/10 rounds/u)
    expect(await checkouts()).toEqual([])
    expect(await readFile(join(directory, 'app/micros'), 'utf8')).toBe('no number')
  })
})
