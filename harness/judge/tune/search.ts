import { significant } from '../../kernel/units.ts'
import { stepVerdict, type StepVerdict, type Trial } from './step.ts'

/** A strength that was tried, with its trials in their order. */
export interface StrengthStep {
  readonly value: number
  readonly trials: readonly Trial[]
}

/** Where a search for the strength that breaks the bounds begins, and where it ends at the latest. */
export interface SearchSettings {
  readonly from: number
  readonly least: number
  readonly most: number
  readonly harder: 'more' | 'less'
  /** The search ends where what held and what broke differ by no more than this share. */
  readonly resolution: number
  readonly mostSteps: number
  readonly mostNs: number
  /** Whether `from` is known to break the bounds: then only what is weaker is tried. */
  readonly fromBreaks: boolean
}

/** Why a search ended that did not come as near as was wanted. */
export type SearchEnd = 'most' | 'least' | 'void' | 'steps' | 'time' | 'stopped'

/** What a search came to; values are of the parameter itself, whichever way is harder. */
export interface SearchAnswer {
  /**
   * found: the limit is between the two; holds: everything that was tried held; breaks: nothing did; unclear: nothing was
   * decided, or a stronger one held where a weaker one broke, and no end of that was seen.
   */
  readonly kind: 'found' | 'holds' | 'breaks' | 'unclear'
  /**
   * The strongest that held of those weaker than all that broke, and the weakest that broke of those stronger than all that
   * held: of each one whose trials agreed, where there is one.
   */
  readonly holds: number | null
  readonly breaks: number | null
  /** Whether nothing that held was stronger than something that broke. */
  readonly monotonic: boolean
  /** Whether what held and what broke are as near to each other as was wanted, by what most of the trials said. */
  readonly precise: boolean
  /** Null where the search came to its end. */
  readonly limit: SearchEnd | null
}

/** What to do next. */
export type SearchOrder =
  | { readonly kind: 'trial'; readonly value: number }
  | { readonly kind: 'done'; readonly answer: SearchAnswer }

/** From one step to the next as long as only one side of the limit is known. */
const stride = 2
/** Over the strongest that held so many must have broken, unless there is no more: one alone could be by chance. */
const brokenAbove = 2

/**
 * Looks for the strength at which bounds break: by factors of two from where it begins, weaker until some strength holds and
 * stronger until two in a row break, and then between the strongest that held and the weakest that broke. A function of
 * what was tried so far, in its order, and of how long it took.
 */
export function nextTrial(settings: SearchSettings, steps: readonly StrengthStep[], elapsedNs: number): SearchOrder {
  const scale = scaleOf(settings)
  const known = knownOf(scale, steps)
  const last = steps.at(-1)
  const open = last !== undefined && stepVerdict(last.trials) === null
  const next = open ? last.value : nextValue(scale, known, steps)
  const bound = elapsedNs >= settings.mostNs ? 'time' : steps.length >= settings.mostSteps ? 'steps' : null
  // The last step may have all its trials, whatever the number of steps.
  const more = next !== null && (bound === null || (bound === 'steps' && open))
  if (more) return { kind: 'trial', value: next }
  return { kind: 'done', answer: answerOf(scale, known, next === null ? null : bound) }
}

/** What a search knows that was ended in its midst. */
export function tuneAnswerSoFar(settings: SearchSettings, steps: readonly StrengthStep[]): SearchAnswer {
  const scale = scaleOf(settings)
  return answerOf(scale, knownOf(scale, steps), 'stopped')
}

/** Strengths as numbers that are larger the harder they are to bear: the value, or one by it. */
interface Scale {
  readonly hardnessOf: (value: number) => number
  readonly valueOf: (hardness: number) => number
  readonly from: Strength
  readonly least: number
  readonly most: number
  readonly resolution: number
  readonly fromBreaks: boolean
}

interface Strength {
  readonly value: number
  readonly hardness: number
  /** Whether all its trials said the same. */
  readonly sure: boolean
}

function scaleOf({ harder, from, least, most, resolution, fromBreaks }: SearchSettings): Scale {
  const turned = (number: number): number => (harder === 'more' ? number : 1 / number)
  // Values are for people, and no finer than what can be told apart.
  const digits = resolution < 0.05 ? 4 : 3
  const [weakest, strongest] = harder === 'more' ? [least, most] : [most, least]
  return {
    hardnessOf: turned,
    // The ends are as they were given.
    valueOf(hardness) {
      if (hardness <= turned(weakest)) return weakest
      return hardness >= turned(strongest) ? strongest : significant(turned(hardness), digits)
    },
    from: { value: from, hardness: turned(from), sure: true },
    least: turned(weakest),
    most: turned(strongest),
    resolution,
    fromBreaks,
  }
}

