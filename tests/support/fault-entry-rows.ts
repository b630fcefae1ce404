import type { RawRule } from '../../harness/faults/rules.ts'
import type { Talk } from './entry-target.ts'

/** A fault as each entry takes it, and what is seen of it. */
export interface EntryRow {
  /** Of the policy, and of the proxy. */
  readonly name: string
  /** What the title of its test says, with the rows that it proves. */
  readonly does: string
  /** Faults that must have fired. */
  readonly fires: readonly string[]
  /** Faults that must have been looked at, and not fired. */
  readonly spares?: readonly string[]
  readonly rule: RawRule
  /** Where Toxiproxy has a name for it. */
  readonly toxics?: readonly Toxic[]
  /** What a conversation comes to; absent: a MiB each way arrives as it was sent. */
  readonly talk?: Talk
}

interface Toxic {
  readonly type: string
  readonly stream: 'upstream' | 'downstream'
  readonly toxicity: number
  readonly attributes: Readonly<Record<string, number>>
}

type Fault = NonNullable<RawRule['fault']>

const both = (fault: Fault): RawRule => ({ fault: { uplink: fault, downlink: fault } })

const toxic = (type: string, attributes: Toxic['attributes'], toxicity = 1): Toxic => ({
  type,
  attributes,
  toxicity,
  stream: 'downstream',
})

const toxicBoth = (type: string, attributes: Toxic['attributes'], toxicity = 1): readonly Toxic[] => [
  toxic(type, attributes, toxicity),
  { ...toxic(type, attributes, toxicity), stream: 'upstream' },
]

/** On and off, so that what it holds is let go before long. */
const byTurns = { flapping: { on: '30ms', off: '5ms' } }

/** Faults under which not a byte may be lost, repeated or swapped. */
const carrying: readonly EntryRow[] = [
  {
    name: 'latency',
    does: 'is a delay of each way (F20, F21, F27, P6)',
    fires: ['latency'],
    rule: both({ latency: { delay: '3ms', jitter: '2ms' } }),
    toxics: toxicBoth('latency', { latency: 3, jitter: 2 }),
  },
  {
    name: 'rate',
    does: 'is a limit of each way (F25, P4)',
    fires: ['rate'],
    rule: both({ rate: '200mbps' }),
    toxics: toxicBoth('bandwidth', { rate: 25_000 }),
  },
  {
    name: 'loss',
    does: 'of a stream costs time and no bytes (F22, P8)',
    fires: ['loss'],
    rule: both({ loss: { probability: '1%', tcp: { rtoMin: '2ms' } } }),
    toxics: toxicBoth('packet_loss', { loss_rate: 0.003, correlation: 0.1 }),
  },
  {
    name: 'loss-in-bursts',
    does: 'is a chain of two states, with none of its settings missed (F24)',
    fires: ['loss'],
    rule: both({ loss: { gilbertElliott: { goodToBad: '1%', badToGood: '50%' }, tcp: { rtoMin: '2ms' } } }),
  },
  {
    name: 'reorder',
    does: 'of a stream holds and lets go, the last bytes too (F28, P5)',
    fires: ['reorder'],
    rule: both({ reorder: { probability: '20%', window: 3, delay: '3ms' } }),
  },
  {
    name: 'duplicate',
    does: 'of a stream weighs on the link alone (F29)',
    fires: ['duplicate'],
    rule: both({ duplicate: { probability: '50%' } }),
  },
  {
    name: 'slicer',
    does: 'cuts into pieces',
    fires: ['slicer'],
    rule: both({ slicer: { size: '4KiB', variation: '1KiB' } }),
    toxics: toxicBoth('slicer', { average_size: 4096, size_variation: 1024, delay: 10 }),
  },
  {
    name: 'slow-close',
    does: 'keeps ends back',
    fires: ['slowClose'],
    rule: both({ slowClose: { delay: '10ms' } }),
    toxics: toxicBoth('slow_close', { delay: 10 }),
  },
  {
    name: 'mutation-tried',
    does: 'counts and changes nothing (F34)',
    fires: ['mutation'],
    rule: both({ mutation: { type: 'corruptBytes', dryRun: true } }),
  },
  {
    name: 'partition-by-turns',
    does: 'lets go of what it held (F36, P11)',
    fires: ['partition'],
    rule: { fault: { partition: true }, schedule: byTurns },
  },
  {
    name: 'hang-by-turns',
    does: 'lets go of what it held (F26, F36, P7)',
    fires: ['hang'],
    rule: { fault: { hang: { probability: 1 } }, schedule: byTurns },
  },
  {
    name: 'limits-not-reached',
    does: 'leave all as it is',
    fires: [],
    spares: ['limit'],
    rule: both({ limit: { after: '2MiB' } }),
    toxics: toxicBoth('limit_data', { bytes: 2 ** 21 }),
  },
  {
    name: 'not-matched',
    does: 'is left alone by each of its faults (F35)',
    fires: [],
    rule: {
      match: 'tcp://*:1',
      fault: { reset: { probability: 1 }, latency: { delay: '1s' }, rate: '8kbps', limit: { after: '1b' } },
    },
    toxics: [toxic('reset_peer', { timeout: 0 }, 0), toxic('latency', { latency: 1000 }, 0)],
  },
]

