import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Rule } from '../faults/rule.ts'
import { SoakrigError } from '../kernel/errors.ts'
import { environment } from '../kernel/host.ts'
import { addRules, type RuleTallies } from '../measure/rule-tally.ts'
import type { Policy } from '../profile/profile.ts'
import { preloadEnvironment } from './preload/environment.ts'

/** Rules that act inside a command of Node. */
export interface RunPreload {
  /** What the command needs in its environment. */
  readonly env: Readonly<Record<string, string>>
  /** What they did in all processes that have ended; null where no process had them. */
  read(): RuleTallies | null
}

/** The layer in which the preload module counts. */
const layer = 'preload'
const prefix = 'preload-'

export interface RunPreloadOptions {
  readonly seed: number | string
  readonly allowedHosts: readonly string[]
  /** Of the run; each process leaves its report there. */
  readonly directory: string
}

/** Has the rules of a policy act in a command and in what it starts, as far as that is Node. Throws `bad-flag` (104). */
export function preloadRules({ name, at, rules }: Policy, options: RunPreloadOptions): RunPreload {
  if (at !== null) {
    throw new SoakrigError(`--preload: the policy ${name} is at ${at}, which the target asks`, {
      code: 'bad-flag',
      exit: 'usage',
      hint: 'Leave --preload out.',
    })
  }
  const { directory, ...settings } = options
  const report = join(directory, `${prefix}{pid}.json`)
  const env = preloadEnvironment({ ...settings, rules, report }, environment()['NODE_OPTIONS'])
  return { env, read: () => readReports(directory, name, rules) }
}

/** The sum of all reports, by the policy's name as relays have it. */
function readReports(directory: string, policy: string, rules: readonly Rule[]): RuleTallies | null {
  const files = readdirSync(directory).filter((name) => name.startsWith(prefix))
  const reports = files.flatMap((name) => rulesOf(join(directory, name)))
  if (reports.length === 0) return null
  const sum = reports.reduce(addRules, {})
  return Object.fromEntries(
    rules.flatMap(({ name }) => {
      const tally = sum[`${layer}/${name}`]
      return tally ? [[`${policy}/${name}`, tally] as const] : []
    }),
  )
}

/** What one process left; nothing where it was killed, or still lives and writes. */
function rulesOf(file: string): RuleTallies[] {
  try {
    return [(JSON.parse(readFileSync(file, 'utf8')) as { rules: RuleTallies }).rules]
  } catch {
    return []
  }
}
