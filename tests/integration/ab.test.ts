import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Result } from '../../harness/archive/result.ts'
import { validateResult } from '../../harness/archive/validate.ts'
import { environOf, listProcesses } from '../../harness/target/proc.ts'
import { type Bench, openBench, root, script, soakrig } from '../support/soakrig.ts'

const server = join(root, 'tests/support/spin-server.mjs')
const build = (...words: readonly (string | number)[]): string => `exec node ${server} {port} ${words.join(' ')}`

/** Nine rounds are the fewest of which four comparisons can fail. */
const long = { slice: '150ms', discard: '40ms', warmup: '80ms', drain: '300ms', gate: { rounds: [9], slices: 2 } }
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
    const planned = await soakrig([...smoke, '--gate-rounds', '9,12'])
    expect(planned).toMatchObject({ code: 0, stdout: expect.stringMatching(/12 rounds/u) as unknown })
  })
})

describe('builds of commits', () => {
  let repository = ''
  const git = (...words: readonly string[]) => execa('git', words, { cwd: repository })
  const inRepository = (...words: readonly string[]) => soakrig(words, { cwd: repository })
  const worktrees = async (): Promise<number> => (await git('worktree', 'list')).stdout.split('\n').length
  const folders = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('soakrig-ab-')).length

  beforeAll(async () => {
    repository = join(bench.directory, 'repository')
    await mkdir(join(repository, 'app'), { recursive: true })
    await copyFile(server, join(repository, 'app/server.mjs'))
    const target = { command: ['sh', '-c', 'exec node server.mjs {port} $(cat micros)'], cwd: 'app' }
    const file = await bench.profile('commits', { ...brief, target })
    await copyFile(file, join(repository, 'profile.json'))
    await git('init', '-q', '-b', 'main')
    await git('config', 'user.email', 'test@example.org')
    await git('config', 'user.name', 'test')
    for (const micros of ['400', '1600']) {
      await writeFile(join(repository, 'app/micros'), micros)
      await git('add', '.')
      await git('commit', '-q', '-m', micros)
    }
    // What runs all the same would be the working tree.
    await writeFile(join(repository, 'app/micros'), 'no number')
    // A hook of the user's is not run.
    await writeFile(join(repository, '.git/hooks/post-checkout'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  })

  test('are checked out, built, told apart (111), and gone after it; the working tree is as it was', async () => {
    const refs = ['--base-ref', 'main~1', '--head-ref', 'main', '--build', 'test -f micros && pwd']
    const { code, stdout, stderr } = await inRepository('ab', 'profile.json', '-q', '--json', ...refs)
    const result = JSON.parse(stdout) as Result
    expect(code).toBe(111)
    expect(validateResult(result)).toEqual([])
    expect(result.run).toMatchObject({ kind: 'ab', verdict: 'fail' })
    expect(result.doubts.map(({ kind }) => kind)).toContain('uncalibrated')
    expect(leftOf(result)).toEqual([])
    expect(result.run.reasons.join('\n')).toMatch(/^throughput of baseline\/baseline-direct is /mu)
    const gated = result.comparisons.filter((one) => one.gated === true)
    expect(gated.map(({ metric }) => metric)).toEqual(['throughput', 'p50', 'p99', 'cpu'])
    expect(gated[0]).toMatchObject({ verdict: 'fail', rounds: 9 })
    expect(result.gate?.controls).toHaveLength(2)
    expect(await again(result)).toMatchObject({
      code,
      answer: { ...reproduced, judged: { comparisons: 7 }, reasons: result.run.reasons },
    })
    expect(stderr.split('\n').map((line) => line.split('/').slice(-2).join('/'))).toEqual(['base/app', 'head/app'])
    expect(result.env).toMatchObject({ gitSha: (await git('rev-parse', 'main')).stdout, gitDirty: false })
    expect(result.run.tags).toEqual({ base: (await git('rev-parse', 'main~1')).stdout })
    expect(await worktrees()).toBe(1)
    expect((await git('status', '--porcelain', '-uno')).stdout).toBe(' M app/micros')
  })

  test('are gone after Ctrl-C, and after a command to build that fails', async () => {
    const before = await folders()
    const args = ['ab', 'profile.json', '--base-ref', 'main', '--head-ref', 'main', '--results', bench.results]
    const failed = await inRepository(...args, '--build', 'exit 4')
    expect(failed).toMatchObject({
      code: 113,
      stderr: expect.stringMatching(/--build ended with exit code 4/u) as unknown,
    })
    const run = execa(process.execPath, [script, ...args], { cwd: repository, reject: false, timeout: 60_000 })
    while ((await worktrees()) < 3) await sleep(50)
    await sleep(1500)
    run.kill('SIGINT')
    expect((await run).exitCode).toBe(105)
    expect(await worktrees()).toBe(1)
    expect(await folders()).toBe(before)
  })

  test('that an earlier soakrig left when it was killed go with the next one', async () => {
    const gone = join(bench.directory, 'soakrig-ab-4194304-x')
    await git('worktree', 'add', '--detach', '-f', join(gone, 'base'), 'main').catch(() => undefined)
    expect(await worktrees()).toBe(2)
    await inRepository('ab', 'profile.json', '-q', '--base-ref', 'main', '--build', 'exit 1')
    expect(await worktrees()).toBe(1)
    expect(await readdir(bench.directory)).not.toContain('soakrig-ab-4194304-x')
  })

  test('are refused where a ref or a target is none: 104', async () => {
    const refusal = async (...words: readonly string[]) => (await inRepository('ab', ...words)).stderr
    expect(await refusal('profile.json', '--base-ref', '--all')).toMatch(/Not enough arguments|found "--all"/u)
    expect(await refusal('profile.json', '--base-ref', 'nowhere')).toMatch(/--base-ref: found "nowhere", allowed: a/u)
    expect(await refusal('profile.json', '--base-ref', 'main', '--base', 'x')).toMatch(/mutually exclusive/u)
    expect(await refusal('ab', '--base-ref', 'main')).toMatch(/the target is a builtin/u)
    expect(await refusal('profile.json', '--base', 'x', '--build', 'y')).toMatch(/--build: allowed: only beside/u)
    const outside = await soakrig(['ab', 'ab', '--base-ref', 'main'], { cwd: tmpdir() })
    expect(outside).toMatchObject({ code: 104, stderr: expect.stringMatching(/in no git repository/u) as unknown })
  })

  test('are planned without being checked out', async () => {
    const { code, stdout } = await inRepository('ab', 'profile.json', '--base-ref', 'main', '--dry-run')
    expect(code).toBe(0)
    expect(stdout).toMatch(/9 rounds/u)
    expect(await worktrees()).toBe(1)
    expect(await readFile(join(repository, 'app/micros'), 'utf8')).toBe('no number')
  })
})
