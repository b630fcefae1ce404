import { objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs, nsPerMs, nsPerSecond, shareOf } from '../kernel/units.ts'
import type { FaultMember } from './fault.ts'
import { delayScale, parameter, shareScale } from './parameter.ts'
import { lateShare } from './uniform-delay.ts'

/** How long a connection takes to be made, and how often its SYN is lost. */
export interface HandshakeSettings {
  /** One round trip. */
  readonly delayNs: number
  readonly jitterNs: number
  /** Share of SYNs that are lost, or whose answer is. */
  readonly loss: number
}

interface RawHandshake {
  readonly delay?: string
  readonly jitter?: string
  readonly loss?: string | number
}

/** Linux sends a SYN once and six times more (tcp_syn_retries), 1 s, 3 s, 7 s … after the first, and gives up after 127 s. */
export const synTries = 7

/** How late a connection is of which so many SYNs were lost one after the other; with all of them, when it is given up. */
export function synDelayNs(lost: number): number {
  return (2 ** lost - 1) * nsPerSecond
}

/**
 * Makes connections of our own clients take longer, before they are dialled: the kernel makes those over loopback at once,
 * whatever a relay does behind it. `delay` is the one round trip of TCP's handshake; those of TLS are not in it, `latency`
 * delays them. Of k lost SYNs it is 2^k - 1 s later, and with 7 the connection fails with ETIMEDOUT after 127 s. Clients
 * that are not soakrig's own, UDP and unix sockets are not hit. The kernel sees none of it.
 */
export const handshake: FaultMember<HandshakeSettings> = {
  keyword: 'handshake',
  schema: objectSchema(
    {
      delay: quantitySchema('duration', 'how much longer a connection takes to be made: one round trip'),
      jitter: quantitySchema('duration', 'uniform in [-jitter, +jitter] around the delay, the sum never below 0'),
      loss: quantitySchema('share', 'share of SYNs that are lost, or whose answer is'),
    },
    { description: 'Connections that are slow to be made.' },
  ),
  directional: false,
  elsewhere: 'dialer',

  parse(raw) {
    const { delay = '0ms', jitter = '0ms', loss = 0 } = raw as RawHandshake
    return { delayNs: durationNs(delay), jitterNs: durationNs(jitter), loss: shareOf(loss) }
  },

  active: ({ delayNs, jitterNs, loss }) => delayNs > 0 || jitterNs > 0 || loss > 0,

  parameters: [parameter('delay', 'delayNs', delayScale), parameter('loss', 'loss', shareScale)],

  // Who keeps a connection makes it once, so that nothing can be said of the median over all exchanges.
  expect({ delayNs, jitterNs, loss }) {
    const fired = 1 - (1 - loss) * (1 - lateShare(delayNs, jitterNs))
    return {
      delayMs: null,
      firedShare: { lo: fired, hi: fired },
      errorShare: loss === 0 ? 0 : null,
      errorClasses: [],
      connectDelayMs: Math.max(0, delayNs - jitterNs) / nsPerMs,
      undelivered: 0,
    }
  },
}
