import type { ArmReading, RelayArm, RelayCommand, RelayReading, RelayReply } from '../faults/relay/protocol.ts'
import type { Layer } from '../faults/rule.ts'
import { type Clock } from '../kernel/clock.ts'
import { SoakrigError } from '../kernel/errors.ts'
import { nsPerMs } from '../kernel/units.ts'
import { type Child, type ChildOptions, processEntry, startChild, type Unnumbered } from './child.ts'

/** The relay's process, with the arms of one life of the target. */
export interface RelayHandle extends AsyncDisposable {
  readonly pid: number
  /** The port of each arm. */
  readonly ports: Readonly<Record<string, number>>
  /** Opens one more arm. */
  open(arm: RelayArm): Promise<void>
  /** Closes an arm; what it counted is gone. */
  close(arm: string): Promise<void>
  /** Names the slice whose connections come next; schedules count from `originNs`. */
  setSlice(arm: string, slice: number, originNs: number): Promise<void>
  /** Replaces the layers of an arm while it serves; resolves when they act. */
  setLayers(arm: string, layers: readonly Layer[]): Promise<void>
  /** Reads all counters. */
  read(): Promise<RelayReading>
  /**
   * Reads when an arm holds nothing any more and has no open connection, or when `limitNs` is over; its delays are
   * taken with it.
   */
  readQuiet(arm: string, limitNs: number): Promise<RelayReading>
  /** Ends the process at once; what is asked of it rejects. */
  kill(): void
}

export interface RelayHandleOptions extends Pick<ChildOptions<RelayReply>, 'runId' | 'onProcess'> {
  readonly arms: readonly RelayArm[]
  readonly seed: number
  readonly allowedHosts: readonly string[]
  readonly clock: Clock
}

const pollNs = 2 * nsPerMs

/** Starts the relay's process and opens its arms. */
export async function startRelay(options: RelayHandleOptions): Promise<RelayHandle> {
  const { arms, seed, allowedHosts, clock, runId, onProcess } = options
  const child: Child<Unnumbered<RelayCommand>, RelayReply> = startChild<RelayCommand, RelayReply>({
    entry: processEntry('../faults/relay', import.meta.url),
    role: 'relay',
    runId,
    onProcess,
  })
  const opened = await child
    .ask({ kind: 'open', seed, arms, allowedHosts, log: null })
    .catch(async (error: unknown) => {
      await child[Symbol.asyncDispose]()
      throw error
    })
  let ports = portsOf(opened)
  const read = async (takeDelaysOf: string | null): Promise<RelayReading> => {
    const reply = await child.ask({ kind: 'read', takeDelaysOf })
    return reply.kind === 'reading' ? reply.reading : unexpected(reply)
  }
  return {
    pid: child.pid,
    get ports() {
      return ports
    },
    async open(arm) {
      ports = portsOf(await child.ask({ kind: 'add', arm }))
    },
    async close(arm) {
      await child.ask({ kind: 'drop', arm })
    },
    read: () => read(null),
    async setSlice(arm, slice, originNs) {
      await child.ask({ kind: 'slice', arm, slice, originNs })
    },
    async setLayers(arm, layers) {
      await child.ask({ kind: 'layers', arm, layers })
    },
    async readQuiet(arm, limitNs) {
      const untilNs = clock.nowNs() + limitNs
      for (;;) {
        const { arms: readings } = await read(null)
        if (isQuiet(readings[arm]) || clock.nowNs() > untilNs) return read(arm)
        await clock.sleep(pollNs)
      }
    },
    kill: () => child.kill(),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  }
}

function portsOf(reply: RelayReply): RelayHandle['ports'] {
  return reply.kind === 'opened' ? reply.ports : unexpected(reply)
}

function isQuiet(arm: ArmReading | undefined): boolean {
  return !arm || (arm.open === 0 && arm.heldBytes === 0)
}

function unexpected(reply: RelayReply): never {
  throw new SoakrigError(`the relay answered ${reply.kind}`, { code: 'child-failed', exit: 'bug' })
}
