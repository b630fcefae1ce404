import type { Result, ResultArm, ResultPhase } from '../archive/result.ts'
import { nothing, percent, shortNumber } from './format.ts'

/** How a cell reads: as it should, broken, or not known. */
export type Tone = 'plain' | 'good' | 'bad' | 'unsure'

export interface Cell {
  readonly text: string
  readonly tone: Tone
}

/** The table of arms. */
export interface ArmTable {
  readonly head: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
  /** The columns of numbers. */
  readonly numeric: readonly number[]
}

const columns = ['arm', 'path', 'ok/s', 'p50 ms', 'p99 ms', 'from', 'errors', 'fired', 'effect', 'bounds'] as const

/** Columns that are left out where no arm has anything to tell in them. */
const optional: readonly string[] = ['from', 'fired', 'effect', 'bounds']

/** Arms that a phase is named after. */
const usual: readonly string[] = ['baseline', 'policy']

const plain = (text: string): Cell => ({ text, tone: 'plain' })

/**
 * The table of arms, a row for each; canary and warm-up, which prove and heat but measure nothing, are left out. With a
 * schedule, latency is what a caller waits: from the intended start.
 */
export function armTable({ phases }: Result): ArmTable {
  const shown = phases.filter(isShown)
  const scheduled = shown.some(({ arms }) => arms.some(({ correctedLatencyMs }) => correctedLatencyMs !== null))
  const rows = shown.flatMap(({ id, arms }) => arms.map((arm) => rowOf(id, arm, scheduled)))
  const kept = columns
    .map((name, column) => ({ name, column }))
    .filter(({ name, column }) => !optional.includes(name) || rows.some((row) => row[column]?.text !== nothing))
    .map(({ column }) => column)
  return {
    head: kept.map((column) => columns[column] as string),
    rows: rows.map((row) => kept.map((column) => row[column] as Cell)),
    numeric: [2, 3, 4],
  }
}

function rowOf(phase: string, arm: ResultArm, scheduled: boolean): Cell[] {
  const { p50, p99 } = arm.correctedLatencyMs ?? arm.latencyMs
  const from = arm.correctedLatencyMs === null ? 'send' : 'intended start'
  return [
    plain(usual.includes(arm.arm) ? phase : `${phase} ${arm.arm}`),
    plain(arm.path),
    plain(shortNumber(arm.operations.perSecond)),
    plain(shortNumber(p50)),
    plain(shortNumber(p99)),
    plain(scheduled ? from : nothing),
    plain(errorsOf(arm)),
    plain(firedOf(arm)),
    effectOf(arm),
    boundsOf(arm),
  ]
}

/** Whether a phase measures the target. */
function isShown({ kind }: ResultPhase): boolean {
  return kind !== 'canary' && kind !== 'warmup'
}

function errorsOf({ operations: { ok, failed }, errors }: ResultArm): string {
  if (ok + failed === 0) return nothing
  const [commonest] = Object.entries(errors).toSorted(([, a], [, b]) => b - a)
  return failed > 0 && commonest
    ? `${percent(failed / (ok + failed))} ${commonest[0]}`
    : percent(failed / (ok + failed))
}

function firedOf({ fired }: ResultArm): string {
  const shown = Object.entries(fired).map(([fault, tally]) => `${fault} ${tally.fired}/${tally.eligible}`)
  return shown.length > 0 ? shown.join(', ') : nothing
}

function effectOf({ effects }: ResultArm): Cell {
  if (effects.length === 0) return plain(nothing)
  const missing = effects.filter(({ ok }) => !ok)
  if (missing.length === 0) return { text: 'ok', tone: 'good' }
  const unclear = missing.every(({ inconclusive }) => inconclusive !== undefined)
  return unclear ? { text: 'unclear', tone: 'unsure' } : { text: 'void', tone: 'bad' }
}

function boundsOf({ bounds }: ResultArm): Cell {
  if (bounds.length === 0) return plain(nothing)
  if (bounds.every(({ ok }) => ok)) return { text: 'ok', tone: 'good' }
  const measured = bounds.some(({ ok, actual }) => !ok && actual !== null)
  return measured ? { text: 'broken', tone: 'bad' } : { text: 'unmeasured', tone: 'unsure' }
}
