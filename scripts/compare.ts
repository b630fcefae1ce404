import type { CommandModule } from 'yargs'
import { compareFiles, printComparison } from '../harness/index.ts'
import { outputFlags } from './flags.ts'

interface CompareArguments {
  readonly json: boolean
  readonly markdown: boolean
  readonly base: string
  readonly new: string
}

/** `soakrig compare` */
export const compare: CommandModule<object, CompareArguments> = {
  command: 'compare <base> <new>',
  describe: 'Compare two archived results of the same profile and mode',
  builder: (yargs) =>
    yargs
      .positional('base', { type: 'string', demandOption: true, describe: 'The result to compare with' })
      .positional('new', { type: 'string', demandOption: true, describe: 'The result to judge' })
      .options({ ...outputFlags, markdown: { type: 'boolean', default: false, describe: 'Print Markdown' } })
      .example(
        '$0 compare results/default/A.json results/default/B.json',
        'what B is worse by than A; ends with 111 where that is sure',
      ),
  async handler(flags) {
    const comparison = await compareFiles(flags.base, flags.new)
    printComparison(comparison, flags)
    process.exitCode = comparison.exitCode
  },
}
