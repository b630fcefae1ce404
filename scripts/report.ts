import type { CommandModule } from 'yargs'
import { printResult, readResult } from '../harness/index.ts'
import { outputFlags } from './flags.ts'

interface ReportArguments {
  readonly json: boolean
  readonly markdown: boolean
  readonly result: string
}

/** `soakrig report` */
export const report: CommandModule<object, ReportArguments> = {
  command: 'report <result>',
  describe: 'Show an archived result',
  builder: (yargs) =>
    yargs
      .positional('result', { type: 'string', demandOption: true, describe: 'A result file' })
      .options({
        ...outputFlags,
        markdown: { type: 'boolean', default: false, describe: 'Print Markdown, for a pull request' },
      })
      .example('$0 report results/default/A.json --markdown', 'for a pull request'),
  async handler(flags) {
    const { result } = await readResult(flags.result)
    printResult(result, flags)
  },
}
