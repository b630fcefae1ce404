import { activeFaults, type Faults } from '../faults/faults.ts'
import type { ExpectContext } from '../faults/fault.ts'
import type { Problem } from '../kernel/errors.ts'
import { nsPerMs, significant } from '../kernel/units.ts'
import { step } from './document.ts'
import type { Load } from './load.ts'
import type { Mode } from './modes.ts'
import type { Policy } from './policies.ts'

/** Fewer firings than this in a slice say little of a probability. */
const leastFirings = 20

/** A target that takes no time and sends nothing: what remains of a fault is what it adds by itself. */
const emptyBaseline: ExpectContext['baseline'] = {
  p50Ms: 0,
  singleP50Ms: 0,
  responseBytes: { min: 0, max: 0 },
  requestBytes: { min: 0, max: 0 },
  backgroundShare: 0,
}

/** Warns of slices too short for a fault's probability, as far as the policy's own delays bound the operations in one. */
export function firingWarnings(policies: readonly Policy[], load: Load, mode: Mode): Problem[] {
  return policies
    .filter(({ name }) => mode.policies === 'all' || mode.policies.includes(name))
    .flatMap(({ name, kind, faults }) => {
      const measuredMs = (mode.sliceNs - mode.discardNs) / nsPerMs
      const pointer = `/policies${step(name)}${kind === 'combined' ? '/under' : ''}/fault`
      return rareFirings(faults, load.workers * measuredMs).map(({ keyword, firings }) => ({
        where: pointer + step(keyword),
        message: `at most ${significant(firings, 2)} firings expected in a slice, ${leastFirings} are needed to tell: lengthen the slice, or add workers`,
      }))
    })
}

/** Faults that act less than always, where `workerMs` of closed loops can hold too few of their exchanges. */
function rareFirings(faults: Faults, workerMs: number): { readonly keyword: string; readonly firings: number }[] {
  const expected = activeFaults(faults).map(({ fault, settings, direction }) => ({
    keyword: fault.keyword,
    ...fault.expect(settings, { direction, baseline: emptyBaseline, operations: Number.MAX_SAFE_INTEGER }),
  }))
  const delayMs = expected.reduce((sum, { delayMs: { lo } }) => sum + lo, 0)
  if (delayMs === 0) return []
  return expected
    .filter(({ firedShare }) => firedShare < 1)
    .map(({ keyword, firedShare }) => ({ keyword, firings: (firedShare * workerMs) / delayMs }))
    .filter(({ firings }) => firings < leastFirings)
}
