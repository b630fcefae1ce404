import { objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs, sizeBytes } from '../kernel/units.ts'
import type { ExpectContext, Expectation, FaultMember } from './fault.ts'
import { datagramLossDelays, lossDelays } from './loss-delays.ts'
import { lossModelSchemas, parseLossModel, type RawLossModel } from './loss-model.ts'
import { lossBounds, type LossModel, lossProcess, lossShare } from './loss-process.ts'
import { type FaultParameter, shareScale } from './parameter.ts'
import { defaultMssBytes } from './segmenter.ts'
import { congestionModels, lossModes, StreamLoss, type StreamLossSettings } from './stream-loss.ts'

/** What is lost, and what that does to a stream. */
export interface LossSettings {
  readonly model: LossModel
  readonly tcp: StreamLossSettings
}

interface RawTcp {
  readonly mode?: StreamLossSettings['mode']
  readonly mss?: string
  readonly rtoMin?: string
  readonly rtoMax?: string
  readonly maxRetries?: number
  readonly congestion?: StreamLossSettings['congestion']
}

/** How often losses begin, by the model: none of the four states, whose chances hang together. */
const parameters: readonly FaultParameter<LossSettings>[] = [
  {
    ...shareScale,
    key: 'probability',
    read: ({ model }) => (model.kind === 'random' ? model.probability || null : null),
    write: (settings, value) =>
      settings.model.kind === 'random' ? { ...settings, model: { ...settings.model, probability: value } } : settings,
  },
  {
    ...shareScale,
    key: 'gilbertElliott.goodToBad',
    read: ({ model }) => (model.kind === 'gilbertElliott' ? model.goodToBad || null : null),
    write: (settings, value) =>
      settings.model.kind === 'gilbertElliott'
        ? { ...settings, model: { ...settings.model, goodToBad: value } }
        : settings,
  },
]

/** Of exchanges that are hit: below this share their median is that of the others. */
const medianMovesFrom = 0.3

/** Up to this loss a client hardly ever waits for one segment as long as its limits allow. */
const harmlessShare = 0.1

function parseTcp({ mss, rtoMin, rtoMax, ...raw }: RawTcp): StreamLossSettings {
  const settings = {
    mode: raw.mode ?? 'retransmit',
    mssBytes: mss === undefined ? defaultMssBytes : sizeBytes(mss),
    rtoMinNs: durationNs(rtoMin ?? '200ms'),
    rtoMaxNs: durationNs(rtoMax ?? '120s'),
    maxRetries: raw.maxRetries ?? 15,
    congestion: raw.congestion ?? 'mathis',
  }
  if (settings.mssBytes === 0) throw new RangeError(`found mss ${JSON.stringify(mss)}, allowed: at least 1 byte`)
  if (settings.rtoMaxNs < settings.rtoMinNs) {
    throw new RangeError(`found rtoMax ${JSON.stringify(rtoMax ?? '120s')}, allowed: at least rtoMin`)
  }
  return settings
}

/**
 * Loss of datagrams is real: they vanish. Of a stream nothing is lost, as TCP loses nothing to its users: they see lateness,
 * and what is behind a lost segment waits for it. What arrives is cut into virtual segments of `mss`, and k, how often a
 * segment is lost in a row, is drawn for each. With R, the round trip that latencies add, and the segments sent behind it:
 * - told of by three that follow, or by any that follows within R: R + R/4 late (fast retransmit, RACK);
 * - else at the tail: 2 R + 200 ms (`rtoMin`) when it is the only one on its way, 2 R + 2 ms if not, at most the timeout (TLP);
 * - for k > 1 the timeout on top, then twice it, and so on, up to `rtoMax` each: max(rtoMin, R + max(4 rttvar, rtoMin));
 * - timers are 3 % late, as Linux' are: without latency the steps are 206, 412 and 824 ms;
 * - after `maxRetries` the connection is reset (Linux: ETIMEDOUT, which a relay cannot cause);
 * - `congestion: mathis` keeps the mean rate at 1.22 mss / (R sqrt(p)) where R > 0: no slow start, no sawtooth.
 * `mode`: `stall` holds the stream for `rtoMin` per loss, whatever follows; `reset` resets the connection at its first loss;
 * `off` counts losses and does nothing. Counts: `loss.segments`, `.lost` (transmissions), `.fastRetransmits`, `.tailProbes`,
 * `.timeouts`, `.exceeded`. Not emulated: lost handshakes (see `handshake`), acknowledgements and FINs, ECN, and senders
 * that learn of loss: their kernel's statistics stay clean.
 */
