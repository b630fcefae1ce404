import type { CommandModule } from 'yargs'
import {
  capacityPlanOf,
  capacitySettingsOf,
  loadProfile,
  loadProfileOf,
  openCapacitySearch,
  packageProfilesDirectory,
  printPlan,
  type Profile,
  refuseRequestFlags,
  summariseCapacity,
} from '../harness/index.ts'
import { environment, runFlags } from './flags.ts'
import { type RequestArguments, requestFlags } from './load.ts'
import { measure, type RunArguments } from './measure.ts'

interface CapacityArguments extends Omit<RunArguments, 'max-error-rate'>, RequestArguments {
  readonly target: string | undefined
  readonly slo: readonly string[] | undefined
  readonly from: string | undefined
  readonly 'max-rate': string | undefined
  readonly step: string | undefined
  readonly budget: string | undefined
  readonly loops: boolean
  readonly processes: string | undefined
  readonly 'dry-run': boolean
}

const { 'max-error-rate': _, ...measureFlags } = runFlags

/** Flags that say how the capacity is searched for. */
const searchFlags = {
  slo: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: "Latency that a rate must keep, such as 'p(99)<100ms'; when absent the profile's thresholds",
  },
  from: { type: 'string', requiresArg: true, describe: 'First rate; when absent two fifths of what closed loops do' },
  'max-rate': { type: 'string', requiresArg: true, describe: 'Highest rate to try' },
  step: { type: 'string', requiresArg: true, describe: 'Measured time of a slice, default 5s' },
  budget: { type: 'string', requiresArg: true, describe: 'Longest time for the rates; twice the usual when absent' },
  loops: { type: 'boolean', default: true, describe: 'Measure 1, 2, 4, … closed loops first, for the scalability law' },
  processes: { type: 'string', requiresArg: true, describe: 'Load workers' },
  'dry-run': { type: 'boolean', default: false, describe: 'Print the plan and do nothing' },
} as const

/** `soakrig capacity` */
export const capacity: CommandModule<object, CapacityArguments> = {
  command: 'capacity [target]',
  describe: 'Find the highest rate that the target bears; reported, not gated',
  builder: (yargs) =>
    yargs
      .positional('target', {
        type: 'string',
        describe: 'A profile by path or name (default: default), or a URL as of load',
      })
      .options({ ...measureFlags, ...searchFlags, ...requestFlags })
      .example("$0 capacity --slo 'p(99)<50ms'", "the default profile's target: its highest rate with that latency")
      .example('$0 capacity http://127.0.0.1:8080/ --max-rate 2000', 'a URL, and no more than that')
      .example('$0 capacity profiles/ab.json --from 500 --no-loops', 'the rates only'),
  handler: async (flags) => {
    const profile = await profileOf(flags)
    const settings = capacitySettingsOf(flags, profile)
    const plan = capacityPlanOf(profile, settings)
    if (flags['dry-run']) printPlan(summariseCapacity(plan, settings), flags)
    else
      await measure(
        'capacity',
        plan,
        { ...flags, 'max-error-rate': undefined },
        { search: await openCapacitySearch(plan, settings) },
      )
  },
}

function profileOf(flags: CapacityArguments): Profile | Promise<Profile> {
  const { target, processes, seed } = flags
  const env = environment()
  if (target?.includes('://') === true) {
    const none = { connections: undefined, rate: undefined, arrival: undefined, maxInFlight: undefined }
    const unasked = { ...none, requests: undefined, stage: undefined, think: undefined, duration: undefined }
    const limits = { maxErrorRate: undefined, failureBudget: undefined }
    const renamed = { url: target, unixSocket: flags['unix-socket'], processes: processes ?? '1', env }
    return loadProfileOf({ ...flags, ...unasked, ...limits, ...renamed })
  }
  refuseRequestFlags({ ...flags, unixSocket: flags['unix-socket'] })
  const places = { cwd: process.cwd(), packageProfilesDir: packageProfilesDirectory() }
  return loadProfile(target, { mode: 'smoke', flags: { processes, seed }, env }, places)
}
