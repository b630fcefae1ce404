import type { CommandModule } from 'yargs'
import {
  builtinTargets,
  parseFramingFlag,
  parseJsonFlag,
  printLine,
  printNote,
  realClock,
  serveTarget,
} from '../harness/index.ts'
import { outputFlags } from './flags.ts'
import { signalled } from './signals.ts'

interface TargetArguments {
  readonly json: boolean
  readonly quiet: boolean
  readonly kind: string
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
  readonly 'tail-share': string | undefined
  readonly 'tail-delay': string | undefined
  readonly 'die-after': number
  readonly capacity: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly 'client-ca': string | undefined
  readonly 'socket-path': string | undefined
  readonly framing: string | undefined
}

const knobFlags = {
  'service-time': { type: 'string', default: '0ms', requiresArg: true, describe: 'Wait before each answer' },
  'cpu-time': { type: 'string', default: '0ms', requiresArg: true, describe: 'CPU spent on each answer' },
  'error-share': { type: 'string', default: '0%', requiresArg: true, describe: 'Share of answers that are errors' },
  status: { type: 'number', default: 500, requiresArg: true, describe: 'HTTP status of those errors' },
  leak: { type: 'string', default: '0b', requiresArg: true, describe: 'Memory kept per request' },
  'stall-every': { type: 'string', requiresArg: true, implies: 'stall-for', describe: 'Period of the stalls' },
  'stall-for': { type: 'string', requiresArg: true, implies: 'stall-every', describe: 'Length of a stall' },
  'tail-share': { type: 'string', requiresArg: true, implies: 'tail-delay', describe: 'Share of answers that wait' },
  'tail-delay': { type: 'string', requiresArg: true, implies: 'tail-share', describe: 'How long those wait' },
  'die-after': { type: 'number', default: 0, requiresArg: true, describe: 'Requests until it dies, 0 for never' },
  capacity: { type: 'string', requiresArg: true, describe: 'What it can serve, as JSON like in a profile' },
} as const

const ownFlags = {
  cert: {
    type: 'string',
    requiresArg: true,
    implies: 'key',
    describe: 'PEM file of its certificate: it serves with TLS',
  },
  key: { type: 'string', requiresArg: true, implies: 'cert', describe: 'PEM file of the private key' },
  'client-ca': {
    type: 'string',
    requiresArg: true,
    implies: 'cert',
    describe: 'PEM file of the authority whose certificate every client must show',
  },
  'socket-path': { type: 'string', requiresArg: true, describe: 'A unix socket besides the port (http)' },
  framing: {
    type: 'string',
    requiresArg: true,
    describe: 'Messages of tcp: line, length-prefixed:4, fixed:64b, or JSON as in a profile',
  },
} as const

/** `soakrig target` */
export const target: CommandModule<object, TargetArguments> = {
  command: 'target [kind]',
  describe: 'Run a built-in target by itself until it is told to end; its own counts are printed then',
  builder: (yargs) =>
    yargs
      .positional('kind', { type: 'string', choices: builtinTargets, default: 'http', describe: 'What it serves' })
      .options({
        ...outputFlags,
        host: { type: 'string', default: '127.0.0.1', requiresArg: true, describe: 'Address to listen on' },
        port: { type: 'number', default: 0, requiresArg: true, describe: 'Port, 0 for any' },
        seed: { type: 'number', default: 1, requiresArg: true, describe: 'All chance comes from it' },
        ...knobFlags,
        ...ownFlags,
      })
      .example('$0 target http --port 8080 --cpu-time 5ms', 'a target that is busy')
      .example(`$0 target http --capacity '{"perSecond":300}'`, 'a target that serves so much and no more')
      .example('$0 target http2 --cert server.pem --key server.key', 'HTTP/2 with TLS')
      .example('$0 target tcp --framing length-prefixed:4', 'messages with their length before them'),
  async handler(flags) {
    await using served = await serveTarget({
      host: flags.host,
      port: flags.port,
      seed: flags.seed,
      clock: realClock,
      target: targetOf(flags),
      onDeath: () => process.exit(70),
    })
    const { url, statsPort } = served
    const stats = statsPort === null ? '' : `, stats at http://127.0.0.1:${statsPort}/stats`
    // Heard from the moment that it says it listens.
    const ended = signalled()
    if (!flags.quiet) printNote(`listening on ${url}${stats}; end it with Ctrl-C`)
    await ended
    printLine(JSON.stringify(served.stats(), null, flags.json ? 0 : 2))
  },
}

/** The flags as a profile would say them. */
function targetOf(flags: TargetArguments): Readonly<Record<string, unknown>> {
  const { cert, key, 'client-ca': clientCa, 'socket-path': socketPath, framing } = flags
  return {
    builtin: flags.kind,
    knobs: knobsOf(flags),
    ...(cert !== undefined && { tls: { cert, key, ...(clientCa !== undefined && { clientCa }) } }),
    ...(socketPath !== undefined && { socketPath }),
    ...(framing !== undefined && { framing: parseFramingFlag(framing) }),
  }
}

function knobsOf(flags: TargetArguments): Readonly<Record<string, unknown>> {
  const { 'stall-every': every, 'stall-for': length, 'tail-share': share, 'tail-delay': delay } = flags
  return {
    serviceTime: flags['service-time'],
    cpuTime: flags['cpu-time'],
    errorShare: flags['error-share'],
    status: flags.status,
    leak: flags.leak,
    dieAfter: flags['die-after'],
    ...(flags.capacity !== undefined && { capacity: parseJsonFlag('--capacity', flags.capacity) }),
    ...(share !== undefined && delay !== undefined && { tail: { share, delay } }),
    ...(every !== undefined && length !== undefined && { stall: { every, for: length } }),
  }
}
