import type { Dialer } from '../faults/dialer.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Rng } from '../kernel/rng.ts'
import type { TimerWheel } from '../kernel/timer-wheel.ts'
import type { Client } from '../resilience/client.ts'
import { attemptsAtOnce } from '../resilience/settings.ts'
import { mostSockets } from '../plan/models.ts'
import { dealtTo } from '../plan/pacer/shard.ts'
import type { ProtocolName, Protocols } from '../workload/workload.ts'
import type { DriverContext } from './driver.ts'
import type { Shard, SliceTask, WindowDelta } from './protocol.ts'
import type { SliceRecorder } from './recorder.ts'
import type { CreateUser } from './user.ts'

/** Another target than that of the slice, which attempts may go to. */
export interface OtherTarget {
  readonly name: string
  readonly host: string
  readonly address: string
  readonly port: number
}

/** What the users of one slice are made with. */
export interface CrewOptions {
  readonly task: SliceTask
  readonly address: string
  /** Absent where there are none. */
  readonly others?: readonly OtherTarget[]
  /** Absent where nothing is to happen before connections are dialled. */
  readonly dialer?: Dialer | undefined
  readonly shard: Shard
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly rng: Rng
  readonly emit: (window: WindowDelta) => void
  readonly client: Client
  readonly protocolCounters: Record<string, number>
}

/** The users of one slice, with the connections and the counts that they share. */
export interface Crew {
  readonly recorder: SliceRecorder
  readonly createUser: CreateUser
  /** Closes every connection; no user is at work any more. */
  close(): void
}

/** Makes the crew of a slice; which one follows from the workload. */
export type OpenCrew = (options: CrewOptions) => Promise<Crew>

/** What the drivers of a slice run on; those of another target dial it as it is. */
export function driverContext<Name extends ProtocolName>(
  { task, address, dialer, shard, clock, wheel, rng, client, protocolCounters }: CrewOptions,
  connection: Protocols[Name]['connection'],
  timeoutNs: number,
  other: OtherTarget | null = null,
): DriverContext<Name> {
  const { host, port } = other ?? task
  return {
    connection,
    host,
    address: other?.address ?? address,
    port,
    ...(dialer && !other && { dialer }),
    timeoutNs,
    pooling: client.connections,
    connections: Math.max(1, dealtTo(mostSockets(task.load, attemptsAtOnce(task.client)), shard)),
    clock,
    wheel,
    rng: rng.fork(task.arm, task.slice, 'driver', shard.index, ...(other ? [other.name] : [])),
    counters: protocolCounters,
  }
}