/** Faults that end connections, keep them waiting, or change what they carry. */
const acting: readonly EntryRow[] = [
  {
    name: 'refused',
    does: 'refuses connections (F30)',
    fires: ['refused'],
    rule: { fault: { refused: true } },
    talk: { bytes: 0, head: '', how: 'ECONNREFUSED' },
  },
  {
    name: 'connect-timeout',
    does: 'is deaf to handshakes (F26)',
    fires: ['connectTimeout'],
    rule: { fault: { connectTimeout: true } },
    talk: { bytes: 0, head: '', how: 'no connection' },
  },
  {
    name: 'partition',
    does: 'lets nothing pass',
    fires: ['partition'],
    rule: { fault: { partition: true } },
    talk: { bytes: 0, head: '', how: 'silence' },
  },
  {
    name: 'hang',
    does: 'waits its time, and ends then (F26, P7)',
    fires: ['hang'],
    rule: { fault: { hang: { probability: 1, timeout: '20ms' } } },
    toxics: [toxic('timeout', { timeout: 20 })],
    talk: { bytes: 0, head: '', how: 'end' },
  },
  {
    name: 'reset',
    does: 'is a real RST (F30)',
    fires: ['reset'],
    rule: { fault: { reset: { probability: 1 } } },
    toxics: [toxic('reset_peer', { timeout: 0 })],
    talk: { bytes: 0, head: '', how: 'ECONNRESET' },
  },
  {
    name: 'limit',
    does: 'lets exactly so many bytes pass',
    fires: ['limit'],
    rule: { fault: { limit: { after: '1500b' } } },
    toxics: [toxic('limit_data', { bytes: 1500 })],
    talk: { bytes: 1500, head: 'E0', how: 'end' },
  },
  {
    name: 'half-open',
    does: 'is silent after exactly so many bytes of both ways (F31, P2)',
    fires: ['halfOpen'],
    rule: { fault: { halfOpen: { after: '3500b' } } },
    talk: { bytes: 1500, head: 'E0', how: 'silence' },
  },
  {
    name: 'budget',
    does: 'lets exactly so many exchanges pass (F33)',
    fires: ['budget'],
    rule: { fault: { budget: { maxExchanges: 1, action: 'close' } } },
    talk: { bytes: 1000, head: 'E0', how: 'end' },
  },
  {
    name: 'mutation',
    does: 'changes the bytes that it says (F34)',
    fires: ['mutation'],
    rule: { fault: { mutation: { type: 'swapBytes' } } },
    talk: { bytes: 2000, head: '0E', how: 'end' },
  },
]

/** Every fault of streams, of connections and of listeners, quick enough for a MiB each way where it ends nothing. */
export const faultEntryRows: readonly EntryRow[] = [...carrying, ...acting]

/** A fault that chance decides on, once for each connection that asks once. */
export const byChance: EntryRow = {
  name: 'reset-by-share',
  does: 'hits half of the connections',
  fires: ['reset'],
  rule: { fault: { reset: { probability: 1 } }, connections: '50%' },
  toxics: [toxic('reset_peer', { timeout: 0 }, 0.5)],
}
