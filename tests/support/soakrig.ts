import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { execa, type Options } from 'execa'
import type { Result } from '../../harness/archive/result.ts'

export const root = fileURLToPath(new URL('../../', import.meta.url))
export const script = join(root, 'scripts/soakrig.ts')

/** What a spawned command came to. */
export interface Outcome {
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** Spawns the real command. */
export async function soakrig(args: readonly string[], options: Options = {}): Promise<Outcome> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [script, ...args], {
    reject: false,
    timeout: 90_000,
    ...options,
  })
  return { code: exitCode, stdout: String(stdout), stderr: String(stderr) }
}

/** Starts the real command and leaves it running. What is told to end may take its time for that, as long as a busy machine needs. */
export function startSoakrig(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
) {
  return execa(process.execPath, [script, ...args], {
    reject: false,
    timeout: 90_000,
    forceKillAfterDelay: false,
    ...options,
  })
}

/** What a command that measures came to. */
type Measured = Outcome & { readonly result: Result }

/** A directory for one test file: profiles go in, results come out. */
export interface Bench extends AsyncDisposable {
  readonly directory: string
  readonly results: string
  /** Writes a quick profile of one second or two, changed at the top level by `changes`. */
  profile(name: string, changes: Readonly<Record<string, unknown>>): Promise<string>
  /** Runs `soak --mode smoke` on it and reads the result that it left. */
  soak(profile: string, ...flags: readonly string[]): Promise<Measured>
  /** Runs but the stages of one command, which takes less time. */
  stage(command: 'policies' | 'stress', profile: string, ...flags: readonly string[]): Promise<Measured>
  /** The result files of a profile. */
  files(name: string): Promise<string[]>
  /** Resolves once a run that goes on has begun with its n-th fresh target, 0 being the first. */
  life(n: number): Promise<void>
}

const quick = {
  target: { builtin: 'http' },
  workload: {
    protocol: 'http',
    timeout: '2s',
    requests: [{ method: 'GET', path: '/echo/hi', expect: { body: 'hi' } }],
  },
  // With a pause, since most tests need some load and not all of the machine that others share.
  load: { model: 'closed', workers: 6, think: '2ms' },
  modes: {
    smoke: {
      duration: '600ms',
      slices: 1,
      slice: '450ms',
      discard: '120ms',
      warmup: '400ms',
      window: '200ms',
      budget: '45s',
    },
  },
  policies: {},
}

/** How long a busy machine may take to start what is waited for. */
const startMs = 45_000

/** The folders of the targets that runs which go on have started. */
async function livesIn(results: string): Promise<readonly string[]> {
  const runs = await readdir(join(results, '.runs')).catch(() => [])
  const names = runs.map((name) => readdir(join(results, '.runs', name)).catch(() => []))
  return (await Promise.all(names)).flat()
}

/** Makes a directory for a test file. */
export async function openBench(): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), 'soakrig-test-'))
  const results = join(directory, 'results')
  const files = async (name: string): Promise<string[]> => {
    const found = await readdir(join(results, name)).catch(() => [])
    return found.filter((file) => file.endsWith('.json')).map((file) => join(results, name, file))
  }
  const measure = async (command: string, profile: string, flags: readonly string[]): Promise<Measured> => {
    const outcome = await soakrig([command, profile, '--mode', 'smoke', '--results', results, '--json', ...flags])
    const { name } = JSON.parse(await readFile(profile, 'utf8')) as { name: string }
    const last = (await files(name)).toSorted().at(-1)
    if (!last) throw new Error(`no result of ${name}: ${outcome.stdout}\n${outcome.stderr}`)
    return { ...outcome, result: JSON.parse(await readFile(last, 'utf8')) as Result }
  }
  return {
    directory,
    results,
    files,
    async profile(name, changes) {
      const file = join(directory, `${name}.json`)
      await writeFile(file, JSON.stringify({ name, ...quick, ...changes }))
      return file
    },
    soak: (profile, ...flags) => measure('soak', profile, flags),
    stage: (command, profile, ...flags) => measure(command, profile, flags),
    async life(n) {
      const end = Date.now() + startMs
      while (!(await livesIn(results)).some((name) => name.startsWith(`life-${n}`))) {
        if (Date.now() > end) throw new Error(`no life ${n} within ${startMs} ms`)
        await sleep(20)
      }
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  }
}

/** The arms of a result, by phase, kind and path. */
export function armOf(result: Result, phase: string, kind: string, path?: string) {
  const arm = result.phases
    .find(({ id }) => id === phase)
    ?.arms.find((one) => one.arm === kind && (path === undefined || one.path === path))
  if (!arm) throw new Error(`no arm ${phase}/${kind}; there are ${result.phases.map(({ id }) => id).join(', ')}`)
  return arm
}
