import type { CommandModule } from 'yargs'
import {
  openToleranceSearch,
  printPlan,
  type Sabotage,
  summariseTune,
  tunePlanOf,
  tuneSettingsOf,
} from '../harness/index.ts'
import { profileFlags, runFlags } from './flags.ts'
import { measure, profileOf, type RunArguments } from './measure.ts'

interface TuneArguments extends Omit<RunArguments, 'max-error-rate'> {
  readonly profile: string | undefined
  readonly mode: 'smoke' | 'long'
  readonly only: readonly string[] | undefined
  readonly skip: readonly string[] | undefined
  readonly connections: string | undefined
  readonly rate: string | undefined
  readonly processes: string | undefined
  readonly parameter: string | undefined
  readonly resolution: string | undefined
  readonly budget: string | undefined
  readonly 'dry-run': boolean
  readonly sabotage: Sabotage | undefined
}

const { 'max-error-rate': _, ...measureFlags } = runFlags
const { connections, rate, processes, skip, sabotage } = profileFlags

/** Flags that say how strengths are searched for. */
const searchFlags = {
  mode: { ...profileFlags.mode, default: 'smoke' as const, describe: 'How long the slices are' },
  only: { ...profileFlags.only, describe: 'Search the strength of these policies only' },
  parameter: {
    type: 'string',
    requiresArg: true,
    describe: 'The strength, such as latency.delay; when absent the first that a policy has',
  },
  resolution: {
    type: 'string',
    requiresArg: true,
    describe: 'How near to each other what holds and breaks, default 10%',
  },
  budget: { type: 'string', requiresArg: true, describe: 'Longest time for all trials; twice the usual when absent' },
  'dry-run': profileFlags['dry-run'],
} as const

/** `soakrig tune` */
export const tune: CommandModule<object, TuneArguments> = {
  command: 'tune [profile]',
  describe: 'Find how strong each fault may be before the target leaves its bounds; reported, not gated',
  builder: (yargs) =>
    yargs
      .positional('profile', { type: 'string', describe: 'A name in profiles/, or a file', default: 'default' })
      .options({ ...measureFlags, ...searchFlags, skip, connections, rate, processes, sabotage })
      .example('$0 tune --only latency', "how much latency the default profile's target bears")
      .example('$0 tune --only jitter --parameter latency.jitter', 'its jitter, and the delay as it is'),
  handler: async (flags) => {
    const { parameter, resolution, budget, only } = flags
    const profile = await profileOf({ ...flags, budget: undefined })
    const settings = tuneSettingsOf({ only, parameter, resolution, budget }, profile)
    const plan = tunePlanOf(profile, settings)
    if (flags['dry-run']) printPlan(summariseTune(plan, settings), flags)
    else
      await measure(
        'tune',
        plan,
        { ...flags, 'max-error-rate': undefined },
        { search: await openToleranceSearch(plan, settings), sabotage: flags.sabotage },
      )
  },
}
