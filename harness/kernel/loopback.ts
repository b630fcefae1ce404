import { BlockList, isIP, isIPv6 } from 'node:net'

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
