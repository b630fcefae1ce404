import type { LoadRequest, SliceTask } from '../../harness/load/protocol.ts'

/** A GET that must be answered 200 `hi`, but for what a test changes. */
export function requestOf(changes: Partial<LoadRequest> = {}): LoadRequest {
  return {
    name: 'hi',
    method: 'GET',
    path: '/hi',
    weight: 1,
    headers: {},
    body: '',
    expect: { status: 200, body: 'hi' },
    idempotent: true,
    ...changes,
  }
}

/** A short slice of two closed loops, but for what a test changes. */
export function taskOf(port: number, startAtNs: number, changes: Partial<SliceTask> = {}): SliceTask {
  return {
    arm: 'test',
    slice: 0,
    host: '127.0.0.1',
    port,
    requests: [requestOf()],
    timeoutNs: 1e9,
    client: [],
    workers: 2,
    connections: 2,
    startAtNs,
    discardNs: 20e6,
    measureNs: 150e6,
    drainNs: 200e6,
    windowNs: 50e6,
    ...changes,
  }
}
