import type { SliceTask } from '../../harness/load/protocol.ts'
import { loops } from '../../harness/plan/models.ts'
import type { ClosedModel } from '../../harness/workload/model.ts'
import type { HttpConnection, HttpMessage } from '../../harness/workload/protocols/http.ts'
import type { Workload, WorkloadRequest } from '../../harness/workload/workload.ts'

/** HTTP/1.1 in clear, kept alive. */
export const plainHttp: HttpConnection = {
  version: '1.1',
  tls: null,
  socketPath: null,
  pipelining: 1,
  streams: 100,
  keepAlive: true,
  cookies: false,
}

/** A GET that must be answered 200 `hi`, but for what a test changes. */
export function requestOf({
  message = {},
  ...changes
}: Partial<Omit<WorkloadRequest<'http'>, 'message'>> & {
  readonly message?: Partial<HttpMessage>
} = {}): WorkloadRequest<'http'> {
  return {
    name: 'hi',
    message: { method: 'GET', path: '/hi', headers: {}, body: { kind: 'text', text: '' }, ...message },
    expect: { status: 200, body: 'hi', checks: [] },
    extract: [],
    idempotent: true,
    templated: false,
    weight: 1,
    pause: { kind: 'none' },
    ...changes,
  }
}

/** A workload of requests, each a scenario of its own, but for what a test changes. */
export function workloadOf(
  requests: readonly WorkloadRequest<'http'>[] = [requestOf()],
  changes: Partial<Workload<'http'>> = {},
): Workload<'http'> {
  return {
    protocol: 'http',
    connection: plainHttp,
    timeoutNs: 1e9,
    requests,
    scenarios: requests.map(({ name, weight }, index) => ({ name, weight, steps: [index] })),
    variables: {},
    feeds: [],
    script: null,
    ...changes,
  }
}

/** A slice of so many iterations, all of them measured, however long the machine takes for them. */
export function counted(workers: number, iterations: number): Pick<SliceTask, 'load' | 'discardNs' | 'measureNs'> {
  const load: ClosedModel = { ...loops(workers), iterations }
  return { load, discardNs: 0, measureNs: 10e9 }
}

/** A short slice of two closed loops, but for what a test changes. */
export function taskOf(port: number, startAtNs: number, changes: Partial<SliceTask> = {}): SliceTask {
  return {
    arm: 'test',
    workload: 'test',
    slice: 0,
    life: 0,
    host: '127.0.0.1',
    port,
    load: loops(2),
    dialer: null,
    client: [],
    others: [],
    startAtNs,
    discardNs: 20e6,
    measureNs: 150e6,
    drainNs: 200e6,
    windowNs: 50e6,
    ...changes,
  }
}
