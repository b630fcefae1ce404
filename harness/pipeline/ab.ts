import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { SoakrigError } from '../kernel/errors.ts'
import { workingDirectory } from '../kernel/host.ts'
import type { Profile } from '../profile/profile.ts'
import type { TargetSettings } from '../target/settings.ts'

/** Where commits of a repository are checked out; what is absent is not built from one. */
export interface Checkouts {
  /** Top level of the user's own working tree. */
  readonly root: string
  /** Top levels of the checkouts. */
  readonly base?: string | undefined
  readonly head?: string | undefined
}

/**
 * Refuses a profile of which no former build would be compared. Throws `no-base` where it has none, and `no-gate` where its
 * mode never has enough rounds to (104).
 */
export function refuseWithoutComparison({ base, mode }: Pick<Profile, 'base' | 'mode'>): void {
  if (base === null)
    throw new SoakrigError('there is no former build to compare with', {
      code: 'no-base',
      exit: 'usage',
      hint: 'Name it by --base COMMAND, by --base-ref REF, or by "base" in the profile.',
    })
  refuseWithoutGate(mode)
}

/** Refuses a mode that compares nothing. Throws `no-gate` (104). */
export function refuseWithoutGate({ name, gate }: Profile['mode']): void {
  if (gate !== null) return
  throw new SoakrigError(`the mode ${name} has no gate: it compares nothing often enough to decide`, {
    code: 'no-gate',
    exit: 'usage',
    hint: 'Take --mode long, or say how often by --gate-rounds 12 or by "gate" in the profile.',
  })
}

/**
 * The profile with builds of commits: its target, run in the same folder of a checkout. Throws `no-checkout` (104) where the
 * target would not be what is checked out.
 */
export function withCheckouts(profile: Profile, { root, base, head }: Checkouts): Profile {
  const { target } = profile
  if (target.kind !== 'command')
    throw refused(`the target is a ${target.kind}`, 'Of a command each build is started in a checkout of its own.')
  const inside = relative(root, resolve(workingDirectory(), target.cwd))
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside) || target.cwd.includes('{dir}'))
    throw refused(`its folder ${target.cwd} is outside of the repository ${root}`, 'Set "cwd" to a folder of it.')
  const fixed = [target.command, ...target.prepare].flat().find((word) => word.includes(root + sep))
  if (fixed !== undefined)
    throw refused(`${JSON.stringify(fixed)} is in the working tree`, 'Name files relative to the folder of the target.')
  const at = (checkout: string): TargetSettings => ({ ...target, cwd: join(checkout, inside) })
  return {
    ...profile,
    ...(base !== undefined && { base: at(base) }),
    ...(head !== undefined && { target: at(head) }),
  }
}

function refused(why: string, hint: string): SoakrigError {
  return new SoakrigError(`builds of commits need a target that is checked out with them: ${why}`, {
    code: 'no-checkout',
    exit: 'usage',
    hint,
  })
}
