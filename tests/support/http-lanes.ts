import { realClock } from '../../harness/kernel/clock.ts'
import { createRng } from '../../harness/kernel/rng.ts'
import { TimerWheel } from '../../harness/kernel/timer-wheel.ts'
import type { Driver, DriverContext, OpenDriver, Prepared } from '../../harness/load/driver.ts'
import type { ProtocolName, Protocols, WorkloadRequest } from '../../harness/workload/workload.ts'
import { TestLane } from './message-lanes.ts'

/** A driver on the real clock that closes itself at the end of its block. */
export interface OpenedDriver<Name extends ProtocolName> extends AsyncDisposable {
  readonly driver: Driver
  readonly wheel: TimerWheel
  readonly counters: Record<string, number>
  lane(): TestLane
  /** Makes a request ready that any answer will do for, but for what a test changes. */
  prepare(message: Protocols[Name]['message'], changes?: RequestChanges<Name>): Prepared
}

type RequestChanges<Name extends ProtocolName> = Partial<Omit<WorkloadRequest<Name>, 'expect'>> & {
  readonly expect?: Partial<WorkloadRequest['expect']>
}

/** Opens a driver towards a port of this machine. */
export async function openDriver<Name extends ProtocolName, Request extends Prepared>(
  open: OpenDriver<Name, Request>,
  connection: Protocols[Name]['connection'],
  port: number,
  changes: Partial<DriverContext<Name>> = {},
): Promise<OpenedDriver<Name>> {
  const wheel = new TimerWheel(realClock)
  const counters: Record<string, number> = {}
  const driver = await open({
    connection,
    host: '127.0.0.1',
    address: '127.0.0.1',
    port,
    timeoutNs: 2e9,
    connections: 1,
    clock: realClock,
    wheel,
    rng: createRng(1),
    counters,
    ...changes,
  })
  return {
    driver: driver as unknown as Driver,
    wheel,
    counters,
    lane: () => new TestLane(driver as unknown as Driver),
    prepare: (message, { expect, ...more } = {}) =>
      driver.prepare({
        name: 'test',
        message,
        expect: { status: null, body: null, checks: [], ...expect },
        extract: [],
        idempotent: false,
        templated: false,
        weight: 1,
        pause: { kind: 'none' },
        ...more,
      }),
    [Symbol.asyncDispose]: async () => {
      driver.close()
      if (wheel.size > 0) throw new Error(`${wheel.size} timers are left`)
    },
  }
}
