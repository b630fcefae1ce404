import type { Rng } from '../../kernel/rng.ts'
import { compileExtractions, type CompiledExtractions } from '../../workload/extraction.ts'
import { compileTemplate, namesIn, type Template } from '../../workload/template.ts'
import { messageProblemOf } from '../../workload/message-problem.ts'
import type { Pause, Workload, WorkloadRequest } from '../../workload/workload.ts'
import type { Driver, Prepared } from '../driver.ts'

/** One step of a scenario, made ready. */
export interface Step {
  /** The index under which it is counted. */
  readonly index: number
  readonly request: WorkloadRequest
  /** Made once; null for a template, which is made for each operation. */
  readonly prepared: Prepared | null
  readonly template: Template<WorkloadRequest['message']> | null
  /** Null where nothing is taken out. */
  readonly extractions: CompiledExtractions | null
  readonly pause: Pause
}

/** A scenario made ready. */
export interface Itinerary {
  readonly weight: number
  readonly steps: readonly Step[]
  /** The feeds that its messages name; only of these an iteration takes a row. */
  readonly feeds: readonly string[]
}

/** Makes every scenario of a workload ready for a driver. */
export function prepareScenarios(workload: Workload, driver: Driver): readonly Itinerary[] {
  const { scenarios, requests, feeds } = workload
  const problemOf = messageProblemOf(workload)
  const steps = requests.map((request, index): Step => ({
    index,
    request,
    prepared: request.templated ? null : driver.prepare(request),
    template: request.templated ? compileTemplate(request.message, problemOf) : null,
    extractions: request.extract.length > 0 ? compileExtractions(request.extract) : null,
    pause: request.pause,
  }))
  return scenarios.map(({ weight, steps: indexes }) => {
    const own = indexes.map((index) => steps[index] as Step)
    const names = own.flatMap(({ request }) => namesIn(request.message))
    const used = feeds.filter(({ name }) => names.some((one) => one.startsWith(`${name}.`)))
    return { weight, steps: own, feeds: used.map(({ name }) => name) }
  })
}

/** Draws by weight. */
export function weightedPick<Item extends { readonly weight: number }>(items: readonly Item[]): (rng: Rng) => Item {
  const [only] = items
  if (only && items.length === 1) return () => only
  const total = items.reduce((sum, { weight }) => sum + weight, 0)
  return (rng) => {
    let left = rng.next() * total
    return items.find(({ weight }) => (left -= weight) < 0) ?? (items.at(-1) as Item)
  }
}
