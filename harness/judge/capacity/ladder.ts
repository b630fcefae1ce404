import { significant } from '../../kernel/units.ts'
import { type RateSlice, stepVerdict, type Trouble } from './rate-step.ts'

/** A rate that was tried, with its slices in their order. */
export interface RateStep {
  readonly perSecond: number
  readonly slices: readonly RateSlice[]
}

/** Where a search for the highest rate that holds begins, and where it ends at the latest. */
export interface LadderSettings {
  readonly fromPerSecond: number
  readonly mostPerSecond: number
  readonly mostSteps: number
  readonly mostNs: number
}

/** What ended a search before it had found a rate that does not hold. */
export type LadderEnd = 'max-rate' | 'steps' | 'time' | 'stopped'

/** What the search came to. */
export interface LadderAnswer {
  /**
   * found: the target's limit lies between the two rates; at-least: the target held all it was offered, or the generator ended
   * first; none: no rate that was tried held.
   */
  readonly kind: 'found' | 'at-least' | 'none'
  /** The highest rate that held. */
  readonly heldPerSecond: number | null
  /** The lowest one above it that did not. */
  readonly brokenPerSecond: number | null
  /** What stood in the way of more. */
  readonly limit: Trouble | LadderEnd
  /** Whether the two rates are as near to each other as was wanted. */
  readonly precise: boolean
}

/** What to do next. */
export type LadderOrder =
  | { readonly kind: 'slice'; readonly perSecond: number }
  | { readonly kind: 'done'; readonly answer: LadderAnswer }

/** From one step to the next on the way up, and on the way down where the first one did not hold. */
const upFactor = 1.25
const downFactor = 0.5
/** The search ends where the two rates differ by no more than this factor. */
const precision = 1.05
const leastPerSecond = 0.1

/**
 * Looks for the highest rate that holds: up by a factor until two steps in a row did not hold, then down by halves where none
 * did, then between the highest that held and the lowest above it that did not. A function of what was tried so far, in
 * its order, and of how long it took.
 */
export function nextOrder(settings: LadderSettings, steps: readonly RateStep[], elapsedNs: number): LadderOrder {
  const tried = steps.map(({ perSecond, slices }) => ({ perSecond, verdict: stepVerdict(slices) }))
  const decided = tried.filter(isDecided)
  const last = steps.at(-1)
  const next = last && decided.length < tried.length ? last.perSecond : nextRate(settings, decided)
  const bound = elapsedNs >= settings.mostNs ? 'time' : steps.length >= settings.mostSteps ? 'steps' : null
  // The last step may have its last slice, whatever the number of steps.
  const more = next !== null && (bound === null || (bound === 'steps' && next === last?.perSecond))
  if (more) return { kind: 'slice', perSecond: next }
  return { kind: 'done', answer: answerOf(decided, next === null ? null : bound) }
}

/** What a search knows that was ended in its midst. */
export function answerSoFar(steps: readonly RateStep[]): LadderAnswer {
  const tried = steps.map(({ perSecond, slices }) => ({ perSecond, verdict: stepVerdict(slices) }))
  return answerOf(tried.filter(isDecided), 'stopped')
}

interface DecidedStep {
  readonly perSecond: number
  readonly verdict: 'held' | Trouble
}

function isDecided(step: { perSecond: number; verdict: ReturnType<typeof stepVerdict> }): step is DecidedStep {
  return step.verdict !== null
}

/** The rate of the next step; null where nothing is left to be known. */
function nextRate({ fromPerSecond, mostPerSecond }: LadderSettings, steps: readonly DecidedStep[]): number | null {
  const last = steps.at(-1)
  if (!last) return Math.min(fromPerSecond, mostPerSecond)
  const highest = Math.max(...steps.map(({ perSecond }) => perSecond))
  if (!isOver(steps) && highest < mostPerSecond) return Math.min(significant(highest * upFactor, 4), mostPerSecond)
  const { held, broken } = bracketOf(steps)
  if (broken === null) return null
  if (held === null) {
    const lower = significant(broken.perSecond * downFactor, 4)
    return lower < leastPerSecond ? null : lower
  }
  if (broken.perSecond <= precision * held.perSecond) return null
  return significant(Math.sqrt(held.perSecond * broken.perSecond), 4)
}

/** Whether the way up has ended: with two steps in a row that did not hold. */
function isOver(steps: readonly DecidedStep[]): boolean {
  return steps.some(({ verdict }, index) => {
    const before = steps[index - 1]
    return verdict !== 'held' && before !== undefined && before.verdict !== 'held'
  })
}

interface BrokenStep extends DecidedStep {
  readonly verdict: Trouble
}

function isBroken(step: DecidedStep): step is BrokenStep {
  return step.verdict !== 'held'
}

/** The highest step that held, and the lowest above it that did not. */
function bracketOf(steps: readonly DecidedStep[]) {
  const sorted = steps.toSorted((a, b) => a.perSecond - b.perSecond)
  const held = sorted.findLast(({ verdict }) => verdict === 'held') ?? null
  const broken = sorted.find((step): step is BrokenStep => isBroken(step) && step.perSecond > (held?.perSecond ?? 0))
  return { held, broken: broken ?? null }
}

function answerOf(steps: readonly DecidedStep[], bound: LadderEnd | null): LadderAnswer {
  const { held, broken } = bracketOf(steps)
  const heldPerSecond = held?.perSecond ?? null
  const brokenPerSecond = broken?.perSecond ?? null
  const own = broken?.verdict === 'generator'
  const kind = broken === null || own ? 'at-least' : 'found'
  return {
    kind: held === null ? 'none' : kind,
    heldPerSecond,
    brokenPerSecond,
    limit: broken?.verdict ?? bound ?? 'max-rate',
    precise: held !== null && broken !== null && broken.perSecond <= precision * held.perSecond,
  }
}
