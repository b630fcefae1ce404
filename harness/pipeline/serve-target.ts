import type { Clock } from '../kernel/clock.ts'
import { SoakrigError } from '../kernel/errors.ts'
import { createRng } from '../kernel/rng.ts'
import { targetSchemaProblems } from '../profile/validate.ts'
import { type ServedBuiltin, serveBuiltin } from '../target/builtin/serve.ts'
import { parseTarget, targetProblems } from '../target/settings.ts'
import { badFlag } from './bad-flag.ts'

export interface ServeTargetOptions {
  readonly host: string
  readonly port: number
  /** A built-in target as a profile holds it, without stats. */
  readonly target: Readonly<Record<string, unknown>>
  readonly seed: number
  readonly clock: Clock
  /** The request of `dieAfter` has come. */
  readonly onDeath: () => void
}

/** Starts a built-in target in this process. Rejects with `bad-target`, `bad-flag` (104), `port-taken` or `socket-path` (106). */
export async function serveTarget({
  target,
  seed,
  host,
  port,
  ...context
}: ServeTargetOptions): Promise<ServedBuiltin> {
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) throw badFlag('--port', String(port), '0 to 65535')
  if (Number.isNaN(seed)) throw badFlag('--seed', String(seed), 'a number')
  const bySchema = targetSchemaProblems(target)
  const problems =
    bySchema.length > 0 ? bySchema : targetProblems(target).map(({ pointer, message }) => ({ where: pointer, message }))
  const settings = problems.length === 0 ? parseTarget(target) : undefined
  if (settings?.kind !== 'builtin') {
    throw new SoakrigError('the settings of the target are not valid', { code: 'bad-target', exit: 'usage', problems })
  }
  return serveBuiltin({ ...settings, host, port }, { ...context, rng: createRng(seed) })
}
