import type { Clock } from '../kernel/clock.ts'
import { SoakrigError } from '../kernel/errors.ts'
import { createRng } from '../kernel/rng.ts'
import { knobProblems } from '../profile/validate.ts'
import { type HttpTarget, startHttpTarget } from '../target/builtin/http.ts'
import { parseHttpKnobs, type RawHttpKnobs } from '../target/builtin/knobs.ts'

export interface ServeTargetOptions {
  readonly host: string
  readonly port: number
  readonly knobs: RawHttpKnobs
  readonly seed: number
  readonly clock: Clock
  /** The request of `dieAfter` has come. */
  readonly onDeath: () => void
}

/** Starts the built-in HTTP target in this process. Rejects with `bad-knob` (104), `port-taken` (106). */
export async function serveTarget({ knobs, seed, ...options }: ServeTargetOptions): Promise<HttpTarget> {
  const problems = knobProblems(knobs)
  if (problems.length > 0)
    throw new SoakrigError('the knobs are not valid', { code: 'bad-knob', exit: 'usage', problems })
  return startHttpTarget({ ...options, knobs: parseHttpKnobs(knobs), rng: createRng(seed) })
}
