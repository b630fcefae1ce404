import { lookup } from 'node:dns/promises'
import { SoakrigError } from '../kernel/errors.ts'
import { mayDial } from '../kernel/loopback.ts'
import type { TargetSettings } from '../target/settings.ts'

/**
 * Refuses a target that is not on loopback and was not named, before anything is started. Workers and relay check the
 * address again when they dial. Rejects with `host-not-allowed` (104) or `host-unknown` (106).
 */
export async function checkAddresses(target: TargetSettings, allowedHosts: readonly string[]): Promise<void> {
  if (target.kind !== 'url') return
  const host = new URL(target.url).hostname.replace(/^\[(.*)\]$/u, '$1')
  const addresses = await lookup(host, { all: true }).catch((error: unknown) => {
    throw new SoakrigError(`the host ${host} has no address`, {
      code: 'host-unknown',
      exit: 'environment',
      cause: error,
    })
  })
  const foreign = addresses.find(({ address }) => !mayDial(address, host, allowedHosts))
  if (!foreign) return
  throw new SoakrigError(`${host} (${foreign.address}) is not a loopback address`, {
    code: 'host-not-allowed',
    exit: 'usage',
    hint: `Load, faults and stress go to this machine only. If ${host} is yours to stress, name it: --allow-host ${host}`,
  })
}
