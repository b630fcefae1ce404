import type { Direction, Piece, StreamStage } from '../fault.ts'
import type { RuleStages } from './rule-stages.ts'

/** Bytes that one direction of a connection holds back at most before its sender is; as many more may be on their way. */
export const mostHeldBytes = 8 * 2 ** 20

/** Takes what comes out of a chain: a piece, the rules whose stages it has passed, and its due times after each of them. */
export type Leave = (piece: Piece, rules: readonly RuleStages[], dues: Dues) => void

/** When a piece was due after the stages of each rule; null where there is one rule only, whose due time is the piece's. */
export type Dues = readonly number[] | null

/** The stages of some rules in one direction of a connection, one after the other. */
export interface StreamChain {
  /** Undefined without any stage: then bytes need not be pieces at all. */
  readonly push: ((piece: Piece) => void) | undefined
  /** When the end of the stream may leave that came at `readyNs`. */
  readonly end: (readyNs: number) => number
  readonly rules: readonly RuleStages[]
  /** Whether so much is held that the sender is to wait; one that does so already goes on when half of the queue is free. */
  readonly isFull: (heldBytes: number, paused: boolean) => boolean
}

/** Chains the stages of rules; what comes out is handed to `leave`, before `push` returns. */
export function chainStages(acting: readonly RuleStages[], direction: Direction, leave: Leave): StreamChain {
  const rules = acting.filter((rule) => rule.streams(direction).length > 0)
  const stages = rules.flatMap((rule) => rule.streams(direction))
  return {
    rules,
    push: rules.length === 0 ? undefined : pushThrough(rules, direction, leave),
    end: (readyNs) => stages.reduce((ns, stage) => stage.end?.(ns) ?? ns, readyNs),
    isFull: fullness(stages),
  }
}

function fullness(stages: readonly StreamStage[]): StreamChain['isFull'] {
  const limiting = stages.filter(({ heldLimitBytes }) => heldLimitBytes !== undefined)
  if (limiting.length === 0) return (heldBytes, paused) => heldBytes > (paused ? mostHeldBytes / 2 : mostHeldBytes)
  return (heldBytes, paused) =>
    limiting.some((stage) => {
      const queueBytes = Math.min(mostHeldBytes, stage.heldLimitBytes ?? mostHeldBytes)
      const flightBytes = Math.min(mostHeldBytes, stage.flightBytes?.() ?? 0)
      return heldBytes > flightBytes + (paused ? queueBytes / 2 : queueBytes)
    })
}

function pushThrough(rules: readonly RuleStages[], direction: Direction, leave: Leave): (piece: Piece) => void {
  const single = rules.length === 1
  // Pieces go through one by one, to the end each, so that these are the due times of the one that comes out.
  const dues: number[] = rules.map(() => 0)
  let next = (piece: Piece): void => leave(piece, rules, single ? null : [...dues])
  for (const [index, rule] of [...rules.entries()].toReversed()) {
    if (!single) next = noting(dues, index, next)
    for (const stage of rule.streams(direction).toReversed()) next = through(stage, next)
  }
  return next
}

function noting(dues: number[], index: number, next: (piece: Piece) => void): (piece: Piece) => void {
  return (piece) => {
    dues[index] = piece.dueNs
    next(piece)
  }
}

function through(stage: StreamStage, next: (piece: Piece) => void): (piece: Piece) => void {
  return (piece) => stage.push(piece, next)
}

/** When a piece is due without the rules that are no longer on, of those it has passed; never later than it is. */
export function dueWithout(piece: Piece, rules: readonly RuleStages[], dues: Dues, nowNs: number): number {
  if (rules.every((rule) => rule.isOn(nowNs))) return piece.dueNs
  if (dues === null) return Math.min(piece.dueNs, nowNs)
  const sparedNs = rules.reduce((sum, rule, index) => {
    if (rule.isOn(nowNs)) return sum
    const fromNs = index === 0 ? piece.arrivedNs : (dues[index - 1] ?? piece.arrivedNs)
    return sum + Math.max(0, (dues[index] ?? fromNs) - fromNs)
  }, 0)
  return Math.min(piece.dueNs, Math.max(nowNs, piece.dueNs - sparedNs))
}
