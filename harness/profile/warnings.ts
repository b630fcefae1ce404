import { activeFaults, type Faults } from '../faults/faults.ts'
import type { ExpectContext } from '../faults/fault.ts'
import type { Problem } from '../kernel/errors.ts'
import { nsPerMs, nsPerSecond, significant } from '../kernel/units.ts'
import type { ClosedModel, LoadModel } from '../workload/model.ts'
import type { Pause } from '../workload/workload.ts'
import { step } from '../kernel/json.ts'
import { highest } from './load-model.ts'
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

/** Warns of slices too short for a fault's probability, as far as delays or arrivals bound the operations in one. */
export function firingWarnings(policies: readonly Policy[], load: Load, mode: Mode): Problem[] {
  return policies
    .filter(({ name }) => mode.policies === 'all' || mode.policies.includes(name))
    .flatMap(({ name, kind, faults }) => {
      const pointer = `/policies${step(name)}${kind === 'combined' ? '/under' : ''}/fault`
      return rareFirings(faults, (delayNs) => mostOperations(load, delayNs, mode.sliceNs - mode.discardNs)).map(
        ({ keyword, firings }) => ({
          where: pointer + step(keyword),
          message: `at most ${significant(firings, 2)} firings expected in a slice, ${leastFirings} are needed to tell: lengthen the slice, or raise the load`,
        }),
      )
    })
}

/** Faults that act less than always, where a slice can hold too few of their exchanges. */
function rareFirings(
  faults: Faults,
  operationsIn: (delayNs: number) => number,
): { readonly keyword: string; readonly firings: number }[] {
  const expected = activeFaults(faults).map(({ fault, settings, direction }) => ({
    keyword: fault.keyword,
    ...fault.expect(settings, { direction, baseline: emptyBaseline, operations: Number.MAX_SAFE_INTEGER }),
  }))
  const operations = operationsIn(expected.reduce((sum, { delayMs: { lo } }) => sum + lo, 0) * nsPerMs)
  return expected
    .filter(({ firedShare }) => firedShare < 1)
    .map(({ keyword, firedShare }) => ({ keyword, firings: firedShare * operations }))
    .filter(({ firings }) => firings < leastFirings)
}

/** Operations in a slice of each model together, at most, when each takes a delay at least. */
function mostOperations({ throughput, latency }: Load, delayNs: number, measuredNs: number): number {
  const models = latency === null ? [throughput] : [throughput, latency]
  return models.reduce((sum, model) => sum + (mostPerSecond(model, throughput, delayNs) * measuredNs) / nsPerSecond, 0)
}

/** Operations per second of a model, at most: at its highest level, which slices hold all the time. */
function mostPerSecond(model: LoadModel, base: LoadModel, delayNs: number): number {
  if (model.model === 'closed') return loopsPerSecond(model, delayNs)
  const { rate } = model
  if (rate.kind === 'absolute') return highest(rate.perSecond)
  return base.model === 'closed' ? rate.share * loopsPerSecond(base, delayNs) : 0
}

function loopsPerSecond({ workers, think }: ClosedModel, delayNs: number): number {
  return (highest(workers) * nsPerSecond) / (delayNs + meanNs(think))
}

function meanNs(pause: Pause): number {
  if (pause.kind === 'none') return 0
  if (pause.kind === 'fixed') return pause.ns
  return pause.kind === 'exponential' ? pause.meanNs : (pause.fromNs + pause.toNs) / 2
}
