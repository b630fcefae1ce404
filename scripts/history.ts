import { resolve } from 'node:path'
import type { CommandModule } from 'yargs'
import { exitCodes, findHistory, printHistory } from '../harness/index.ts'

interface HistoryArguments {
  readonly profile: string
  readonly mode: 'smoke' | 'long'
  readonly results: string
  readonly since: string | undefined
  readonly fail: boolean
  readonly json: boolean
}

/** `soakrig history` */
export const history: CommandModule<object, HistoryArguments> = {
  command: 'history [profile]',
  describe: 'Find where the figures of archived results changed for good',
  builder: (yargs) =>
    yargs
      .positional('profile', { type: 'string', describe: "The profile's name, as in the results", default: 'default' })
      .options({
        mode: {
          choices: ['smoke', 'long'] as const,
          default: 'long' as const,
          requiresArg: true,
          describe: 'Of which runs',
        },
        results: { type: 'string', default: 'results', requiresArg: true, describe: 'Where results are archived' },
        since: { type: 'string', requiresArg: true, describe: 'Changes of before this date are known: no alarm' },
        fail: { type: 'boolean', default: false, describe: 'End with 111 when there is an alarm' },
        json: {
          type: 'boolean',
          default: false,
          describe: 'Print one JSON document on stdout, everything else on stderr',
        },
      })
      .example('$0 history default --mode smoke --fail', 'after a nightly run'),
  async handler({ profile, mode, results, since = null, fail, json }) {
    const found = await findHistory({ profile, mode, since, resultsDir: resolve(results) })
    printHistory(found, { json })
    if (fail && found.alarms > 0) process.exitCode = exitCodes.regression
  },
}
