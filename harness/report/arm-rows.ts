import type { Result, ResultArm, ResultPhase } from '../archive/result.ts'
import { nothing, percent, shortNumber } from './format.ts'

/** How a cell reads: as it should, broken, or not known. */
export type Tone = 'plain' | 'good' | 'bad' | 'unsure'

export interface Cell {
  readonly text: string
  readonly tone: Tone
}

/** The columns of the table of arms. */
export const armColumns = ['arm', 'path', 'ok/s', 'p50 ms', 'p99 ms', 'errors', 'fired', 'effect', 'bounds'] as const

/** Arms that a phase is named after. */
const usual: readonly string[] = ['baseline', 'policy']

const plain = (text: string): Cell => ({ text, tone: 'plain' })

/** The table of arms, a row for each; canary and warm-up, which prove and heat but measure nothing, are left out. */
export function armRows({ phases }: Result): Cell[][] {
  return phases
    .filter(isShown)
    .flatMap(({ id, arms }) =>
      arms.map((arm) => [
        plain(usual.includes(arm.arm) ? id : `${id} ${arm.arm}`),
        plain(arm.path),
        plain(shortNumber(arm.operations.perSecond)),
        plain(shortNumber(arm.latencyMs.p50)),
        plain(shortNumber(arm.latencyMs.p99)),
        plain(errorsOf(arm)),
        plain(firedOf(arm)),
        effectOf(arm),
        boundsOf(arm),
      ]),
    )
}

/** Whether a phase measures the target. */
export function isShown({ kind }: ResultPhase): boolean {
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
