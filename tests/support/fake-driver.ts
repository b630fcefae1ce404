import type { Clock, Timer } from '../../harness/kernel/clock.ts'
import type { AttemptListener, Driver, Lane, Prepared } from '../../harness/load/driver.ts'
import { failure, type Outcome, success } from '../../harness/resilience/outcome.ts'
import type { Reply } from '../../harness/workload/reply.ts'
import type { WorkloadRequest } from '../../harness/workload/workload.ts'

/** What a fake target does with one attempt. */
export interface FakeAnswer {
  readonly afterNs: number
  readonly outcome?: Outcome
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

interface FakeRequest extends Prepared {
  readonly request: WorkloadRequest
}

/** A driver whose target is a function, on any clock. */
export interface FakeDriver extends Driver {
  /** When each attempt was sent, and what; in order. */
  readonly sent: { readonly atNs: number; readonly request: WorkloadRequest }[]
  inFlight: number
  mostInFlight: number
  closed: boolean
}

/** Makes a driver that answers as `answer` says; never for null. */
export function fakeDriver(
  clock: Clock,
  answer: (request: WorkloadRequest, nth: number) => FakeAnswer | null = () => ({ afterNs: 1e6 }),
): FakeDriver {
  const driver: FakeDriver = {
    sent: [],
    inFlight: 0,
    mostInFlight: 0,
    closed: false,
    prepare: (request): FakeRequest => ({ idempotent: request.idempotent, request }),
    lane: (listener) => laneOf(driver, clock, answer, listener),
    close() {
      driver.closed = true
    },
  }
  return driver
}

function laneOf(
  driver: FakeDriver,
  clock: Clock,
  answer: (request: WorkloadRequest, nth: number) => FakeAnswer | null,
  listener: AttemptListener,
): Lane {
  let timer: Timer | undefined
  let current: FakeAnswer | null = null
  const reply: Reply = {
    status: 200,
    sizeBytes: 20,
    header: (name) => current?.headers?.[name] ?? null,
    headerNames: () => Object.keys(current?.headers ?? {}),
    body: () => new TextEncoder().encode(current?.body ?? ''),
  }
  return {
    sentBytes: 10,
    receivedBytes: 20,
    reply,
    start(prepared) {
      const { request } = prepared as FakeRequest
      driver.inFlight++
      driver.mostInFlight = Math.max(driver.mostInFlight, driver.inFlight)
      current = answer(request, driver.sent.push({ atNs: clock.nowNs(), request }) - 1)
      const { afterNs = null, outcome = success } = current ?? {}
      if (afterNs === null) return
      timer = clock.after(afterNs, () => {
        timer = undefined
        driver.inFlight--
        listener.attemptEnded(outcome, clock.nowNs(), outcome.ok ? null : 'as the test wants it')
      })
    },
    cancel() {
      timer?.cancel()
      driver.inFlight--
    },
  }
}

/** An answer that fails by a class. */
export function failing(afterNs: number, error: Parameters<typeof failure>[0] = 'reset'): FakeAnswer {
  return { afterNs, outcome: failure(error) }
}
