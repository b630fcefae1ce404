import type { CommandModule } from 'yargs'
import {
  checkDecisionLog,
  parseDnsNames,
  parseEndpoint,
  parseJsonFlag,
  parseJsonOrFile,
  printLine,
  printNote,
  serveRelay,
  type ServedRelay,
} from '../harness/index.ts'
import { outputFlags } from './flags.ts'
import { signalled } from './signals.ts'

interface RelayArguments {
  readonly json: boolean
  readonly quiet: boolean
  readonly listen: string
  readonly upstream: string | undefined
  readonly fault: string | undefined
  readonly preset: string | undefined
  readonly rules: string | undefined
  readonly udp: boolean | undefined
  readonly dns: readonly string[] | undefined
  readonly api: string | undefined
  readonly log: string | undefined
  readonly replay: string | undefined
  readonly seed: number
  readonly 'allow-host': readonly string[] | undefined
}

const faultFlags = {
  fault: { type: 'string', requiresArg: true, describe: 'A fault as in a profile, as JSON' },
  preset: { type: 'string', requiresArg: true, describe: 'Conditions by name, such as 3g; --fault replaces parts' },
  rules: { type: 'string', requiresArg: true, describe: 'Rules as in a profile, as JSON or @FILE' },
  seed: { type: 'number', default: 1, requiresArg: true, describe: 'All chance comes from it' },
  log: { type: 'string', requiresArg: true, conflicts: 'replay', describe: 'Record every decision of chance' },
  replay: { type: 'string', requiresArg: true, describe: 'Decide as this record says; 114 where traffic differs' },
} as const

/** `soakrig relay` */
export const relay: CommandModule<object, RelayArguments> = {
  command: 'relay',
  describe: 'Run the fault relay by itself until it is told to end; its counters are printed then',
  builder: (yargs) =>
    yargs
      .options({
        ...outputFlags,
        listen: { type: 'string', default: '127.0.0.1:0', requiresArg: true, describe: 'HOST:PORT, port 0 for any' },
        upstream: { type: 'string', requiresArg: true, describe: 'HOST:PORT of the service' },
        udp: { type: 'boolean', conflicts: ['dns', 'api'], describe: 'Relay datagrams' },
        dns: {
          type: 'string',
          array: true,
          nargs: 1,
          requiresArg: true,
          conflicts: 'api',
          describe: 'Be a resolver that answers these NAME=ADDRESS, and asks --upstream for others',
        },
        ...faultFlags,
        api: { type: 'string', requiresArg: true, describe: "HOST:PORT for Toxiproxy's HTTP API" },
        'allow-host': { type: 'string', array: true, requiresArg: true, describe: 'A host besides this machine' },
      })
      .example(
        `$0 relay --listen 127.0.0.1:9000 --upstream 127.0.0.1:8080 --fault '{"latency":{"delay":"40ms"}}'`,
        'forty milliseconds on every answer',
      )
      .example('$0 relay --upstream 127.0.0.1:8080 --preset 3g', 'a mobile network')
      .example('$0 relay --api 127.0.0.1:8474', 'proxies and toxics as clients of Toxiproxy ask for them'),
  async handler(flags) {
    const { json, quiet, fault, preset, rules, upstream, api, dns, udp } = flags
    await using served = await serveRelay({
      transport: dns === undefined ? (udp === true ? 'udp' : 'tcp') : 'dns',
      listen: parseEndpoint('--listen', flags.listen),
      upstream: upstream === undefined ? undefined : parseEndpoint('--upstream', upstream),
      names: parseDnsNames(dns ?? []),
      fault: fault === undefined ? undefined : parseJsonFlag('--fault', fault),
      preset,
      rules: rules === undefined ? undefined : parseJsonOrFile('--rules', rules),
      api: api === undefined ? undefined : parseEndpoint('--api', api),
      log: logOf(flags),
      seed: flags.seed,
      allowedHosts: flags['allow-host'] ?? [],
    })
    // Heard from the moment that it says it listens.
    const ended = signalled()
    if (!quiet) printNote(`${whatIsServed(served, flags)}; end it with Ctrl-C`)
    await ended
    const { counters, log } = await served.close()
    printLine(JSON.stringify(counters, null, json ? 0 : 2))
    if (log && !quiet)
      printNote(`${log.decisions} decisions ${log.mode === 'record' ? 'recorded in' : 'replayed from'} ${log.file}`)
    checkDecisionLog(log)
  },
}

function logOf({ log, replay }: RelayArguments): { file: string; mode: 'record' | 'replay' } | null {
  if (log !== undefined) return { file: log, mode: 'record' }
  return replay === undefined ? null : { file: replay, mode: 'replay' }
}

function whatIsServed({ address, api }: ServedRelay, { upstream, dns }: RelayArguments): string {
  const at = address && `${address.host}:${address.port}`
  const relaying = at && (dns === undefined ? `relaying ${at} to ${upstream}` : `resolving at ${at}`)
  const apiAt = api && `Toxiproxy's API at http://${api.host}:${api.port}`
  return [relaying, apiAt].filter(Boolean).join(', ')
}
