import { hits } from './chance.ts'
import type { StageContext } from './fault.ts'

/** Which transmissions are lost: plain data. */
export type LossModel =
  /** Each by itself; with `burst` n a hit also loses the n - 1 transmissions that follow. */
  | { readonly kind: 'random'; readonly probability: number; readonly burst: number }
  /** Gilbert and Elliott: two states, each with a loss of its own. */
  | {
      readonly kind: 'gilbertElliott'
      readonly goodToBad: number
      readonly badToGood: number
      readonly lossGood: number
      readonly lossBad: number
    }
  /** Salsano and others' GI model, as netem has it: 1 good in a gap, 2 good in a burst, 3 lost in a burst, 4 lost by itself. */
  | {
      readonly kind: 'fourState'
      readonly p13: number
      readonly p31: number
      readonly p32: number
      readonly p23: number
      readonly p14: number
    }

/** Says of each transmission, in the order in which they go out, whether it is lost. */
export type LossProcess = (nowNs: number) => boolean

type Of<Kind extends LossModel['kind']> = Extract<LossModel, { readonly kind: Kind }>

/**
 * The losses of one direction of one connection, from the good state on. In a ramp of strength s the chances to be hit by
 * oneself or to enter a burst are s times as large; bursts are then rarer, not shorter.
 */
export function lossProcess(model: LossModel, context: StageContext): LossProcess {
  if (model.kind === 'random') return random(model, context)
  return model.kind === 'gilbertElliott' ? gilbertElliott(model, context) : fourState(model, context)
}

function random({ probability, burst }: Of<'random'>, context: StageContext): LossProcess {
  let left = 0
  return (nowNs) => {
    if (left > 0) {
      left--
      return true
    }
    const hit = hits(context, 'loss', probability, nowNs)
    if (hit) left = burst - 1
    return hit
  }
}

/** The state changes first, then the loss of the new state applies (faultcore's order; netem's is the other). */
function gilbertElliott(model: Of<'gilbertElliott'>, context: StageContext): LossProcess {
  const { goodToBad, badToGood, lossGood, lossBad } = model
  let bad = false
  return (nowNs) => {
    if (!bad) bad = hits(context, 'state', goodToBad, nowNs)
    else bad = context.decide('state', () => context.rng.next()) >= badToGood
    if (bad) return lossBad === 1 || context.decide('loss', () => context.rng.next()) < lossBad
    return lossGood > 0 && hits(context, 'loss', lossGood, nowNs)
  }
}

/** One draw a transmission, as in `loss_4state` of the kernel's sch_netem.c: the state that it leads to is its fate. */
function fourState(model: Of<'fourState'>, context: StageContext): LossProcess {
  const { p13, p31, p32, p23, p14 } = model
  let state: 1 | 2 | 3 | 4 = 1
  return (nowNs) => {
    const share = context.decide('state', () => context.rng.next())
    const strength = context.strength(nowNs)
    if (state === 1) state = share < p14 * strength ? 4 : share < (p14 + p13) * strength ? 3 : 1
    else if (state === 2) state = share < p23 ? 3 : 2
    else if (state === 3) state = share < p32 ? 2 : share < p32 + p31 ? 1 : 3
    else state = 1
    return state >= 3
  }
}

/**
 * The share of transmissions that are lost in the long run, at full strength.
 * - random, of bursts of B: pB / (1 - p + pB)
 * - Gilbert and Elliott, with the share b = goodToBad / (goodToBad + badToGood) of bad states: (1 - b) lossGood + b lossBad
 * - four states: pi1 (p13 / p31 + p14) with pi1 = 1 / (1 + p14 + (p13 / p31) (1 + p32 / p23))
 */
export function lossShare(model: LossModel): number {
  if (model.kind === 'random') {
    const { probability, burst } = model
    return (probability * burst) / (1 - probability + probability * burst)
  }
  if (model.kind === 'gilbertElliott') {
    const bad = badShare(model)
    return (1 - bad) * model.lossGood + bad * model.lossBad
  }
  const { p13, p31, p32, p23, p14 } = model
  // Bursts that do not end.
  if (p13 > 0 && p31 === 0) return p32 === 0 ? 1 : p23 / (p23 + p32)
  return gapShare(model) * (p13 === 0 ? p14 : p13 / p31 + p14)
}

function badShare({ goodToBad, badToGood }: Of<'gilbertElliott'>): number {
  return goodToBad === 0 ? 0 : goodToBad / (goodToBad + badToGood)
}

function gapShare({ p13, p31, p32, p23, p14 }: Of<'fourState'>): number {
  if (p13 === 0) return 1 / (1 + p14)
  return p31 === 0 ? 0 : 1 / (1 + p14 + (p13 / p31) * (1 + (p32 === 0 ? 0 : p32 / p23)))
}

/**
 * Between which shares so many transmissions are lost, as probabilities of binomial counts. Losses in bursts hang together,
 * so that their count varies more than a binomial one: it is at least that of the bursts that begin, which are spread more
 * evenly than chance would, and at most 4 standard deviations of the correlated count above the mean.
 */
export function lossBounds(model: LossModel, draws: number): { readonly lo: number; readonly hi: number } {
  const share = lossShare(model)
  if (model.kind === 'random' && model.burst === 1) return { lo: share, hi: share }
  const factor = inflation(model)
  const hi = factor === null ? 1 : share + 4 * Math.sqrt((factor * share * (1 - share)) / Math.max(1, draws))
  return { lo: beginShare(model), hi: Math.min(1, hi) }
}

/** The share of transmissions with which a loss begins. */
function beginShare(model: LossModel): number {
  if (model.kind === 'random') return lossShare(model) / model.burst
  if (model.kind === 'fourState') return gapShare(model) * (model.p13 + model.p14)
  return (1 - badShare(model)) * Math.max(model.goodToBad * model.lossBad, model.lossGood)
}

/** How many times the variance of a binomial count theirs is at most; null where that is not known. */
function inflation(model: LossModel): number | null {
  if (model.kind === 'random') return model.burst
  if (model.kind === 'fourState') return null
  const persistence = 1 - model.goodToBad - model.badToGood
  return persistence < 0 || persistence === 1 ? null : (1 + persistence) / (1 - persistence)
}
