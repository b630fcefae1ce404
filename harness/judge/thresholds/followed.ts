import { formatNs } from '../../kernel/units.ts'
import type { Threshold } from '../../profile/profile.ts'
import { actualOf, type Against, holdFigure, isBroken, type Limit, type LimitedFigures } from '../limits.ts'
import { figuresOfGroup, type JudgedWindow } from '../windows.ts'
import { type Span, SlidingWindow, spanOf } from './sliding.ts'
import { Stretch } from './stretch.ts'

/** A figure, and when it was that. */
export interface Extreme extends Span {
  readonly value: number
}

/** What all windows of a length in one phase came to; there is one at least. */
export interface WindowedFinding {
  readonly threshold: Threshold
  /** Whose bound it is; null for a threshold of clean load. */
  readonly policy: string | null
  readonly phase: string
  readonly least: Extreme | null
  readonly most: Extreme | null
  /** The first one in which nothing ended that the threshold is about; null where there was none. */
  readonly unmeasured: Span | null
}

/** Follows the windows that one threshold, or one bound of a policy, is about. */
export class FollowedThreshold {
  readonly threshold: Threshold
  readonly #policy: string | null
  readonly #sliding: SlidingWindow | null
  readonly #findings = new Map<string, WindowedFinding>()
  /** Of the phase so far. */
  readonly #all = new Stretch()
  #phase: string | null = null
  #fromNs = 0
  /** Of the last window, where it was one that this is about. */
  #now: (Span & { readonly figures: LimitedFigures }) | null = null

  constructor(threshold: Threshold, policy: string | null) {
    const { windowNs } = threshold
    this.threshold = threshold
    this.#policy = policy
    this.#sliding = windowNs === null ? null : new SlidingWindow(windowNs)
  }

  /** Windows under other policies are passed over. */
  add(window: JudgedWindow): void {
    this.#now = this.#isAbout(window) ? this.#read(window) : null
    if (this.#sliding && this.#now) this.#find(window.identity.phase, this.#now)
  }

  /** How the last window broke it, for good; null where it did not, or that cannot be said yet. */
  breach({ identity: { phase } }: JudgedWindow, against: Against): Limit | null {
    if (!this.#now) return null
    const { figures, fromMs, toMs } = this.#now
    const kind = this.#policy === null ? 'threshold' : 'bound'
    const scope = `${this.#policy === null ? phase : underScope(phase, this.#policy)}, until it was ended`
    const place = { kind, scope, window: { fromMs, toMs } } as const
    const limit = holdFigure(place, this.threshold, actualOf(this.threshold, figures), against)
    return isBroken(limit) && !this.#mayRecover(limit) ? limit : null
  }

  findings(): readonly WindowedFinding[] {
    return [...this.#findings.values()]
  }

  #isAbout({ faults, settling }: JudgedWindow): boolean {
    if (this.#policy === null) return faults.length === 0
    return !settling && faults.length === 1 && faults[0] === this.#policy
  }

  #read(window: JudgedWindow): (Span & { readonly figures: LimitedFigures }) | null {
    if (this.#sliding) return this.#sliding.add(window)
    if (this.#phase !== window.identity.phase) {
      this.#phase = window.identity.phase
      this.#fromNs = window.fromNs
      this.#all.reset()
    }
    this.#all.add(window)
    return { figures: figuresOfGroup(this.#all), ...spanOf(this.#fromNs, window.toNs) }
  }

  #find(phase: string, { figures, fromMs, toMs }: Span & { readonly figures: LimitedFigures }): void {
    const { threshold } = this
    const known = this.#findings.get(phase)
    const { least = null, most = null, unmeasured = null } = known ?? {}
    const value = actualOf(threshold, figures)
    const found = { threshold, policy: this.#policy, phase, least, most, unmeasured }
    if (value === null) this.#findings.set(phase, { ...found, unmeasured: unmeasured ?? { fromMs, toMs } })
    else {
      const now = { value, fromMs, toMs }
      this.#findings.set(phase, {
        ...found,
        least: least === null || value < least.value ? now : least,
        most: most === null || value > most.value ? now : most,
      })
    }
  }

  /** A count only grows: what is too little may yet be enough. */
  #mayRecover({ actual, limit }: Limit): boolean {
    const { aggregate, op, windowNs } = this.threshold
    if (aggregate !== 'count' || windowNs !== null) return false
    return op !== '<' && op !== '<=' && (op !== '==' || (actual ?? 0) < (limit ?? 0))
  }
}

/** Holds a threshold against the window of its length that kept it least. */
export function holdWindowed(
  { threshold, policy, phase, least, most, unmeasured }: WindowedFinding,
  against: Against,
): Limit {
  const kind = policy === null ? 'threshold' : 'bound'
  const every = `every ${formatNs(threshold.windowNs ?? 0)}`
  const scope = policy === null ? `${phase}, ${every}` : `${underScope(phase, policy)}, ${every}`
  const limitOf = (extreme: Extreme | null): Limit => {
    const { value, ...window } = extreme ?? { value: null }
    return holdFigure({ kind, scope, ...('fromMs' in window && { window }) }, threshold, value, against)
  }
  if (unmeasured) return holdFigure({ kind, scope, window: unmeasured }, threshold, null, against)
  const [first, second] = threshold.op === '>' || threshold.op === '>=' ? [least, most] : [most, least]
  const held = limitOf(first)
  // Where all of them must be equal to something, either may differ.
  return held.ok && threshold.op === '==' ? limitOf(second) : held
}

/** What the windows of a phase under one policy are called. */
export const underScope = (phase: string, policy: string): string => `${phase}, windows under ${policy}`
