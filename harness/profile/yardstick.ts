import { parseTarget, type TargetSettings } from '../target/settings.ts'
import type { LoadModel } from '../workload/model.ts'
import type { Workload } from '../workload/workload.ts'
import type { Load } from './load.ts'

/** A server that is the same in every run, and what it is asked. */
export interface Yardstick {
  /** Two results of one name were measured with the same yardstick. */
  readonly name: string
  readonly target: TargetSettings
  readonly workload: Workload
}

const hi: Workload<'http'> = {
  protocol: 'http',
  connection: {
    version: '1.1',
    tls: null,
    socketPath: null,
    pipelining: 1,
    streams: 100,
    keepAlive: true,
    cookies: false,
  },
  timeoutNs: 5e9,
  requests: [
    {
      name: 'hi',
      message: { method: 'GET', path: '/echo/hi', headers: {}, body: { kind: 'text', text: '' } },
      expect: { status: 200, body: 'hi', checks: [] },
      extract: [],
      idempotent: true,
      templated: false,
      weight: 1,
      pause: { kind: 'none' },
    },
  ],
  scenarios: [{ name: 'hi', weight: 1, steps: [0] }],
  variables: {},
  feeds: [],
  script: null,
}

/**
 * soakrig's own HTTP server, which does nothing but answer, whatever protocol the target speaks. The speed of a target beside
 * it can be held to that of other nights, on a machine that is not the same every night. Whatever makes either side of it
 * faster or slower, in the server or in what is sent here, is another yardstick: its number goes up.
 */
export const yardstick: Yardstick = {
  name: 'yardstick@1',
  target: parseTarget({ builtin: 'http' }),
  // All that is asked of it is of one protocol.
  workload: hi as unknown as Workload,
}

/**
 * The largest share of its throughput at which its latency is measured: the rest is the load generator's own room, since in
 * closed loops a server that does nothing is waited for less than that is.
 */
const mostShare = 0.3

/** A load as the yardstick is given it: that of the target, with a rate that leaves room where it is a share. */
export function yardstickLoad<Loads extends Pick<Load, 'throughput' | 'latency'>>(load: Loads): Loads {
  return { ...load, latency: load.latency && withRoom(load.latency) }
}

function withRoom(model: LoadModel): LoadModel {
  if (model.model === 'closed' || model.rate.kind === 'absolute') return model
  return { ...model, rate: { ...model.rate, share: Math.min(mostShare, model.rate.share) } }
}
