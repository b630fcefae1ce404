import type { Clock } from '../../kernel/clock.ts'
import { SoakrigError } from '../../kernel/errors.ts'
import { createRng } from '../../kernel/rng.ts'
import { TimerWheel } from '../../kernel/timer-wheel.ts'
import { type DecisionLogReport, openDecisionLog } from '../decision-log.ts'
import { openDnsArm } from '../dns/server.ts'
import type { Layer } from '../rule.ts'
import type { ArmReading, DecisionLogSettings, RelayArm } from './protocol.ts'
import { openTcpArm } from './tcp.ts'
import type { ArmContext, OpenArm, Transport } from './transport.ts'
import { openUdpArm } from './udp.ts'

export interface RelayOptions {
  readonly arms: readonly RelayArm[]
  readonly seed: number
  readonly clock: Clock
  readonly allowedHosts: readonly string[]
  /** A log of its decisions that is kept, or replayed; absent or null: none. */
  readonly log?: DecisionLogSettings | null
  /** True where it is not to keep the process alive, of which it is only a part. */
  readonly background?: boolean
}

/** A relay that listens: one port per arm. */
export interface Relay extends AsyncDisposable {
  /** The port of each arm that is open. */
  readonly ports: Readonly<Record<string, number>>
  /** Opens one more arm, and resolves with its port. Errors as of `openRelay`, and `arm-taken` (104). */
  open(arm: RelayArm): Promise<number>
  /** Closes an arm with all its connections, which are reset; what it counted is gone. Nothing happens without one. */
  close(arm: string): Promise<void>
  /** Names the slice whose connections come next; schedules count from `originNs`. */
  setSlice(arm: string, slice: number, originNs: number): void
  /** Replaces the layers of an arm while it serves: from the next bytes on. Rejects with `arm-unknown` (104). */
  setLayers(arm: string, layers: readonly Layer[]): Promise<void>
  /** Counters of all arms; the delays of one arm with them, which then start anew. */
  read(takeDelaysOf: string | null): Record<string, ArmReading>
  /** Ends the log of decisions, and says what became of it; null where none is kept. */
  closeLog(): Promise<DecisionLogReport | null>
}

const transports: Readonly<Record<RelayArm['transport'], Transport>> = {
  tcp: openTcpArm,
  udp: openUdpArm,
  dns: openDnsArm,
}

/**
 * Opens the listeners of all arms. Errors: `port-taken` and `cannot-listen` (106), `host-not-allowed` (104),
 * `host-unknown` (106), and those of `openDecisionLog`.
 */
export async function openRelay(options: RelayOptions): Promise<Relay> {
  const { arms, seed, clock, allowedHosts, log = null, background = false } = options
  const wheel = new TimerWheel(clock)
  const rng = createRng(seed)
  const { decisions, close: closeLog } = await openDecisionLog({ settings: log, seed, clock })
  const opened = new Map<string, OpenArm>()
  /** Names of arms that are on their way. */
  const opening = new Set<string>()

  const open = async (arm: RelayArm): Promise<number> => {
    if (opened.has(arm.arm) || opening.has(arm.arm)) throw armError(arm.arm, 'arm-taken', 'is there already')
    opening.add(arm.arm)
    const context: ArmContext = { rng: rng.fork('relay', arm.arm), clock, wheel, allowedHosts, decisions, background }
    try {
      const made = await transports[arm.transport](arm, context)
      opened.set(arm.arm, made)
      return made.port
    } finally {
      opening.delete(arm.arm)
    }
  }
  const close = async (arm: string): Promise<void> => {
    const closing = opened.get(arm)
    opened.delete(arm)
    await closing?.close()
  }
  const closeAll = async (): Promise<void> => {
    await Promise.all([...opened.keys()].map(close))
    wheel.clear()
    await closeLog()
  }
  try {
    for (const arm of arms) await open(arm)
  } catch (error) {
    await closeAll()
    throw error
  }
  return {
    get ports() {
      return Object.fromEntries([...opened].map(([name, { port }]) => [name, port]))
    },
    open,
    close,
    setSlice: (arm, slice, originNs) => opened.get(arm)?.setSlice(slice, originNs),
    async setLayers(arm, layers) {
      const changing = opened.get(arm)
      if (!changing) throw armError(arm, 'arm-unknown', 'is not there')
      await changing.setLayers(layers)
    },
    read: (takeDelaysOf) =>
      Object.fromEntries([...opened].map(([name, arm]) => [name, arm.read(name === takeDelaysOf)])),
    closeLog,
    [Symbol.asyncDispose]: closeAll,
  }
}

function armError(arm: string, code: string, what: string): SoakrigError {
  return new SoakrigError(`the arm ${arm} ${what}`, { code, exit: 'usage', hint: 'Arms are known by their names.' })
}
