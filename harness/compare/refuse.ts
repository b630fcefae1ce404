import { shapingPart } from '../archive/fingerprint.ts'
import type { Result } from '../archive/result.ts'
import { type Problem, SoakrigError } from '../kernel/errors.ts'
import { step } from './pointer.ts'

const mostDifferences = 10

/** Throws `different-profiles` (112) for results that do not measure the same, with the places that differ. */
export function refuseDifferent(base: Result, next: Result): void {
  const same =
    base.run.profile === next.run.profile &&
    base.run.mode === next.run.mode &&
    base.env.profileFingerprint === next.env.profileFingerprint &&
    base.simulated === next.simulated
  if (same) return
  const problems = differencesOf(base, next)
  const further = problems.length - mostDifferences
  throw new SoakrigError('the two results do not measure the same, so there is nothing to compare', {
    code: 'different-profiles',
    exit: 'nothingToCompare',
    problems: problems.slice(0, mostDifferences),
    hint:
      (further > 0 ? `${further} more places differ. ` : '') +
      'Compare two runs of one profile in one mode; limits, seeds and tags may differ.',
  })
}

function differencesOf(base: Result, next: Result): Problem[] {
  const names = [
    ...difference('/run/profile', base.run.profile, next.run.profile),
    ...difference('/run/mode', base.run.mode, next.run.mode),
    ...difference('/simulated', base.simulated, next.simulated),
  ]
  const settings = difference(
    '/config/profile',
    shapingPart(base.config.profile, base.run.mode),
    shapingPart(next.config.profile, next.run.mode),
  )
  const fingerprints = difference('/env/profileFingerprint', base.env.profileFingerprint, next.env.profileFingerprint)
  return [...names, ...(settings.length > 0 ? settings : fingerprints)]
}

/** The leaves in which two documents differ, by JSON pointer. */
function difference(where: string, base: unknown, next: unknown): Problem[] {
  if (isHolder(base) && isHolder(next) && Array.isArray(base) === Array.isArray(next)) {
    const [a, b] = [new Map(Object.entries(base)), new Map(Object.entries(next))]
    return [...new Set([...a.keys(), ...b.keys()])].flatMap((key) =>
      difference(where + step(key), a.get(key), b.get(key)),
    )
  }
  return base === next ? [] : [{ where, message: `base ${shown(base)}, new ${shown(next)}` }]
}

function isHolder(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80)
}
