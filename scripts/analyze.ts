import type { CommandModule } from 'yargs'
import { analyzeTraces, printAnalysis } from '../harness/index.ts'

interface AnalyzeArguments {
  readonly file: string | undefined
  readonly json: boolean
  readonly text: boolean
  readonly 'exit-code': boolean
}

/** `soakrig analyze` */
export const analyze: CommandModule<object, AnalyzeArguments> = {
  command: 'analyze [file]',
  describe: 'Decide results and traces again: a document in, a verdict out',
  builder: (yargs) =>
    yargs
      .positional('file', {
        type: 'string',
        describe: 'One JSON document; one per line in .ndjson; absent: one per line on standard input',
      })
      .options({
        text: { type: 'boolean', default: false, describe: 'Print tables for people, not a line of JSON for each' },
        'exit-code': {
          type: 'boolean',
          default: false,
          describe:
            'End with the worst verdict: 111 worse, 115 a leak, 114 void or not reproduced, of a result its own',
        },
        json: { type: 'boolean', default: false, hidden: true, describe: 'What it does anyway' },
      })
      .example('$0 analyze results/default/RUN.json --text', 'whether a result is what its own figures come to')
      .example('$0 analyze trace.json --exit-code', 'one verdict, as a gate')
      .example('$0 analyze < traces.ndjson > verdicts.ndjson', 'many, in the same order')
      .epilogue(
        'A line that cannot be analysed has a line with "error" in its place, the others are answered all the same, and the exit code is 104.',
      ),
  async handler({ file, text, json, 'exit-code': exitByVerdict }) {
    process.exitCode = await analyzeTraces({
      // What yargs makes of -.
      file: file === undefined || file === '' ? null : file,
      input: process.stdin,
      exitByVerdict,
      show: (line) => printAnalysis(line, { text: text && !json }),
    })
  },
}
