import { objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { durationNs, nsPerMs } from '../kernel/units.ts'
import type { FaultMember } from './fault.ts'
import { delayScale, parameter } from './parameter.ts'
import { stillOnAt, type TargetFaultContext } from './target-fault.ts'

/** The target stands still for a while, again and again. */
export interface PauseSettings {
  /** From the beginning of one pause to that of the next; the first comes after as long. */
  readonly everyNs: number
  readonly forNs: number
}

interface RawPause {
  readonly every: string
  readonly for: string
}

/**
 * Stops all processes of the target (SIGSTOP) and lets them go on (SIGCONT), as a long garbage collection, a snapshot of a
 * virtual machine or a stolen core does. The kernel goes on for it: connections are still accepted into its backlog, and
 * bytes into its buffers. A pause is counted as fired when all its processes were seen to be stopped; it is lifted in any
 * case. It cannot emulate a pause of one thread, as of a single garbage collector's.
 */
export const pause: FaultMember<PauseSettings> = {
  keyword: 'pause',
  schema: objectSchema(
    {
      every: quantitySchema('duration', 'Time from one pause to the next; the first comes after as long'),
      for: quantitySchema('duration', 'How long the target stands still'),
    },
    { required: ['every', 'for'], description: 'The target stands still for a while, as of a garbage collection.' },
  ),
  directional: false,
  elsewhere: 'target',

  parse(raw) {
    const { every, for: length } = raw as RawPause
    const [everyNs, forNs] = [durationNs(every), durationNs(length)]
    if (everyNs <= forNs) {
      throw new RangeError(`found ${length} of every ${every}, allowed: less than the whole period`)
    }
    return { everyNs, forNs }
  },

  active: ({ forNs }) => forNs > 0,

  parameters: [
    {
      ...parameter<PauseSettings>('for', 'forNs', delayScale),
      // What never goes on is no pause.
      write: (settings, value) => ({
        ...settings,
        forNs: Math.round(Math.min(value * nsPerMs, 0.9 * settings.everyNs)),
      }),
    },
  ],

  // Those that wait are few: one for each that was in flight. Their wait is in the high percentiles, not in the median,
  // and they fail only where it is longer than the client waits.
  expect: () => ({
    delayMs: null,
    firedShare: { lo: 0.5, hi: 1 },
    errorShare: null,
    errorClasses: [],
    undelivered: 0,
  }),

  actsWithinNs: ({ everyNs, forNs }) => everyNs + 2 * forNs,

  async target({ everyNs, forNs }, context) {
    const { clock } = context
    for (let dueNs = clock.nowNs() + everyNs; await stillOnAt(context, dueNs);) {
      await standStill(context, forNs)
      dueNs += everyNs * Math.max(1, Math.ceil((clock.nowNs() - dueNs) / everyNs))
    }
  },
}

async function standStill(context: TargetFaultContext, forNs: number): Promise<void> {
  const { clock, handle, tally, counters } = context
  tally.eligible++
  try {
    if (await handle.freeze()) tally.fired++
    // From when it was seen: a pause is never shorter than it should be.
    const startNs = clock.nowNs()
    await stillOnAt(context, startNs + forNs)
    counters['pause.ns'] = (counters['pause.ns'] ?? 0) + clock.nowNs() - startNs
  } finally {
    handle.thaw()
  }
}