/** What held and what broke, each from the weakest to the strongest. */
interface Known {
  readonly held: readonly Strength[]
  readonly broken: readonly Strength[]
  /** Whether some strength could not be tried. */
  readonly stuck: boolean
}

function knownOf({ hardnessOf, from, fromBreaks }: Scale, steps: readonly StrengthStep[]): Known {
  const of = (wanted: StepVerdict): Strength[] =>
    steps
      .filter(({ trials }) => stepVerdict(trials) === wanted)
      .map(({ value, trials }) => ({
        value,
        hardness: hardnessOf(value),
        sure: new Set(trials.flatMap(({ held }) => held ?? [])).size < 2,
      }))
  const inOrder = (some: readonly Strength[]): Strength[] => some.toSorted((a, b) => a.hardness - b.hardness)
  return {
    held: inOrder(of('held')),
    broken: inOrder([...of('broken'), ...(fromBreaks ? [from] : [])]),
    stuck: of('void').length > 0,
  }
}

/** The value of the next step; null where nothing is left to be known. */
function nextValue(scale: Scale, known: Known, steps: readonly StrengthStep[]): number | null {
  const hardness = known.stuck ? null : nextHardness(scale, known)
  if (hardness === null) return null
  const value = scale.valueOf(hardness)
  // Rounding may lead to what was tried.
  return steps.some((step) => step.value === value) ? null : value
}

function nextHardness({ from, least, most, resolution, fromBreaks }: Scale, { held, broken }: Known): number | null {
  const weakestBroken = broken[0]?.hardness
  const strongestHeld = held.at(-1)?.hardness
  const over = (hardness: number): number | null =>
    hardness >= most || fromBreaks ? null : Math.min(most, stride * hardness)
  if (weakestBroken === undefined) return strongestHeld === undefined ? from.hardness : over(strongestHeld)
  const below = held.findLast(({ hardness }) => hardness < weakestBroken)?.hardness
  if (below === undefined) return weakestBroken <= least ? null : Math.max(least, weakestBroken / stride)
  const above = broken.filter(({ hardness }) => hardness > (strongestHeld ?? below))
  const further = above.length < brokenAbove ? over(above.at(-1)?.hardness ?? strongestHeld ?? below) : null
  if (further !== null) return further
  return isNarrow(below, weakestBroken, resolution) ? null : Math.sqrt(below * weakestBroken)
}

function isNarrow(below: number, above: number, resolution: number): boolean {
  return above <= (1 + resolution) * below
}

function answerOf({ resolution }: Scale, { held, broken, stuck }: Known, bound: SearchEnd | null): SearchAnswer {
  const weakestBroken = broken[0]?.hardness ?? Number.POSITIVE_INFINITY
  const strongestHeld = held.at(-1)?.hardness ?? 0
  const below = held.filter(({ hardness }) => hardness < weakestBroken)
  const above = broken.filter(({ hardness }) => hardness > strongestHeld)
  const monotonic = strongestHeld < weakestBroken
  return {
    kind: kindOf(below.length > 0, above.length > 0, monotonic),
    // Where trials did not agree the limit is near, on one side or the other.
    holds: valueOf(below.findLast(({ sure }) => sure) ?? below.at(-1)),
    breaks: valueOf(above.find(({ sure }) => sure) ?? above[0]),
    monotonic,
    precise: monotonic && below.length > 0 && above.length > 0 && isNarrow(strongestHeld, weakestBroken, resolution),
    limit: stuck ? 'void' : (bound ?? endOf(below, above)),
  }
}

function valueOf(strength: Strength | undefined): number | null {
  return strength?.value ?? null
}

function endOf(below: readonly Strength[], above: readonly Strength[]): SearchEnd | null {
  if (above.length === 0) return 'most'
  return below.length === 0 ? 'least' : null
}

function kindOf(held: boolean, broke: boolean, monotonic: boolean): SearchAnswer['kind'] {
  if (held && broke) return 'found'
  if (!monotonic || held === broke) return 'unclear'
  return held ? 'holds' : 'breaks'
}