export const loss: FaultMember<LossSettings> = {
  keyword: 'loss',
  schema: objectSchema(
    {
      ...lossModelSchemas,
      tcp: objectSchema(
        {
          mode: { enum: lossModes, default: 'retransmit', description: 'what a loss does to a stream' },
          mss: quantitySchema('size', 'payload of a segment, default 1448 bytes'),
          rtoMin: quantitySchema('duration', 'least retransmission timeout, default 200 ms'),
          rtoMax: quantitySchema('duration', 'largest one, default 120 s'),
          maxRetries: {
            type: 'integer',
            minimum: 0,
            maximum: 255,
            default: 15,
            description: 'retransmissions of a segment before the connection is reset',
          },
          congestion: { enum: congestionModels, default: 'mathis', description: 'what losses do to the mean rate' },
        },
        { description: 'How a stream bears losses.' },
      ),
    },
    { description: 'Loss: datagrams vanish, bytes of streams are late.' },
  ),
  directional: true,

  parse(raw) {
    const { tcp = {}, ...model } = raw as RawLossModel & { readonly tcp?: RawTcp }
    return { model: parseLossModel(model), tcp: parseTcp(tcp) }
  },

  active: ({ model }) => lossShare(model) > 0,

  parameters,

  stream: ({ model, tcp }, context) => new StreamLoss(model, tcp, context),

  datagram({ model }, context) {
    const { tally } = context
    const lost = lossProcess(model, context)
    return {
      push(datagram, next) {
        tally.eligible++
        if (!lost(datagram.arrivedNs)) {
          next(datagram)
          return
        }
        tally.fired++
        tally.bytes += datagram.bytes.length
      },
    }
  },

  delays: ({ model, tcp }, context) =>
    context.datagrams ? datagramLossDelays(model, context) : lossDelays(model, tcp, context),

  expect(settings, context) {
    const firedShare = lossBounds(settings.model, context.operations)
    if (!context.datagrams) return { ...streamExpectation(settings, context), firedShare }
    return {
      delayMs: { lo: 0, hi: 0 },
      firedShare,
      errorShare: lossShare(settings.model),
      errorClasses: ['lost'],
      undelivered: context.direction === 'uplink' ? 1 : 0,
    }
  },
}

function streamExpectation(
  { model, tcp }: LossSettings,
  { direction, baseline }: ExpectContext,
): Omit<Expectation, 'firedShare'> {
  const share = lossShare(model)
  const { max } = direction === 'uplink' ? baseline.requestBytes : baseline.responseBytes
  const segments = Math.max(1, Math.ceil(max / tcp.mssBytes))
  const hit = 1 - (1 - share) ** segments
  // More than a window's worth has to wait for its acknowledgements.
  const paced = tcp.mode === 'retransmit' && tcp.congestion === 'mathis' && segments > 1.22 / Math.sqrt(share)
  const unmoved = tcp.mode === 'off' || (hit < medianMovesFrom && !paced)
  const resets = tcp.mode === 'reset'
  const harmless = tcp.mode === 'off' || share <= harmlessShare
  return {
    delayMs: unmoved ? { lo: 0, hi: 0 } : null,
    errorShare: harmless && !resets ? 0 : null,
    errorClasses: resets ? ['reset'] : [],
    undelivered: direction === 'downlink' || (harmless && !resets) ? 0 : null,
  }
}
