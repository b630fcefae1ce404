/**
 * Conditions of well-known paths, as data. Sources differ in what they call a delay: WebPageTest and Lighthouse say the
 * round trip, ATC and Apple's Network Link Conditioner one way, Comcast one value for what leaves a machine. Here a delay is
 * one-way, per direction; where a source gives one value for both it is the round trip, and half of it goes each way.
 * A loss is of the packets of each direction.
 */
export interface Preset {
  /** A `fault` object as a profile holds it, without a preset. */
  readonly fault: Readonly<Record<string, unknown>>
  /** A `schedule` as a profile holds it. */
  readonly schedule?: Readonly<Record<string, unknown>>
  /** What both directions together add to a round trip, in ms, without jitter and loss; null where delay is not what it is about. */
  readonly roundTripMs: number | null
  /** Where its numbers come from; `ours` where nobody has published any. */
  readonly source: string
}

/** A line: rates in kbit/s, one-way delays in ms, and loss as `loss` has it. */
interface Line {
  readonly down?: number | undefined
  readonly up?: number | undefined
  readonly downMs: number
  readonly upMs: number
  readonly jitterMs?: number
  readonly correlation?: string
  readonly loss?: Readonly<Record<string, unknown>> | undefined
  readonly source: string
}

function line({ down, up, downMs, upMs, jitterMs, correlation, loss, source }: Line): Preset {
  const side = (kbps: number | undefined, delayMs: number): Record<string, unknown> => ({
    ...(kbps !== undefined && { rate: `${kbps}kbps` }),
    latency: {
      delay: `${delayMs}ms`,
      ...(jitterMs !== undefined && { jitter: `${jitterMs}ms` }),
      ...(correlation !== undefined && { correlation }),
    },
    ...(loss && { loss }),
  })
  return { fault: { uplink: side(up, upMs), downlink: side(down, downMs) }, roundTripMs: upMs + downMs, source }
}

/** A line of which the round trip is known: half of it each way. */
const roundTrip = (
  down: number | undefined,
  up: number | undefined,
  ms: number,
  source: string,
  loss?: Line['loss'],
): Preset => line({ down, up, downMs: ms / 2, upMs: ms / 2, source, loss })

const percent = (share: string): Line['loss'] => ({ probability: share })

const table = {
  gprs: roundTrip(50, 50, 500, 'Comcast', percent('2%')),
  '2g': roundTrip(35, 32, 1300, 'WebPageTest 2G (ATC 2G urban: 650 ms each way)'),
  edge: roundTrip(240, 200, 840, 'WebPageTest Edge'),
  '3g': roundTrip(1600, 768, 300, 'WebPageTest 3G'),
  '3g-fast': roundTrip(1600, 768, 150, 'WebPageTest 3GFast; Lighthouse and DevTools "Slow 4G" is much the same'),
  '3g-slow': roundTrip(780, 330, 200, 'WebPageTest sample, ATC 3G Average, Network Link Conditioner 3G'),
  '3g-good': line({ down: 850, up: 420, downMs: 90, upMs: 100, source: 'ATC 3G Good' }),
  '3g-lossy': line({
    down: 780,
    up: 330,
    downMs: 100,
    upMs: 100,
    loss: percent('1%'),
    source: 'Network Link Conditioner 3G, Lossy Network',
  }),
  '4g': roundTrip(9000, 9000, 170, 'WebPageTest 4G, later sample'),
  lte: roundTrip(12_000, 12_000, 70, 'WebPageTest LTE, later sample'),
  'dial-up': roundTrip(49, 30, 120, 'WebPageTest 56K'),
  dsl: roundTrip(1500, 384, 50, 'WebPageTest DSL'),
  cable: roundTrip(5000, 1000, 28, 'WebPageTest Cable'),
  fios: roundTrip(20_000, 5000, 4, 'WebPageTest FIOS'),
  'wifi-good': roundTrip(30_000, 30_000, 40, 'Comcast', percent('0.2%')),
  'lossy-wifi': line({
    down: 30_000,
    up: 15_000,
    downMs: 10,
    upMs: 10,
    jitterMs: 15,
    correlation: '25%',
    loss: { gilbertElliott: { goodToBad: '1%', badToGood: '20%', lossBad: '30%' } },
    source: 'ours: no figures are published; 1.4 % of packets are lost, in bursts',
  }),
  'very-bad': line({
    down: 1000,
    up: 1000,
    downMs: 500,
    upMs: 500,
    loss: percent('10%'),
    source: 'Network Link Conditioner "Very Bad Network", as it is remembered: second-hand sources disagree',
  }),
  'high-latency-dns': {
    fault: { dns: { delay: '3000ms' } },
    roundTripMs: null,
    source: 'Network Link Conditioner "High Latency DNS", as it is remembered',
  },
  '100-loss': {
    fault: { uplink: { loss: percent('100%') }, downlink: { loss: percent('100%') } },
    roundTripMs: null,
    source: 'Network Link Conditioner "100% Loss"',
  },
  'satellite-geo': line({
    down: 25_000,
    up: 3000,
    downMs: 300,
    upMs: 300,
    jitterMs: 30,
    loss: percent('0.5%'),
    source: 'common practice: about 600 ms of round trip and 0.1 to 1 % of loss',
  }),
  'satellite-leo': roundTrip(100_000, 15_000, 20, 'Comcast Starlink; its rates are ours', percent('2.5%')),
  offline: { fault: { partition: true }, roundTripMs: null, source: 'DevTools Offline' },
  lan: roundTrip(undefined, undefined, 0.25, 'ours'),
  'same-region': roundTrip(undefined, undefined, 1, 'ours'),
  'cross-region': roundTrip(undefined, undefined, 70, 'ours'),
  transpacific: roundTrip(undefined, undefined, 150, 'ours'),
  brownout: {
    fault: { latency: { delay: '2s' } },
    schedule: { ramp: '60s' },
    roundTripMs: 2000,
    source: 'ours: ever slower, up to 2 s after a minute',
  },
  flap: {
    fault: { partition: true },
    schedule: { flapping: { on: '2s', off: '10s' } },
    roundTripMs: null,
    source: 'ours: 2 s down, 10 s up',
  },
  partition: { fault: { partition: true }, roundTripMs: null, source: 'ours' },
  'gc-pause': {
    fault: { partition: true },
    schedule: { spike: { every: '30s', duration: '2s' } },
    roundTripMs: null,
    source: 'ours: nothing passes for 2 s of every 30 s, then all that was held',
  },
} as const satisfies Readonly<Record<string, Preset>>

/** The names of all presets, in order. */
export const presetNames: readonly string[] = Object.keys(table)

/** A preset by name; undefined where there is none of that name. */
export function presetOf(name: string): Preset | undefined {
  return Object.hasOwn(table, name) ? table[name as keyof typeof table] : undefined
}
