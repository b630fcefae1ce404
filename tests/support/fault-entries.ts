import { Toxiproxy } from 'toxiproxy-node-client'
import type { ArmReading } from '../../harness/faults/relay/protocol.ts'
import { realClock } from '../../harness/kernel/clock.ts'
import { compilePlan } from '../../harness/plan/plan.ts'
import { parseProfile } from '../../harness/profile/parse.ts'
import { dialledHost, relayArmsOf } from '../../harness/run/relay-arms.ts'
import { startRelay } from '../../harness/run/relay.ts'
import type { EntryRow } from './fault-entry-rows.ts'
import { startSoakrig } from './soakrig.ts'

/** Paths to the target, one for each row, through one entry. */
export interface OpenEntry extends AsyncDisposable {
  portOf(row: EntryRow): number
  /** Ends it, and gives what it counted by row. */
  end(): Promise<(row: EntryRow) => ArmReading>
}

/** A way in which users ask for faults. */
export interface FaultEntry {
  readonly name: string
  /** How many rows one opening takes. */
  readonly rowsAtOnce: number
  /** Whether it has a name for what the row asks for. */
  knows(row: EntryRow): boolean
  open(rows: readonly EntryRow[], targetPort: number, seed: number): Promise<OpenEntry>
}

/** The real command `soakrig relay` as it runs. */
export interface RelayCommand extends AsyncDisposable {
  readonly port: number
  /** Where its API is. */
  readonly api: string
  /** Tells it to end, and gives the counters that it printed. Rejects where it did not end well. */
  end(): Promise<unknown>
}

/** Starts `soakrig relay` with some flags; resolves when it listens. */
export async function startRelayCommand(...flags: readonly string[]): Promise<RelayCommand> {
  const run = startSoakrig(['relay', '--json', ...flags])
  let said = ''
  await new Promise<void>((resolve, reject) => {
    run.stderr.on('data', (text: Buffer) => {
      said += text.toString()
      if (said.includes('Ctrl-C')) resolve()
    })
    run.nodeChildProcess.once('exit', () => reject(new Error(`it ended: ${said}`)))
  })
  return {
    port: Number(/(?:relaying|resolving at) 127\.0\.0\.1:(\d+)/u.exec(said)?.[1]),
    api: /API at (http:\S+);/u.exec(said)?.[1] ?? '',
    async end() {
      run.kill('SIGTERM')
      const { exitCode, stdout, stderr } = await run
      if (exitCode !== 0) throw new Error(`it ended with ${exitCode}: ${stderr}`)
      return JSON.parse(stdout) as unknown
    },
    async [Symbol.asyncDispose]() {
      run.kill('SIGKILL')
      await run
    },
  }
}

const host = '127.0.0.1'

/** A policy each of one profile, in the relay as a run opens it. */
const profileEntry: FaultEntry = {
  name: 'a profile',
  rowsAtOnce: Number.POSITIVE_INFINITY,
  // It refuses a rule that nothing on its way could match.
  knows: ({ name }) => name !== 'not-matched',
  async open(rows, targetPort, seed) {
    const document = {
      name: 'entries',
      seed,
      target: { url: `http://${host}:${targetPort}` },
      workload: { protocol: 'tcp', requests: [{ send: 'x' }] },
      policies: Object.fromEntries(rows.map(({ name, rule }) => [name, rule])),
      modes: { smoke: { budget: '100h' } },
    }
    const profile = parseProfile(document, { mode: 'smoke', flags: {}, env: {} })
    const arms = compilePlan(profile, { baseline: true, policies: true, stress: false }).lives.flatMap((life) =>
      life.arms.filter(({ phaseKind }) => phaseKind === 'policy'),
    )
    const target = dialledHost({ host, port: targetPort }, host)
    const relay = await startRelay({
      arms: relayArmsOf(arms, target, 'tcp', ({ rules }) => rules),
      seed,
      allowedHosts: [],
      clock: realClock,
      runId: 'entries',
      onProcess: () => {},
    })
    const idOf = (row: EntryRow): string => arms.find(({ policy }) => policy === row.name)!.id
    for (const { id } of arms) await relay.setSlice(id, 0, realClock.nowNs())
    return {
      portOf: (row) => relay.ports[idOf(row)]!,
      async end() {
        const { arms: readings } = await relay.read()
        await relay[Symbol.asyncDispose]()
        return (row) => readings[idOf(row)]!
      },
      [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
    }
  },
}

/** The flags of one `soakrig relay`: a fault by itself where that says all, else a rule. */
function flagsOf({ fault, ...conditions }: EntryRow['rule']): string[] {
  if (Object.keys(conditions).length === 0) return ['--fault', JSON.stringify(fault)]
  return ['--rules', JSON.stringify([{ fault, ...conditions }])]
}

const commandEntry: FaultEntry = {
  name: 'the command',
  rowsAtOnce: 1,
  knows: () => true,
  async open([row], targetPort, seed) {
    const flags = ['--upstream', `${host}:${targetPort}`, '--seed', String(seed), ...flagsOf(row!.rule)]
    const command = await startRelayCommand(...flags)
    return {
      portOf: () => command.port,
      async end() {
        const reading = (await command.end()) as ArmReading
        return () => reading
      },
      [Symbol.asyncDispose]: () => command[Symbol.asyncDispose](),
    }
  },
}

/** A proxy each behind one API, made and given its toxics by a client of Toxiproxy. */
const toxiproxyEntry: FaultEntry = {
  name: "Toxiproxy's API",
  rowsAtOnce: Number.POSITIVE_INFINITY,
  knows: ({ toxics }) => toxics !== undefined,
  async open(rows, targetPort, seed) {
    const command = await startRelayCommand('--api', `${host}:0`, '--seed', String(seed))
    try {
      const client = new Toxiproxy(command.api)
      const ports = new Map<string, number>()
      for (const { name, toxics = [] } of rows) {
        const proxy = await client.createProxy({ name, listen: `${host}:0`, upstream: `${host}:${targetPort}` })
        for (const toxic of toxics) await proxy.addToxic(toxic as never)
        ports.set(name, Number(proxy.listen.split(':')[1]))
      }
      return {
        portOf: ({ name }) => ports.get(name)!,
        async end() {
          const readings = (await command.end()) as Record<string, ArmReading>
          return ({ name }) => readings[name]!
        },
        [Symbol.asyncDispose]: () => command[Symbol.asyncDispose](),
      }
    } catch (error) {
      await command[Symbol.asyncDispose]()
      throw error
    }
  },
}

/** Every entry but the library's own, of which tests/contract tells. */
export const faultEntries: readonly FaultEntry[] = [profileEntry, commandEntry, toxiproxyEntry]
