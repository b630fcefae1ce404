import { resolve } from 'node:path'
import type { CommandModule } from 'yargs'
import {
  checkRun,
  loadProfile,
  packageProfilesDirectory,
  parseRunUpstreams,
  printNote,
  ruleLines,
  runCommand,
  writeRunReport,
} from '../harness/index.ts'
import { environment } from './flags.ts'
import { passSignals } from './signals.ts'

interface RunArguments {
  readonly policy: string
  readonly profile: string | undefined
  readonly upstream: readonly string[] | undefined
  readonly preload: boolean
  readonly out: string | undefined
  readonly quiet: boolean
  readonly seed: string | undefined
  readonly results: string
  readonly 'allow-host': readonly string[] | undefined
}

/** `soakrig run` */
export const run: CommandModule<object, RunArguments> = {
  command: 'run',
  describe: 'Run any command under the faults of a policy; its exit code is the exit code',
  builder: (yargs) =>
    yargs
      .parserConfiguration({ 'populate--': true, 'parse-positional-numbers': false })
      .usage('$0 run --policy NAME [flags] -- COMMAND ARGS...')
      .options({
        policy: { type: 'string', demandOption: true, requiresArg: true, describe: 'Policy of the profile' },
        profile: { type: 'string', requiresArg: true, describe: 'A name in profiles/, or a file' },
        upstream: {
          type: 'string',
          array: true,
          requiresArg: true,
          nargs: 1,
          describe: 'ENV=HOST:PORT: a service that the command asks; ENV is set to where it is asked through a relay',
        },
        preload: {
          type: 'boolean',
          default: false,
          describe: 'Let the rules act inside the command instead, which is one of Node, on every call that it makes',
        },
        out: { alias: 'o', type: 'string', requiresArg: true, describe: 'Write what fired to this file, as JSON' },
        quiet: { alias: 'q', type: 'boolean', default: false, describe: 'Do not print what fired' },
        seed: { type: 'string', requiresArg: true, describe: 'All chance comes from it' },
        results: { type: 'string', default: 'results', requiresArg: true, describe: 'Where .runs/ is kept' },
        'allow-host': {
          type: 'string',
          array: true,
          nargs: 1,
          requiresArg: true,
          describe: 'A host besides this machine',
        },
      })
      .example('$0 run --policy latency -- curl http://{host}:{port}/echo/hi', "the profile's target, slowed down")
      .example(
        '$0 run --policy reset --upstream REDIS_PORT=127.0.0.1:6379 -- npm test',
        'tests whose Redis resets connections',
      )
      .epilogue('What it prints goes to stderr: stdout is the command’s. 114: the command passed, but no fault acted.'),
  async handler(flags) {
    const profile = await loadProfile(
      flags.profile,
      { mode: 'smoke', flags: { seed: flags.seed }, env: environment() },
      { cwd: process.cwd(), packageProfilesDir: packageProfilesDirectory() },
    )
    using signals = passSignals()
    const report = await runCommand({
      profile,
      policy: flags.policy,
      upstreams: parseRunUpstreams(flags.upstream ?? []),
      command: (flags as { readonly '--'?: readonly string[] })['--'] ?? [],

      preload: flags.preload,
      resultsDir: resolve(flags.results),
      allowedHosts: flags['allow-host'] ?? [],
      signal: signals.signal,
      onStart: ({ signal }) => signals.passTo(signal),
    })
    if (!flags.quiet) for (const line of ruleLines(report)) printNote(line)
    process.exitCode = report.exitCode
    if (flags.out !== undefined) await writeRunReport(flags.out, report)
    checkRun(report)
  },
}
