import type { Clock } from '../kernel/clock.ts'
import { SoakrigError } from '../kernel/errors.ts'
import { recordDecisions } from './decision-record.ts'
import { describeDivergence, type Divergence, replayDecisions } from './decision-replay.ts'
import { type Decisions, noDecisions } from './decisions.ts'
import type { DecisionLogSettings } from './relay/protocol.ts'

/** What became of a log of decisions, once it is closed. */
export interface DecisionLogReport {
  readonly mode: 'record' | 'replay'
  readonly file: string
  /** Written to it, or taken from it. */
  readonly decisions: number
  /** Decisions of a recording that are not in it: it is incomplete, and cannot be replayed. */
  readonly dropped: number
  /** Why it could not be written to the end. */
  readonly problem: string | null
  /** Where a replay first parted from it. */
  readonly divergence: Divergence | null
}

/** Decisions with the log that is kept of them, or that they are replayed from. */
export interface DecisionLog {
  readonly decisions: Decisions
  /** Ends the log; says the same every time it is called. Null where none is kept. Never rejects. */
  readonly close: () => Promise<DecisionLogReport | null>
}

export interface DecisionLogOptions {
  readonly settings: DecisionLogSettings | null
  readonly seed: number
  readonly clock: Clock
}

/**
 * Opens the log of decisions that is asked for. The seed is told in a recording; a replay needs none, since every decision
 * comes from its log. Rejects with `cannot-write` (106) and `bad-decision-log` (104).
 */
export async function openDecisionLog({ settings, seed, clock }: DecisionLogOptions): Promise<DecisionLog> {
  if (settings === null) return { decisions: noDecisions, close: () => Promise.resolve(null) }
  const { mode, file } = settings
  const ended = (close: () => Promise<DecisionLogReport>): (() => Promise<DecisionLogReport>) => {
    let report: Promise<DecisionLogReport> | undefined
    return () => (report ??= close())
  }
  if (mode === 'record') {
    const record = await recordDecisions(file, { seed, clock })
    return {
      decisions: record,
      close: ended(async () => ({ mode, file, ...(await record.close()), divergence: null })),
    }
  }
  const replay = await replayDecisions(file)
  return {
    decisions: replay,
    close: ended(async () => {
      const divergence = replay.divergence(true)
      return { mode, file, decisions: replay.replayed(), dropped: 0, problem: null, divergence }
    }),
  }
}

/**
 * Throws what a log's end means for who asked for it: `replay-diverged` (114) with the place of the first divergence, or
 * `log-incomplete` (106).
 */
export function checkDecisionLog(report: DecisionLogReport | null): void {
  if (report === null) return
  const { divergence, dropped, problem, file } = report
  if (divergence) {
    throw new SoakrigError(`the replay left its log: ${describeDivergence(divergence)}`, {
      code: 'replay-diverged',
      exit: 'void',
      hint: 'Replay the same traffic under the same rules: connections in the same order, with the same exchanges.',
    })
  }
  if (dropped === 0 && problem === null) return
  const why = problem === null ? 'they came faster than the disk took them' : problem
  throw new SoakrigError(`the log ${file} is incomplete: ${dropped} decisions are not in it, since ${why}`, {
    code: 'log-incomplete',
    exit: 'environment',
    hint: 'Look at the free space and the speed of its disk.',
  })
}
