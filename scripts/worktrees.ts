import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { $ } from 'zx'
import { type Checkouts, SoakrigError } from '../harness/index.ts'

/** Commits of the repository of the working directory, by what they are to be. */
export interface Commits {
  /** Top level of the working tree. */
  readonly root: string
  readonly base: string | undefined
  readonly head: string | undefined
}

/** Commits, each checked out in a working tree of its own, which goes again with this. */
export interface Worktrees extends AsyncDisposable {
  readonly checkouts: Checkouts
}

/** The name of a folder of ours, after which comes the id of the process that it belongs to. */
const prefix = 'soakrig-ab-'

/** A hook that runs soakrig names its own repository by these; the commits are those of the working directory. */
const ofHooks = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_PREFIX']
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofHooks.includes(name)))
const quietly = $({ nothrow: true, quiet: true, env })

/** Finds the commits of refs. Throws `no-repository` outside of one, and `bad-ref` (104). */
export async function findCommits(refs: {
  readonly base: string | undefined
  readonly head: string | undefined
}): Promise<Commits> {
  const top = await quietly`git rev-parse --show-toplevel`
  if (top.exitCode !== 0)
    throw new SoakrigError('the working directory is in no git repository, so that a ref names nothing', {
      code: 'no-repository',
      exit: 'usage',
      hint: 'Run it inside of the repository, or name the builds by --base and --head.',
    })
  const commitOf = async (flag: string, ref: string | undefined): Promise<string | undefined> => {
    if (ref === undefined) return undefined
    const found = await quietly`git rev-parse --verify --quiet --end-of-options ${`${ref}^{commit}`}`
    if (found.exitCode === 0) return found.stdout.trim()
    throw new SoakrigError(`${flag}: found ${JSON.stringify(ref)}, allowed: a branch, tag or commit that is here`, {
      code: 'bad-ref',
      exit: 'usage',
    })
  }
  const base = await commitOf('--base-ref', refs.base)
  return { root: top.stdout.trim(), base, head: await commitOf('--head-ref', refs.head) }
}

/**
 * Checks commits out below the system's folder for temporary files, without the user's hooks, and removes what an earlier
 * soakrig that was killed has left there. Rejects with `checkout-failed` (106); then nothing is left.
 */
export async function openWorktrees({ root, base, head }: Commits, signal: AbortSignal): Promise<Worktrees> {
  await removeLeftovers(root)
  const directory = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`))
  const paths: string[] = []
  const close = async (): Promise<void> => {
    for (const path of paths) await remove(root, path)
    await rm(directory, { recursive: true, force: true })
  }
  const checkOut = async (name: string, commit: string | undefined): Promise<string | undefined> => {
    if (commit === undefined) return undefined
    const path = join(directory, name)
    paths.push(path)
    const added = await quietly`git -C ${root} -c core.hooksPath=/dev/null worktree add --detach ${path} ${commit}`
    if (signal.aborted) throw new SoakrigError('ended by a signal', { code: 'aborted', exit: 'aborted' })
    if (added.exitCode === 0) return path
    throw new SoakrigError(`${commit} could not be checked out: ${added.stderr.trim()}`, {
      code: 'checkout-failed',
      exit: 'environment',
    })
  }
  try {
    const checkouts = { root, base: await checkOut('base', base), head: await checkOut('head', head) }
    return { checkouts, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

/**
 * Runs a command in the same folder of each checkout, its output on stderr; a signal ends it with all that it started.
 * Rejects with `build-failed` (113), `aborted` (105).
 */
export async function buildIn(directories: readonly string[], command: string, signal: AbortSignal): Promise<void> {
  for (const directory of directories) {
    // In a process group of its own, which is ended as a whole: an orphan would write into a checkout that is being removed.
    const run = $({ nothrow: true, quiet: true, env, cwd: directory, stdio: ['ignore', 2, 2], signal, detached: true })
    const { exitCode } = await run`sh -c ${command}`
    if (signal.aborted) throw new SoakrigError('ended by a signal', { code: 'aborted', exit: 'aborted' })
    if (exitCode !== 0)
      throw new SoakrigError(`--build ended with exit code ${exitCode} in the checkout ${basename(directory)}`, {
        code: 'build-failed',
        exit: 'targetDied',
        hint: 'What it wrote stands above. A fresh checkout holds what is committed only: no node_modules, and nothing that was compiled.',
      })
  }
}

/** What git has written down of a working tree that was removed by hand goes by its own housekeeping. */
async function remove(root: string, path: string): Promise<void> {
  await quietly`git -C ${root} worktree remove --force ${path}`
}

async function removeLeftovers(root: string): Promise<void> {
  const { stdout } = await quietly`git -C ${root} worktree list --porcelain`
  const paths = stdout.split('\n').flatMap((line) => (line.startsWith('worktree ') ? [line.slice(9)] : []))
  for (const path of paths) {
    const directory = dirname(path)
    const [, pid] = new RegExp(`^${prefix}(\\d+)-`, 'u').exec(basename(directory)) ?? []
    if (pid === undefined || lives(Number(pid))) continue
    await remove(root, path)
    await rm(directory, { recursive: true, force: true })
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
