import type { CommandModule } from 'yargs'
import { printLine, printNote, realClock, serveTarget } from '../harness/index.ts'
import { outputFlags } from './flags.ts'
import { signalled } from './signals.ts'

interface TargetArguments {
  readonly json: boolean
  readonly quiet: boolean
  readonly kind: 'http'
  readonly host: string
  readonly port: number
  readonly seed: number
  readonly 'service-time': string
  readonly 'cpu-time': string
  readonly 'error-share': string
  readonly status: number
  readonly leak: string
  readonly 'stall-every': string | undefined
  readonly 'stall-for': string | undefined
  readonly 'die-after': number
}

/** `soakrig target` */
export const target: CommandModule<object, TargetArguments> = {
  command: 'target [kind]',
  describe: 'Run the built-in target by itself until it is told to end; its own counts are printed then',
  builder: (yargs) =>
    yargs
      .positional('kind', { choices: ['http'] as const, default: 'http' as const, describe: 'What it serves' })
      .options({
        ...outputFlags,
        host: { type: 'string', default: '127.0.0.1', requiresArg: true, describe: 'Address to listen on' },
        port: { type: 'number', default: 0, requiresArg: true, describe: 'Port, 0 for any' },
        seed: { type: 'number', default: 1, requiresArg: true, describe: 'All chance comes from it' },
        'service-time': { type: 'string', default: '0ms', requiresArg: true, describe: 'Wait before each answer' },
        'cpu-time': { type: 'string', default: '0ms', requiresArg: true, describe: 'CPU spent on each answer' },
        'error-share': {
          type: 'string',
          default: '0%',
          requiresArg: true,
          describe: 'Share of answers that are errors',
        },
        status: { type: 'number', default: 500, requiresArg: true, describe: 'Status of those errors' },
        leak: { type: 'string', default: '0b', requiresArg: true, describe: 'Memory kept per request' },
        'stall-every': { type: 'string', requiresArg: true, implies: 'stall-for', describe: 'Period of the stalls' },
        'stall-for': { type: 'string', requiresArg: true, implies: 'stall-every', describe: 'Length of a stall' },
        'die-after': { type: 'number', default: 0, requiresArg: true, describe: 'Requests until it dies, 0 for never' },
      })
      .example('$0 target http --port 8080 --cpu-time 5ms', 'a target that is busy'),
  async handler(flags) {
    await using served = await serveTarget({
      host: flags.host,
      port: flags.port,
      seed: flags.seed,
      clock: realClock,
      knobs: knobsOf(flags),
      onDeath: () => process.exit(70),
    })
    if (!flags.quiet) printNote(`listening on ${served.url}; end it with Ctrl-C`)
    await signalled()
    printLine(JSON.stringify(served.stats(), null, flags.json ? 0 : 2))
  },
}

function knobsOf(flags: TargetArguments): Parameters<typeof serveTarget>[0]['knobs'] {
  const { 'stall-every': every, 'stall-for': length } = flags
  return {
    serviceTime: flags['service-time'],
    cpuTime: flags['cpu-time'],
    errorShare: flags['error-share'],
    status: flags.status,
    leak: flags.leak,
    dieAfter: flags['die-after'],
    ...(every !== undefined && length !== undefined && { stall: { every, for: length } }),
  }
}
