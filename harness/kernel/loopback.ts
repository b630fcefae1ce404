import { lookup } from 'node:dns/promises'
import { BlockList, isIP, isIPv6 } from 'node:net'
import { SoakrigError } from './errors.ts'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** True for an address of 127.0.0.0/8 or ::1; names are no addresses. */
export function isLoopback(address: string): boolean {
  return isIP(address) !== 0 && loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** True when load may go to this address: loopback, or one that the user named by address or host name. */
export function mayDial(address: string, host: string, allowedHosts: readonly string[]): boolean {
  return isLoopback(address) || allowedHosts.includes(address) || allowedHosts.includes(host)
}

/**
 * The address of a host, by which it is dialled: every one that it resolves to must be loopback, or named by the user.
 * Rejects with `host-not-allowed` (104) or `host-unknown` (106).
 */
export async function resolveAllowed(host: string, allowedHosts: readonly string[]): Promise<string> {
  const addresses = await lookup(host, { all: true }).catch((cause: unknown) => {
    throw new SoakrigError(`the host ${host} has no address`, { code: 'host-unknown', exit: 'environment', cause })
  })
  const foreign = addresses.find(({ address }) => !mayDial(address, host, allowedHosts))
  const [first] = addresses
  if (first && !foreign) return first.address
  throw new SoakrigError(`${host} (${foreign?.address ?? 'no address'}) is not a loopback address`, {
    code: 'host-not-allowed',
    exit: 'usage',
    hint: `Load, faults and stress go to this machine only. If ${host} is yours to stress, name it: --allow-host ${host}`,
  })
}
