import type { CommandModule } from 'yargs'
import { compileLoadPlan, loadProfileOf } from '../harness/index.ts'
import { environment, runFlags } from './flags.ts'
import { measure, type RunArguments } from './measure.ts'

interface LoadArguments extends RunArguments {
  readonly url: string
  readonly connections: string
  readonly duration: string | undefined
  readonly processes: string
  readonly method: string
  readonly header: readonly string[] | undefined
  readonly body: string
  readonly status: string | undefined
  readonly timeout: string
}

/** `soakrig load` */
export const load: CommandModule<object, LoadArguments> = {
  command: 'load <url>',
  describe: 'Put ad hoc load on one URL; a result of the same shape as any other',
  builder: (yargs) =>
    yargs
      .positional('url', { type: 'string', demandOption: true, describe: 'http://HOST:PORT/PATH' })
      .options({
        ...runFlags,
        connections: {
          alias: 'c',
          type: 'string',
          default: '50',
          requiresArg: true,
          describe: 'Sockets, each a closed loop',
        },
        duration: { alias: 'd', type: 'string', requiresArg: true, describe: 'Measured time, default 10s' },
        processes: { type: 'string', default: '1', requiresArg: true, describe: 'Load workers' },
        method: { type: 'string', default: 'GET', requiresArg: true, describe: 'Request method' },
        header: {
          alias: 'H',
          type: 'string',
          array: true,
          requiresArg: true,
          describe: 'Request header, "name: value"',
        },
        body: { type: 'string', default: '', requiresArg: true, describe: 'Request body' },
        status: { type: 'string', requiresArg: true, describe: 'Expected status (default: any from 200 to 399)' },
        timeout: { type: 'string', default: '5s', requiresArg: true, describe: 'Limit of one request' },
      })
      .example('$0 load http://127.0.0.1:8080/ -c 50 -d 10s', 'fifty connections for ten seconds'),
  handler: (flags) =>
    measure(
      'load',
      compileLoadPlan(loadProfileOf({ ...flags, maxErrorRate: flags['max-error-rate'], env: environment() })),
      flags,
    ),
}
