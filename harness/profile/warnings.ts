import type { ExpectContext } from '../faults/fault.ts'
import { activeFaults } from '../faults/faults.ts'
import type { Rule } from '../faults/rule.ts'
import { isEverything } from '../faults/match.ts'
import { dutyShare } from '../faults/schedule.ts'
import type { Problem } from '../kernel/errors.ts'
import { formatNs, nsPerMs, nsPerSecond, significant } from '../kernel/units.ts'
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
  p99Ms: 0,
  singleP50Ms: 0,
  responseBytes: { min: 0, max: 0 },
  requestBytes: { min: 0, max: 0 },
  backgroundShare: 0,
}

/**
 * Warns of slices too short for a fault's probability, as far as delays or arrivals bound the operations in one, and of
 * schedules that a slice does not reach.
 */
export function firingWarnings(policies: readonly Policy[], load: Load, mode: Mode): Problem[] {
  return policies
    .filter(({ name }) => mode.policies === 'all' || mode.policies.includes(name))
    .flatMap(({ name, kind, rules }) => {
      const holder = `/policies${step(name)}${kind === 'combined' ? '/under' : ''}`
      const [first] = rules
      const single = rules.length === 1 && first?.name === name ? first : null
      return [
        ...rules.flatMap((rule, index) => offWarnings(rule, single ? holder : `${holder}/rules/${index}`, mode)),
        // Of several rules, and of one for some of the traffic only, nobody knows how much of it comes.
        ...(single && isEverything(single.match) ? rareWarnings(single, holder, load, mode) : []),
      ]
    })
}

/** A schedule counts from the beginning of each slice: what begins later never acts in one. */
function offWarnings({ schedule }: Rule, where: string, { discardNs, sliceNs }: Mode): Problem[] {
  if (dutyShare(schedule, discardNs, sliceNs) > 0) return []
  const message = `is off in all of the measured part of a slice, from ${formatNs(discardNs)} to ${formatNs(sliceNs)}: lengthen the slice, or use it in stress only`
  return [{ where: `${where}/schedule`, message }]
}

function rareWarnings(rule: Rule, holder: string, load: Load, { discardNs, sliceNs }: Mode): Problem[] {
  const duty = dutyShare(rule.schedule, discardNs, sliceNs)
  const share = rule.probability * rule.connections * duty
  return rareFirings(rule, share, (delayNs) => mostOperations(load, delayNs, sliceNs - discardNs)).map(
    ({ keyword, firings }) => ({
      where: `${holder}/fault${step(keyword)}`,
      message: `at most ${significant(firings, 2)} firings expected in a slice, ${leastFirings} are needed to tell: lengthen the slice, or raise the load`,
    }),
  )
}

/** Faults that act less than always, where a slice can hold too few of their exchanges. */
function rareFirings(
  { faults }: Rule,
  share: number,
  operationsIn: (delayNs: number) => number,
): { readonly keyword: string; readonly firings: number }[] {
  const expected = activeFaults(faults)
    // What acts on the target or a listener does so once, or by the clock.
    .filter(({ fault }) => fault.elsewhere !== 'target' && fault.listener === undefined)
    .map(({ fault, settings, direction }) => ({
      keyword: fault.keyword,
      ...fault.expect(settings, { direction, baseline: emptyBaseline, operations: Number.MAX_SAFE_INTEGER }),
    }))
  const operations = operationsIn(expected.reduce((sum, { delayMs }) => sum + (delayMs?.lo ?? 0), 0) * nsPerMs * share)
  return expected
    .flatMap(({ keyword, firedShare }) => (firedShare === null ? [] : [{ keyword, hit: firedShare.hi * share }]))
    .filter(({ hit }) => hit < 1)
    .map(({ keyword, hit }) => ({ keyword, firings: hit * operations }))
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
