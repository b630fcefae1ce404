import { objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { nsPerSecond, shareOf } from '../kernel/units.ts'
import type { FaultMember } from './fault.ts'
import { parameter, shareScale } from './parameter.ts'
import { stillOnAt } from './target-fault.ts'

/** Neighbours that want the same cores. */
export interface CpuHogSettings {
  readonly workers: number
  /** Of one core, of each. */
  readonly share: number
}

interface RawCpuHog {
  readonly workers?: number
  readonly share?: string | number
}

const defaults = { workers: 1, share: '100%' } as const
const mostWorkers = 64

/** They take some time to start, and their CPU time is told in hundredths of a second. */
const startNs = 2 * nsPerSecond

/** A process that got less than this part of what it was to burn was none; many share the cores there are. */
const leastPart = 0.01

/**
 * Processes of ours that keep cores busy beside the target, as a noisy neighbour on the same machine does. They compete
 * with the load generators as well. Each counts once: as fired when it used CPU time at all, and at least a
 * hundredth of what it was to use.
 * It cannot emulate steal of a hypervisor, a lower clock, or a cache or memory bus that is full.
 */
export const cpuHog: FaultMember<CpuHogSettings> = {
  keyword: 'cpuHog',
  schema: objectSchema(
    {
      workers: {
        type: 'integer',
        minimum: 0,
        maximum: mostWorkers,
        default: defaults.workers,
        description: 'Processes that burn CPU',
      },
      share: { ...quantitySchema('share', 'Share of one core that each wants'), default: defaults.share },
    },
    { description: 'Processes beside the target burn CPU.' },
  ),
  directional: false,
  elsewhere: 'target',

  parse(raw) {
    const { workers, share } = { ...defaults, ...(raw as RawCpuHog) }
    return { workers, share: shareOf(share) }
  },

  active: ({ workers, share }) => workers > 0 && share > 0,

  parameters: [parameter('share', 'share', { ...shareScale, least: 0.01 })],

  // On idle cores it costs nothing, on busy ones any amount.
  expect: () => ({ delayMs: null, firedShare: null, errorShare: null, errorClasses: [], undelivered: 0 }),

  actsWithinNs: () => startNs,

  async target({ workers, share }, context) {
    const { clock, handle, tally, counters } = context
    const hog = await handle.hog(workers, share)
    const fromNs = clock.nowNs()
    tally.eligible += workers
    await stillOnAt(context, Number.POSITIVE_INFINITY)
    const leastNs = leastPart * share * (clock.nowNs() - fromNs)
    for (const usedNs of await hog.stop()) {
      if (usedNs > 0 && usedNs >= leastNs) tally.fired++
      counters['cpuHog.ns'] = (counters['cpuHog.ns'] ?? 0) + usedNs
    }
  },
}
