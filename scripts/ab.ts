import type { CommandModule } from 'yargs'
import {
  type Plan,
  planRun,
  printPlan,
  type Profile,
  refuseWithoutComparison,
  SoakrigError,
  summarisePlan,
  withCheckouts,
} from '../harness/index.ts'
import { buildFlags, gateFlags, profileFlags } from './flags.ts'
import { type GateArguments, measure, profileOf, type RunArguments } from './measure.ts'
import { untilSignal } from './signals.ts'
import type { Commits } from './worktrees.ts'

interface AbArguments extends RunArguments, GateArguments {
  readonly profile: string | undefined
  readonly mode: 'smoke' | 'long'
  readonly connections: string | undefined
  readonly rate: string | undefined
  readonly processes: string | undefined
  readonly 'base-ref': string | undefined
  readonly 'head-ref': string | undefined
  readonly build: string | undefined
  readonly strict: boolean
  readonly 'dry-run': boolean
}

/** Flags that say what is compared. */
const abFlags = {
  base: gateFlags.base,
  'base-ref': {
    type: 'string',
    requiresArg: true,
    describe: "The former build is the profile's target of this commit, checked out for as long as it takes",
  },
  'head-ref': {
    type: 'string',
    requiresArg: true,
    describe: 'The build under test likewise; without it the working tree as it is',
  },
  build: {
    type: 'string',
    requiresArg: true,
    describe: "Shell command that is run once in each checkout, in the target's folder: 'npm ci'",
  },
  strict: profileFlags.strict,
  'dry-run': profileFlags['dry-run'],
} as const

/** `soakrig ab` */
export const ab: CommandModule<object, AbArguments> = {
  command: 'ab [profile]',
  describe: 'Compare two builds of the target: 111 when the one under test is worse',
  builder: (yargs) =>
    yargs
      .positional('profile', { type: 'string', describe: 'A name in profiles/, or a file', default: 'ab' })
      .options({ ...buildFlags, ...abFlags })
      .check(({ build, base, head, 'base-ref': baseRef, 'head-ref': headRef }) => {
        const refuse = (message: string): never => {
          throw new SoakrigError(message, { code: 'bad-flag', exit: 'usage' })
        }
        if (base !== undefined && baseRef !== undefined)
          refuse('--base: allowed: not beside --base-ref, one former build')
        if (head !== undefined && headRef !== undefined) refuse('--head: allowed: not beside --head-ref, one build')
        if (build !== undefined && baseRef === undefined && headRef === undefined)
          refuse('--build: allowed: only beside --base-ref or --head-ref')
        return true
      })
      .example("$0 ab --base 'node old.js {port}' --head 'node new.js {port}'", 'two commands')
      .example("$0 ab shop.json --base-ref main --build 'npm ci'", 'the working tree and a branch'),
  async handler(flags) {
    const { 'base-ref': base, 'head-ref': head } = flags
    const profile = await profileOf(flags)
    if (base === undefined && head === undefined) await compare(profile, flags, null)
    else await compareCommits(profile, flags)
  },
}

async function compareCommits(profile: Profile, flags: AbArguments): Promise<void> {
  // Loaded here, since it loads zx, which takes long and no other command needs.
  const { buildIn, findCommits, openWorktrees } = await import('./worktrees.ts')
  const commits = await findCommits({ base: flags['base-ref'], head: flags['head-ref'] })
  const { root, base, head } = commits
  const here = (commit: string | undefined) => (commit === undefined ? undefined : root)
  // Before anything is checked out, as if all of it were the working tree.
  const planned = withCheckouts(profile, { root, base: here(base), head: here(head) })
  planOf(planned)
  if (flags['dry-run']) return compare(planned, flags, commits)
  using signals = untilSignal()
  await using worktrees = await openWorktrees(commits, signals.signal)
  const built = withCheckouts(profile, worktrees.checkouts)
  if (flags.build !== undefined) await buildIn(foldersOf(built, commits), flags.build, signals.signal)
  await compare(built, flags, commits)
}

/** Where the target of each commit is run. */
function foldersOf({ base: former, target }: Profile, { base, head }: Commits): readonly string[] {
  return [
    ...(base !== undefined && former?.kind === 'command' ? [former.cwd] : []),
    ...(head !== undefined && target.kind === 'command' ? [target.cwd] : []),
  ]
}

async function compare(profile: Profile, flags: AbArguments, commits: Commits | null): Promise<void> {
  const plan = planOf(profile)
  if (flags['dry-run']) return printPlan(summarisePlan(plan), flags)
  const { base, head } = commits ?? {}
  const tag = [...(flags.tag ?? []), ...(base === undefined ? [] : [`base=${base}`])]
  const git = head === undefined ? {} : { git: { sha: head, dirty: false } }
  await measure('ab', plan, { ...flags, tag }, { strict: flags.strict, ...git })
}

function planOf(profile: Profile): Plan {
  refuseWithoutComparison(profile)
  return planRun(profile, { baseline: false, policies: false, gate: 'comparisons', stress: false })
}
