import { objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs, formatNs, nsPerSecond } from '../kernel/units.ts'
import type { FaultMember } from './fault.ts'
import { killSignals, type KillSignal, stillOnAt } from './target-fault.ts'

/** The target is killed, stays down, and is started again. */
export interface KillSettings {
  /** From when the fault begins to the first kill. */
  readonly afterNs: number
  /** From its death to its start; how long it takes to serve again is its own. */
  readonly downNs: number
  readonly signal: KillSignal
  /** From one kill to the next; null for once. */
  readonly everyNs: number | null
}

interface RawKill {
  readonly after?: string
  readonly down?: string
  readonly signal?: KillSignal
  readonly every?: string
}

/** A target that is started again should serve for some time before the fault is over. */
const startNs = nsPerSecond

const defaults = { after: '0ms', down: '200ms', signal: 'SIGKILL' } as const

/**
 * Ends all processes of the target, leaves it down, and starts it again on the same port; each kill is a planned restart.
 * A kill is counted as fired when none of its processes lived any more. The target comes back as its command makes it:
 * what it held in memory is gone, what it wrote stays. It cannot emulate a machine that dies: the kernel closes the
 * sockets of a dead process at once, so clients see RST and refusals, never silence. A kill that falls due while the
 * target is down is left out.
 */
export const kill: FaultMember<KillSettings> = {
  keyword: 'kill',
  schema: objectSchema(
    {
      after: { ...quantitySchema('duration', 'Time to the first kill'), default: defaults.after },
      down: { ...quantitySchema('duration', 'Time from its death to its start'), default: defaults.down },
      signal: { enum: killSignals, default: defaults.signal, description: 'Signal that ends it' },
      every: quantitySchema('duration', 'Time from one kill to the next; once when absent'),
    },
    { description: 'The target is killed, and started again.' },
  ),
  directional: false,
  elsewhere: 'target',

  parse(raw) {
    const { after, down, signal, every } = { ...defaults, ...(raw as RawKill) }
    const [afterNs, downNs, everyNs] = [durationNs(after), durationNs(down), every ? durationNs(every) : null]
    if (everyNs !== null && everyNs <= downNs) {
      throw new RangeError(`found every ${every}, allowed: more than the ${formatNs(downNs)} it is down`)
    }
    return { afterNs, downNs, signal, everyNs }
  },

  active: () => true,

  // How many requests it costs depends on what they were doing: that it died, each time, is the proof.
  expect: () => ({
    delayMs: null,
    firedShare: { lo: 1, hi: 1 },
    errorShare: null,
    errorClasses: ['refused', 'reset', 'closed'],
    undelivered: null,
  }),

  actsWithinNs: ({ afterNs, downNs }) => afterNs + downNs + startNs,

  async target({ afterNs, downNs, signal, everyNs }, context) {
    const { clock, handle, tally } = context
    let dueNs = clock.nowNs() + afterNs
    while (await stillOnAt(context, dueNs)) {
      tally.eligible++
      if (await handle.kill(signal)) tally.fired++
      await stillOnAt(context, clock.nowNs() + downNs)
      await handle.restart()
      if (everyNs === null) return
      // Times that passed while it was down are left out; the others keep to the schedule.
      dueNs += everyNs * Math.max(1, Math.ceil((clock.nowNs() - dueNs) / everyNs))
    }
  },
}
