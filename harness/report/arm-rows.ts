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
  /** What must be known to read it; null for nothing. */
  readonly note: string | null
}

const columns = [
  'arm',
  'path',
  'ok/s',
  'p50 ms',
  'p99 ms',
  'from',
  'errors',
  'degraded',
  'fired',
  'effect',
  'bounds',
] as const

/** Columns that are left out where no arm has anything to tell in them. */
const optional: readonly string[] = ['from', 'degraded', 'fired', 'effect', 'bounds']

/** So many classes of errors have room in a cell, the commonest first. */
const mostClasses = 3

/** Arms that a phase is named after. */
const usual: readonly string[] = ['baseline', 'policy']

const plain = (text: string): Cell => ({ text, tone: 'plain' })

/**
 * The table of arms, a row for each; canary and warm-up, which prove and heat but measure nothing, are left out, and the
 * steps of a search for capacity, which have a table of their own. Latency is
 * of all operations, whether they succeeded or not; with a schedule it is what a caller waits: from the intended start.
 */
export function armTable({ phases }: Result): ArmTable {
  const shown = phases.filter(isShown)
  const scheduled = shown.some(({ arms }) => arms.some(({ correctedLatencyMs }) => correctedLatencyMs !== null))
  const anyFailed = shown.some(({ arms }) => arms.some(({ operations }) => operations.failed > 0))
  const rows = shown.flatMap(({ id, arms }) => arms.map((arm) => rowOf(id, arm, scheduled)))
  const kept = columns
    .map((name, column) => ({ name, column }))
    .filter(({ name, column }) => !optional.includes(name) || rows.some((row) => row[column]?.text !== nothing))
    .map(({ column }) => column)
  return {
    head: kept.map((column) => columns[column] as string),
    rows: rows.map((row) => kept.map((column) => row[column] as Cell)),
    numeric: [2, 3, 4],
    note: anyFailed ? 'p50 and p99 are of all operations, failed and refused ones at their own time' : null,
  }
}

/** What an arm of this phase and kind is called in tables. */
export function armName(phase: string, kind: string): string {
  return usual.includes(kind) ? phase : `${phase} ${kind}`
}

function rowOf(phase: string, arm: ResultArm, scheduled: boolean): Cell[] {
  const { p50, p99 } = arm.correctedLatencyMs ?? arm.latencyMs
  const from = arm.correctedLatencyMs === null ? 'send' : 'intended start'
  return [
    plain(armName(phase, arm.arm)),
    plain(arm.path),
    plain(shortNumber(arm.operations.perSecond)),
    plain(shortNumber(p50)),
    plain(shortNumber(p99)),
    plain(scheduled ? from : nothing),
    plain(errorsOf(arm)),
    plain(degradedOf(arm)),
    plain(firedOf(arm)),
    effectOf(arm),
    boundsOf(arm),
  ]
}

/** Whether a phase is one of those whose arms are shown. */
function isShown({ kind }: ResultPhase): boolean {
  return kind !== 'canary' && kind !== 'warmup' && kind !== 'capacity'
}

function errorsOf({ operations: { ok, failed }, errors }: ResultArm): string {
  if (ok + failed === 0) return nothing
  const share = percent(failed / (ok + failed))
  if (failed === 0) return share
  const classes = Object.entries(errors)
    .filter(([, count]) => count > 0)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name]) => name)
  const rest = classes.length > mostClasses ? ['…'] : []
  return [`${share} ${classes[0] ?? ''}`.trim(), ...classes.slice(1, mostClasses), ...rest].join(', ')
}

function degradedOf({ operations: { ok, failed, degraded } }: ResultArm): string {
  return degraded === 0 ? nothing : percent(degraded / (ok + failed))
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
  const measured = bounds.some(({ ok, actual, why }) => !ok && actual !== null && why === undefined)
  return measured ? { text: 'broken', tone: 'bad' } : { text: 'unmeasured', tone: 'unsure' }
}
