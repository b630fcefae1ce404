import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Argv } from 'yargs'
import { type GitState, sabotages } from '../harness/index.ts'

/** Flags of every command. */
export const outputFlags = {
  json: { type: 'boolean', default: false, describe: 'Print one JSON document on stdout, everything else on stderr' },
  quiet: { alias: 'q', type: 'boolean', default: false, describe: 'Print no progress' },
} as const

/** Flags of every command that measures. */
export const runFlags = {
  ...outputFlags,
  results: { type: 'string', default: 'results', requiresArg: true, describe: 'Where results are archived' },
  out: {
    alias: 'o',
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'Also write the result: json=FILE or markdown=FILE',
  },
  tag: { type: 'string', array: true, requiresArg: true, describe: 'Keep k=v in the result' },
  'allow-host': {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'A host besides this machine that load may go to; only one that is yours',
  },
  'max-error-rate': { type: 'string', requiresArg: true, describe: 'Ceiling of the error rate of clean load' },
  metrics: { type: 'string', requiresArg: true, describe: 'Serve metrics to Prometheus while it runs, at HOST:PORT' },
  seed: { type: 'string', requiresArg: true, describe: 'All chance of the run comes from it' },
} as const

/** Flags of every command that measures a profile. */
export const profileFlags = {
  ...runFlags,
  mode: {
    choices: ['smoke', 'long'] as const,
    default: 'long' as const,
    requiresArg: true,
    describe: 'How long to measure',
  },
  duration: { alias: 'd', type: 'string', requiresArg: true, describe: 'Of the stress stage' },
  connections: { alias: 'c', type: 'string', requiresArg: true, describe: 'Sockets; as many as workers when absent' },
  rate: { alias: 'R', type: 'string', requiresArg: true, describe: "Of the load's open model: 500, 500/s, 60%" },
  processes: { type: 'string', requiresArg: true, describe: 'Load workers' },
  rounds: { type: 'string', requiresArg: true, describe: 'Fresh targets for each policy' },
  budget: { type: 'string', requiresArg: true, describe: 'Wall time into which the plan is fitted' },
  workers: { alias: 'vus', type: 'string', requiresArg: true, describe: 'Closed loops of the stress stage' },
  'max-rss-delta-kb': {
    type: 'string',
    requiresArg: true,
    describe: 'Ceiling of the memory growth under stress, in KiB',
  },
  only: { type: 'string', array: true, requiresArg: true, describe: 'Measure these policies only' },
  cure: { type: 'string', requiresArg: true, describe: "Put this cure of the profile's scenario over it" },
  skip: { type: 'string', array: true, requiresArg: true, describe: 'Leave these policies out' },
  'keep-going': { type: 'boolean', default: false, describe: 'Go on to stress although a policy broke its bounds' },
  strict: { type: 'boolean', default: false, describe: 'Make an inconclusive run void (114)' },
  'dry-run': { type: 'boolean', default: false, describe: 'Print the plan and do nothing' },
  sabotage: { choices: sabotages, hidden: true, requiresArg: true },
} as const

/** Flags of every command that may compare the target with its former build. */
export const gateFlags = {
  base: {
    type: 'string',
    requiresArg: true,
    describe: 'The former build, measured beside the target: a shell command in which {port} stands for its port',
  },
  'gate-rounds': {
    type: 'string',
    requiresArg: true,
    describe: 'Rounds after which what is compared may have an answer: 12, or 8,16,24',
  },
} as const

/** Flags of a command whose runs are held against former ones. */
export const referenceFlags = {
  reference: {
    type: 'string',
    requiresArg: true,
    describe: 'Hold it against the median:N of the last passing results, the newest, or a result file [median:10]',
  },
  'require-reference': {
    type: 'boolean',
    default: false,
    describe: 'Refuse to begin without anything to compare with (112)',
  },
} as const

/** Flags of every command that measures policies. */
export const policyFlags = {
  tune: {
    type: 'boolean',
    default: false,
    describe: 'Make a policy that leaves its bounds weaker until it holds them, and go on with that',
  },
} as const

/** Flags of every command that only compares builds. */
export const buildFlags = {
  ...runFlags,
  mode: profileFlags.mode,
  connections: profileFlags.connections,
  rate: profileFlags.rate,
  processes: profileFlags.processes,
  'gate-rounds': gateFlags['gate-rounds'],
  head: { type: 'string', requiresArg: true, describe: "The build under test, instead of the profile's target" },
} as const

/** Of a flag that was given again only the last counts, unless it holds a list; changes `values`. */
export function lastGiven(values: Record<string, unknown>, yargs: Argv): void {
  // Its types leave this out.
  const { array } = (yargs as Argv & { getOptions(): { readonly array: readonly string[] } }).getOptions()
  for (const [name, value] of Object.entries(values)) {
    if (Array.isArray(value) && !['_', '--'].includes(name) && !array.includes(name)) values[name] = value.at(-1)
  }
}

/** The commit of the working directory, or null outside of a repository. */
export async function gitState(): Promise<GitState | null> {
  const [sha, status] = await Promise.all([git('rev-parse', 'HEAD'), git('status', '--porcelain')])
  return sha === null ? null : { sha, dirty: (status ?? '') !== '' }
}

/** What git says, or null where it fails or is missing; not by zx, which takes longer to load than git to answer. */
async function git(...args: readonly string[]): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('git', args, { maxBuffer: Number.POSITIVE_INFINITY })
    return stdout.trim()
  } catch {
    return null
  }
}

/** The environment, without what is not set. */
export function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
