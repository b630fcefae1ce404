import type { RawFaults } from './stream-arm.ts'

/** A fault of streams, or several together, in settings for the contract that all of them keep. */
export interface StreamFaultRow {
  readonly name: string
  readonly keywords: readonly string[]
  /** A MiB each way passes quickly, and as it was sent. */
  readonly quick: RawFaults
  /** Bytes wait in the relay for as long as a test takes, until the fault is taken away; absent where none do. */
  readonly slow?: RawFaults
  /** Whether chance decides on an exchange of 1000 bytes each way under `quick`. */
  readonly random: boolean
}

/** The same in both directions. */
const both = (faults: RawFaults): RawFaults => ({ uplink: faults, downlink: faults })

/** `noop` is the relay's path without any. Faults of the listener act before there is a stream, so that theirs is as plain. */
export const streamFaultRows: readonly StreamFaultRow[] = [
  { name: 'noop', keywords: [], quick: {}, random: false },
  {
    name: 'latency',
    keywords: ['latency'],
    quick: both({ latency: { delay: '5ms', jitter: '5ms' } }),
    slow: both({ latency: { delay: '1h', jitter: '1m' } }),
    random: true,
  },
  {
    name: 'latency that is correlated',
    keywords: ['latency'],
    quick: both({ latency: { delay: '3ms', jitter: '1ms', distribution: 'normal', correlation: '50%' } }),
    random: true,
  },
  { name: 'rate', keywords: ['rate'], quick: both({ rate: '200mbps' }), slow: both({ rate: '16kbps' }), random: false },
  {
    name: 'rate of a link',
    keywords: ['rate'],
    quick: both({ rate: { limit: '200mbps', scope: 'link' } }),
    slow: both({ rate: { limit: '16kbps', scope: 'link' } }),
    random: false,
  },
  {
    name: 'loss',
    keywords: ['loss'],
    quick: both({ loss: { probability: '1%', tcp: { rtoMin: '2ms' } } }),
    slow: both({ loss: { probability: 1, tcp: { rtoMin: '1h', rtoMax: '1h', maxRetries: 255 } } }),
    random: true,
  },
  {
    name: 'reorder',
    keywords: ['reorder'],
    quick: both({ reorder: { probability: '20%', window: 3, delay: '3ms' } }),
    slow: both({ reorder: { probability: 1, window: 64, delay: '1h' } }),
    random: true,
  },
  { name: 'duplicate', keywords: ['duplicate'], quick: both({ duplicate: { probability: '50%' } }), random: true },
  {
    name: 'slicer',
    keywords: ['slicer'],
    quick: both({ slicer: { size: '4KiB', variation: '1KiB' } }),
    slow: both({ slicer: { size: '100B', delay: '1h' } }),
    random: true,
  },
  {
    name: 'slowClose',
    keywords: ['slowClose'],
    quick: both({ slowClose: { delay: '10ms' } }),
    random: false,
  },
  {
    name: 'mutation that is only tried',
    keywords: ['mutation'],
    quick: both({ mutation: { type: 'corruptBytes', probability: '50%', dryRun: true } }),
    random: true,
  },
  { name: 'reset', keywords: ['reset'], quick: { reset: { probability: 1e-9 } }, random: true },
  {
    name: 'hang',
    keywords: ['hang'],
    quick: { hang: { probability: 1e-9 } },
    slow: { hang: { probability: 1 } },
    random: true,
  },
  { name: 'partition', keywords: ['partition'], quick: { partition: false }, slow: { partition: true }, random: false },
  { name: 'limit', keywords: ['limit'], quick: both({ limit: { after: '2MiB' } }), random: false },
  {
    name: 'halfOpen',
    keywords: ['halfOpen'],
    quick: { halfOpen: { after: '4MiB' } },
    slow: { halfOpen: { after: '0B' } },
    random: false,
  },
  {
    name: 'budget',
    keywords: ['budget'],
    quick: { budget: { maxUp: '2MiB', maxDown: '2MiB', maxExchanges: 1000, maxDuration: '1h' } },
    slow: { budget: { maxUp: '0B', action: 'drop' } },
    random: false,
  },
  { name: 'refused', keywords: ['refused'], quick: { refused: false }, random: false },
  { name: 'connectTimeout', keywords: ['connectTimeout'], quick: { connectTimeout: false }, random: false },
  {
    name: 'all that delay',
    keywords: ['rate', 'latency', 'reorder', 'loss', 'slicer', 'slowClose'],
    quick: both({
      rate: '200mbps',
      latency: { delay: '2ms', jitter: '2ms' },
      reorder: { probability: '10%', delay: '2ms' },
      loss: { probability: '1%', tcp: { rtoMin: '2ms', congestion: 'none' } },
      slicer: { size: '8KiB' },
      slowClose: { delay: '2ms' },
    }),
    slow: both({ rate: '16kbps', latency: { delay: '1h' } }),
    random: true,
  },
]
