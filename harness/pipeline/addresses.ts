import { resolveAllowed } from '../kernel/loopback.ts'
import type { TargetSettings } from '../target/settings.ts'

/**
 * Refuses a target that is not on loopback and was not named, before anything is started. Workers and relay check the
 * address again when they dial. Rejects with `host-not-allowed` (104) or `host-unknown` (106).
 */
export async function checkAddresses(target: TargetSettings, allowedHosts: readonly string[]): Promise<void> {
  if (target.kind === 'url')
    await resolveAllowed(new URL(target.url).hostname.replace(/^\[(.*)\]$/u, '$1'), allowedHosts)
}
