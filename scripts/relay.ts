import type { CommandModule } from 'yargs'
import { parseEndpoint, parseJsonFlag, printLine, printNote, realClock, serveRelay } from '../harness/index.ts'
import { outputFlags } from './flags.ts'
import { signalled } from './signals.ts'

interface RelayArguments {
  readonly json: boolean
  readonly quiet: boolean
  readonly listen: string
  readonly upstream: string
  readonly fault: string | undefined
  readonly seed: number
  readonly 'allow-host': readonly string[] | undefined
}

/** `soakrig relay` */
export const relay: CommandModule<object, RelayArguments> = {
  command: 'relay',
  describe: 'Run the fault relay by itself until it is told to end; its counters are printed then',
  builder: (yargs) =>
    yargs
      .options({
        ...outputFlags,
        listen: { type: 'string', default: '127.0.0.1:0', requiresArg: true, describe: 'HOST:PORT, port 0 for any' },
        upstream: { type: 'string', demandOption: true, requiresArg: true, describe: 'HOST:PORT of the service' },
        fault: { type: 'string', requiresArg: true, describe: 'A fault as in a profile, as JSON' },
        seed: { type: 'number', default: 1, requiresArg: true, describe: 'All chance comes from it' },
        'allow-host': { type: 'string', array: true, requiresArg: true, describe: 'A host besides this machine' },
      })
      .example(
        `$0 relay --listen 127.0.0.1:9000 --upstream 127.0.0.1:8080 --fault '{"latency":{"delay":"40ms"}}'`,
        'forty milliseconds on every answer',
      ),
  async handler({ json, quiet, listen, upstream, fault, seed, 'allow-host': allowedHosts }) {
    await using served = await serveRelay({
      listen: parseEndpoint('--listen', listen),
      upstream: parseEndpoint('--upstream', upstream),
      fault: fault === undefined ? undefined : parseJsonFlag('--fault', fault),
      seed,
      allowedHosts: allowedHosts ?? [],
      clock: realClock,
    })
    // Heard from the moment that it says it listens.
    const ended = signalled()
    if (!quiet) printNote(`relaying ${served.host}:${served.port} to ${upstream}; end it with Ctrl-C`)
    await ended
    printLine(JSON.stringify(served.read(), null, json ? 0 : 2))
  },
}
