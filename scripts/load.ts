import type { CommandModule } from 'yargs'
import { compileLoadPlan, loadProfileOf } from '../harness/index.ts'
import { environment, runFlags } from './flags.ts'
import { measure, type RunArguments } from './measure.ts'

/** Flags that say what is sent, as yargs gives them. */
export interface RequestArguments {
  readonly method: string
  readonly header: readonly string[] | undefined
  readonly body: string
  readonly status: string | undefined
  readonly timeout: string
  readonly http2: boolean
  readonly insecure: boolean
  readonly cacert: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly 'unix-socket': string | undefined
  readonly proto: string | undefined
  readonly size: string | undefined
}

interface LoadArguments extends RunArguments, RequestArguments {
  readonly url: string
  readonly connections: string | undefined
  readonly rate: string | undefined
  readonly arrival: 'constant' | 'poisson' | undefined
  readonly 'max-in-flight': string | undefined
  readonly requests: string | undefined
  readonly stage: readonly string[] | undefined
  readonly think: string | undefined
  readonly duration: string | undefined
  readonly 'failure-budget': string | undefined
  readonly processes: string
}

/** Flags that say how the load is made. */
const modelFlags = {
  connections: {
    alias: 'c',
    type: 'string',
    requiresArg: true,
    describe: 'Closed loops, each with a socket (default 50); with --rate sockets, as many as needed when absent',
  },
  rate: {
    alias: 'R',
    type: 'string',
    requiresArg: true,
    describe: 'Arrivals by a schedule instead of closed loops: 500, 500/s, 30/m',
  },
  arrival: {
    choices: ['constant', 'poisson'] as const,
    requiresArg: true,
    describe: 'With --rate: evenly spaced (default) or a Poisson process',
  },
  'max-in-flight': {
    type: 'string',
    requiresArg: true,
    describe: 'With --rate: requests in flight at once, default 2000; what is beyond is dropped and counted',
  },
  requests: { alias: 'n', type: 'string', requiresArg: true, describe: 'End after so many requests' },
  stage: {
    alias: 's',
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'DURATION:LEVEL, repeatable: a ramp to so many loops, or to a rate with --rate; from --connections or 0',
  },
  think: { type: 'string', requiresArg: true, describe: 'Without --rate: pause of a loop between two requests' },
  duration: {
    alias: 'd',
    type: 'string',
    requiresArg: true,
    describe: 'Measured time, default 10s; that of the stages or the requests where they are given',
  },
  'failure-budget': {
    type: 'string',
    requiresArg: true,
    describe: 'End as soon as more than this share of at least 50 operations of the last 30 s has failed',
  },
} as const

/** Flags that say what is sent, and over what. */
export const requestFlags = {
  method: { type: 'string', default: 'GET', requiresArg: true, describe: 'HTTP method' },
  header: {
    alias: 'H',
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'Header or gRPC metadata, "name: value"',
  },
  body: {
    type: 'string',
    default: '',
    requiresArg: true,
    describe: 'HTTP body, WebSocket message, line over TCP, or gRPC message as JSON',
  },
  status: { type: 'string', requiresArg: true, describe: 'Expected status (HTTP default: any from 200 to 399)' },
  timeout: { type: 'string', default: '5s', requiresArg: true, describe: 'Limit of one request' },
  http2: { type: 'boolean', default: false, describe: 'HTTP/2, also without TLS' },
  insecure: { alias: 'k', type: 'boolean', default: false, describe: 'Take any certificate' },
  cacert: { type: 'string', requiresArg: true, describe: 'PEM file of an authority to trust' },
  cert: { type: 'string', requiresArg: true, describe: "PEM file of the client's certificate" },
  key: { type: 'string', requiresArg: true, describe: "PEM file of the client's key" },
  'unix-socket': { type: 'string', requiresArg: true, describe: 'Connect to this unix socket instead of HOST:PORT' },
  proto: { type: 'string', requiresArg: true, describe: 'The .proto file of a grpc:// URL' },
  size: { type: 'string', requiresArg: true, describe: 'Size of a datagram, such as 64b' },
} as const

/** `soakrig load` */
export const load: CommandModule<object, LoadArguments> = {
  command: 'load <url>',
  describe: 'Put ad hoc load on one URL; a result of the same shape as any other',
  builder: (yargs) =>
    yargs
      .positional('url', {
        type: 'string',
        demandOption: true,
        describe: 'http, https, ws, wss, grpc, grpcs, tcp or udp://HOST:PORT/PATH',
      })
      .options({
        ...runFlags,
        ...modelFlags,
        processes: { type: 'string', default: '1', requiresArg: true, describe: 'Load workers' },
        ...requestFlags,
      })
      .example('$0 load http://127.0.0.1:8080/ -c 50 -d 10s', 'fifty connections for ten seconds')
      .example('$0 load http://127.0.0.1:8080/ -R 500 --arrival poisson', 'five hundred arrivals per second')
      .example(
        '$0 load http://127.0.0.1:8080/ -R 100 -s 30s:1000 -s 1m:1000',
        'a ramp of the rate, then a minute of it',
      )
      .example('$0 load http://127.0.0.1:8080/ -c 10 -n 1000', 'a thousand requests')
      .example('$0 load http://127.0.0.1:8080/ -d 1h --failure-budget 5%', 'an hour, unless 5 % fail within 30 s')
      .example('$0 load https://127.0.0.1:8443/ --http2 --cacert ca.pem', 'HTTP/2 over TLS'),
  handler: (flags) => {
    const { 'max-error-rate': maxErrorRate, 'failure-budget': failureBudget } = flags
    const { 'max-in-flight': maxInFlight, 'unix-socket': unixSocket } = flags
    const renamed = { maxErrorRate, failureBudget, maxInFlight, unixSocket }
    const profile = loadProfileOf({ ...flags, ...renamed, env: environment() })
    return measure('load', compileLoadPlan(profile), flags)
  },
}
