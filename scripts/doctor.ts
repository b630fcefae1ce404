import { resolve } from 'node:path'
import type { CommandModule } from 'yargs'
import { diagnose, exitCodes, printChecks, realClock } from '../harness/index.ts'
import { outputFlags } from './flags.ts'
import { untilSignal } from './signals.ts'

interface DoctorArguments {
  readonly json: boolean
  readonly results: string
}

/** `soakrig doctor` */
export const doctor: CommandModule<object, DoctorArguments> = {
  command: 'doctor',
  describe: 'Check what runs need here, and that the fault path is live',
  builder: (yargs) =>
    yargs
      .options({
        ...outputFlags,
        results: { type: 'string', default: 'results', requiresArg: true, describe: 'Where results are archived' },
      })
      .example('$0 doctor', 'a few seconds'),
  async handler(flags) {
    using signals = untilSignal()
    const checks = await diagnose({ clock: realClock, resultsDir: resolve(flags.results), signal: signals.signal })
    printChecks(checks, flags)
    if (checks.some(({ ok }) => !ok)) process.exitCode = exitCodes.environment
  },
}
