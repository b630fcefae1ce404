import type { CommandModule } from 'yargs'
import { importKinds, type ImportKind, initProfile, printLine, printNote } from '../harness/index.ts'
import { environment, outputFlags } from './flags.ts'

interface InitArguments {
  readonly file: string | undefined
  readonly from: ImportKind | undefined
  readonly out: string | undefined
  readonly origin: string | undefined
  readonly scenario: boolean
  readonly force: boolean
  readonly json: boolean
}

/** `soakrig init` */
export const init: CommandModule<object, InitArguments> = {
  command: 'init [file]',
  describe: 'Write a profile: one to begin with, or one made of a recording, of command lines or of a description',
  builder: (yargs) =>
    yargs
      .positional('file', { type: 'string', describe: 'What to import' })
      .options({
        ...outputFlags,
        from: {
          choices: importKinds,
          requiresArg: true,
          describe: 'What the file is: a HAR 1.2 recording, cURL command lines, or OpenAPI 3 in JSON',
        },
        out: {
          alias: 'o',
          type: 'string',
          requiresArg: true,
          describe: 'The profile to write; below profiles/ when absent',
        },
        origin: {
          type: 'string',
          requiresArg: true,
          describe: 'Take the requests to this http://HOST:PORT; the first one when absent',
        },
        scenario: {
          type: 'boolean',
          default: false,
          describe: 'Of a HAR file: one scenario in the recorded order, with its pauses',
        },
        force: { type: 'boolean', default: false, describe: 'Overwrite the profile' },
      })
      .example('$0 init', 'profiles/service.jsonc, with comments')
      .example('$0 init --from har shop.har --scenario', "profiles/shop.json: a browser's visit")
      .example('$0 init --from curl calls.sh -o shop.json', 'a mix of command lines')
      .example('$0 init --from openapi api.json', 'each operation once'),
  async handler({ file, from, out, origin, scenario, force, json }) {
    const options = { file, from, out, origin, scenario, force, cwd: process.cwd(), env: environment() }
    const outcome = await initProfile(options)
    if (json) return printLine(JSON.stringify(outcome, null, 2))
    for (const note of outcome.notes) printNote(`note: ${note}`)
    printLine(`${outcome.file} is written; soakrig validate ${outcome.file} says what it would do`)
  },
}
