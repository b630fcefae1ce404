import { resolveAllowed } from '../kernel/loopback.ts'
import type { Profile } from '../profile/profile.ts'

/**
 * Refuses a target or a dependency that is not on loopback and was not named, before anything is started. Workers and
 * relays check the address again when they dial. Rejects with `host-not-allowed` (104) or `host-unknown` (106).
 */
export async function checkAddresses(
  { target, others, dependencies }: Pick<Profile, 'target' | 'others' | 'dependencies'>,
  allowedHosts: readonly string[],
): Promise<void> {
  const targets = [target, ...others.map(({ settings }) => settings)].flatMap((settings) =>
    settings.kind === 'url' ? [new URL(settings.url).hostname.replace(/^\[(.*)\]$/u, '$1')] : [],
  )
  for (const host of [...targets, ...dependencies.map(({ upstream }) => upstream.host)])
    await resolveAllowed(host, allowedHosts)
}
