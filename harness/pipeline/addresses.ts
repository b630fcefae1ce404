import { resolveAllowed } from '../kernel/loopback.ts'
import type { Profile } from '../profile/profile.ts'

/**
 * Refuses a target or a dependency that is not on loopback and was not named, before anything is started. Workers and
 * relays check the address again when they dial. Rejects with `host-not-allowed` (104) or `host-unknown` (106).
 */
export async function checkAddresses(
  { target, dependencies }: Pick<Profile, 'target' | 'dependencies'>,
  allowedHosts: readonly string[],
): Promise<void> {
  const ofTarget = target.kind === 'url' ? [new URL(target.url).hostname.replace(/^\[(.*)\]$/u, '$1')] : []
  for (const host of [...ofTarget, ...dependencies.map(({ upstream }) => upstream.host)])
    await resolveAllowed(host, allowedHosts)
}
