import { resolve } from 'node:path'
import type { CommandModule } from 'yargs'
import {
  exitCodes,
  type Plan,
  planRun,
  printCalibration,
  printNote,
  printPlan,
  readCalibration,
  realClock,
  refuseWithoutGate,
  type RunOutcome,
  summarisePlan,
  wholeNumber,
} from '../harness/index.ts'
import { buildFlags, gitState } from './flags.ts'
import { conduct, profileOf, type RunArguments } from './measure.ts'
import { untilSignal } from './signals.ts'

interface CalibrateArguments extends Omit<RunArguments, 'out'> {
  readonly profile: string | undefined
  readonly mode: 'smoke' | 'long'
  readonly connections: string | undefined
  readonly rate: string | undefined
  readonly processes: string | undefined
  readonly head: string | undefined
  readonly 'gate-rounds': string | undefined
  readonly runs: string
  readonly show: boolean
  readonly 'dry-run': boolean
}

const { out: _, ...measureFlags } = buildFlags

/** `soakrig calibrate` */
export const calibrate: CommandModule<object, CalibrateArguments> = {
  command: 'calibrate [profile]',
  describe: 'Find by how much a build differs from itself on this machine',
  builder: (yargs) =>
    yargs
      .positional('profile', { type: 'string', describe: 'A name in profiles/, or a file', default: 'default' })
      .options({
        ...measureFlags,
        runs: { type: 'string', default: '10', requiresArg: true, describe: 'How many runs to make' },
        show: { type: 'boolean', default: false, describe: 'Make none, and say what is known' },
        'dry-run': { type: 'boolean', default: false, describe: 'Print the plan of one run and do nothing' },
      })
      .example('$0 calibrate ab --runs 10', 'an hour and a half, best in several parts')
      .example('$0 calibrate ab --show', 'what is known by now'),
  async handler(flags) {
    const runs = flags.show ? 0 : wholeNumber('--runs', flags.runs)
    const { plan, seed } = await planOf(flags)
    if (flags['dry-run']) return printPlan(summarisePlan(plan), flags)
    const resultsDir = resolve(flags.results)
    const read = async () => readCalibration({ plan, git: await gitState(), resultsDir, clock: realClock })
    // What cannot be read would be found out only after the first run.
    await read()
    using signals = untilSignal()
    const made: RunOutcome['result']['run'][] = []
    for (let index = 0; index < runs && !signals.signal.aborted; index++) {
      const own = index === 0 ? plan : (await planOf({ ...flags, seed: String(seed + index) })).plan
      const { result } = await conduct('calibrate', own, { ...flags, out: undefined }, signals.signal)
      made.push(result.run)
      if (!flags.quiet) printNote(`run ${index + 1} of ${runs}: ${result.run.verdict}, ${result.run.id}`)
      if (result.run.abortedBy !== null) break
    }
    const state = await read()
    const kept = [...state.build.runs, ...state.process.runs].map(({ id }) => id)
    printCalibration(
      state,
      made.map(({ id, verdict }) => ({ id, verdict, counts: kept.includes(id) })),
      flags,
    )
    // That a build is called worse than itself is what is looked for, and no failure.
    const { exitCode = exitCodes.pass } = made.findLast(({ id }) => !kept.includes(id)) ?? {}
    // What is known fails its own runs: it is no answer to what the noise is.
    const unsound = [state.process, state.build].some(({ selfTest }) => selfTest?.sound === false)
    process.exitCode = signals.signal.aborted ? exitCodes.aborted : exitCode || (unsound ? exitCodes.void : exitCode)
  },
}

/** Every run has an order of its own, from a seed of its own, or all of them would have the bias of one order. */
async function planOf(flags: CalibrateArguments): Promise<{ readonly plan: Plan; readonly seed: number }> {
  const profile = await profileOf(flags)
  refuseWithoutGate(profile.mode)
  const stages = { baseline: false, policies: true, gate: 'calibration', stress: false } as const
  return { plan: planRun({ ...profile, base: null }, stages), seed: profile.seed }
}
