import { resolve } from 'node:path'
import type { CommandModule } from 'yargs'
import { findResults, pinResult, printLine, printResults, unpinResult } from '../harness/index.ts'

interface ResultsArguments {
  readonly results: string
  readonly mode: 'smoke' | 'long' | undefined
  readonly json: boolean
}

interface ListArguments extends ResultsArguments {
  readonly profile: string | undefined
}

interface UnpinArguments extends ResultsArguments {
  readonly profile: string
}

interface PinArguments {
  readonly json: boolean
  readonly result: string
}

const jsonFlag = {
  json: { type: 'boolean', default: false, describe: 'Print one JSON document on stdout, everything else on stderr' },
} as const

const resultsFlags = {
  ...jsonFlag,
  results: { type: 'string', default: 'results', requiresArg: true, describe: 'Where results are archived' },
  mode: { choices: ['smoke', 'long'] as const, requiresArg: true, describe: 'Of which runs' },
} as const

const list: CommandModule<object, ListArguments> = {
  command: 'list [profile]',
  describe: 'List archived results, and which of them a run may be held against',
  builder: (yargs) =>
    yargs
      .positional('profile', { type: 'string', describe: "The profile's name, as in the results; absent: all" })
      .options(resultsFlags),
  async handler({ results, profile = null, mode = null, json }) {
    printResults(await findResults({ resultsDir: resolve(results), profile, mode }), { json })
  },
}

const pin: CommandModule<object, PinArguments> = {
  command: 'pin <result>',
  describe: 'Hold the runs of its profile and mode against this result, whatever is newer',
  builder: (yargs) =>
    yargs
      .positional('result', { type: 'string', demandOption: true, describe: 'A result file, where it was archived' })
      .options(jsonFlag),
  async handler({ result: file, json }) {
    const { pin: written, result } = await pinResult(file)
    const { id, profile, mode } = result.run
    printLine(
      json ? JSON.stringify({ pin: written, id, profile, mode }) : `${mode} of ${profile} is held against ${id}`,
    )
  },
}

const unpin: CommandModule<object, UnpinArguments> = {
  command: 'unpin <profile>',
  describe: 'Hold the runs of a profile and mode against the newest results again',
  builder: (yargs) =>
    yargs
      .positional('profile', {
        type: 'string',
        demandOption: true,
        describe: "The profile's name, as in the results",
      })
      .options(resultsFlags),
  async handler({ profile, results, mode = 'long', json }) {
    await unpinResult({ resultsDir: resolve(results), profile, mode })
    printLine(json ? JSON.stringify({ profile, mode, pin: null }) : `${mode} of ${profile} is held against the newest`)
  },
}

/** `soakrig results` */
export const results: CommandModule = {
  command: 'results <action>',
  describe: 'List archived results, and pin what runs are held against',
  builder: (yargs) =>
    yargs
      .command(list)
      .command(pin)
      .command(unpin)
      .demandCommand(1, 'Name an action: list, pin or unpin.')
      .example('$0 results list default --mode long', 'what a nightly run is held against')
      .example('$0 results pin results/default/RUN.json', 'hold every run against this one'),
  handler() {
    // Its actions have handlers of their own.
  },
}
