import type { AttemptListener, DriverContext, Lane, OpenDriver, Prepared } from '../../harness/load/driver.ts'
import type { PreparedMessage } from '../../harness/load/messages/request.ts'
import { realClock } from '../../harness/kernel/clock.ts'
import { createRng } from '../../harness/kernel/rng.ts'
import { TimerWheel } from '../../harness/kernel/timer-wheel.ts'
import type { ErrorClass, Outcome } from '../../harness/resilience/outcome.ts'
import type { Expected } from '../../harness/workload/expect.ts'
import type { TcpMessage } from '../../harness/workload/protocols/tcp.ts'
import type { WorkloadRequest } from '../../harness/workload/workload.ts'

/** How an attempt ended, with what could be seen of it then. */
export interface Ended {
  readonly error: ErrorClass | null
  readonly status: number
  readonly detail: string | null
  readonly sent: number
  readonly received: number
  readonly body: string
}

/** Carries attempts one after the other and remembers everything that it is told. */
export class TestLane implements AttemptListener {
  readonly events: string[] = []
  readonly lane: Lane
  readonly ended: Ended[] = []
  /** Called within `attemptEnded`. */
  next: (() => void) | null = null
  #resolve: ((ended: Ended) => void) | null = null

  constructor(driver: { lane(listener: AttemptListener): Lane }) {
    this.lane = driver.lane(this)
  }

  /** Starts an attempt; resolves when it has ended. */
  run(request: Prepared): Promise<Ended> {
    const { promise, resolve } = Promise.withResolvers<Ended>()
    this.#resolve = resolve
    this.start(request)
    return promise
  }

  start(request: Prepared): void {
    const before = this.events.length
    this.lane.start(request, realClock.nowNs())
    if (this.events.length > before) throw new Error(`told within start: ${this.events.slice(before).join()}`)
  }

  granted(): void {
    this.events.push('granted')
  }

  connected(): void {
    this.events.push('connected')
  }

  firstByte(): void {
    this.events.push('firstByte')
  }

  resent(): void {
    this.events.push('resent')
  }

  attemptEnded({ ok, error, status }: Outcome, _: number, detail: string | null): void {
    this.events.push(ok ? 'ok' : `${error}`)
    const { sentBytes: sent, receivedBytes: received, reply } = this.lane
    const ended = { error, status, detail, sent, received, body: Buffer.from(reply.body()).toString('latin1') }
    this.ended.push(ended)
    const { next } = this
    this.next = null
    next?.()
    this.#resolve?.(ended)
  }
}

type MessageName = 'tcp' | 'websocket'

/** A driver on the real clock that closes itself at the end of its block. */
export interface TestDriver extends AsyncDisposable {
  readonly counters: Record<string, number>
  lane(): TestLane
  /** Makes a message ready that any one answer will do for, but for what a test changes. */
  prepare(
    message: string | Partial<TcpMessage>,
    expect?: Partial<Expected>,
    more?: Partial<Pick<WorkloadRequest, 'extract' | 'idempotent'>>,
  ): PreparedMessage
}

/** Opens a driver of messages with one connection to a port of this machine, but for what a test changes. */
export async function openMessages<Name extends MessageName>(
  open: OpenDriver<Name, PreparedMessage>,
  own: Pick<DriverContext<Name>, 'connection' | 'port'> & Partial<DriverContext<Name>>,
): Promise<TestDriver> {
  const wheel = new TimerWheel(realClock)
  const counters: Record<string, number> = {}
  const driver = await open({
    host: '127.0.0.1',
    address: '127.0.0.1',
    timeoutNs: 2e9,
    connections: 1,
    clock: realClock,
    wheel,
    rng: createRng(1),
    counters,
    ...own,
  })
  return {
    counters,
    lane: () => new TestLane(driver),
    prepare: (message, expect = {}, more = {}) => {
      const changes = typeof message === 'string' ? { send: message } : message
      return driver.prepare({
        name: 'test',
        message: { send: '', encoding: 'text', replies: 1, ...changes },
        expect: { status: null, body: null, checks: [], ...expect },
        extract: [],
        idempotent: false,
        templated: false,
        weight: 1,
        pause: { kind: 'none' },
        ...more,
      })
    },
    [Symbol.asyncDispose]: async () => {
      driver.close()
      if (wheel.size > 0) throw new Error(`${wheel.size} timers are left`)
    },
  }
}
