import { isIP } from 'node:net'
import { isLoopback } from '../../kernel/loopback.ts'
import { type AnyFault, activeFaults } from '../faults.ts'
import { specificityOf, type Traffic } from '../match.ts'
import type { Rule } from '../rule.ts'
import { canAct } from '../rules.ts'

/** Whether one of the rules may act on such traffic by a fault of such a kind. What is not known of it may be anything. */
export function concerns(rules: readonly Rule[], traffic: Traffic, such: (fault: AnyFault) => boolean): boolean {
  return rules.some((rule) => {
    if (!canAct(rule) || !activeFaults(rule.faults).some(({ fault }) => such(fault))) return false
    const { match } = rule
    // A name may be in any network, as long as nobody has looked it up.
    const open = traffic.address === null && isIP(traffic.host) === 0
    return (
      specificityOf(
        open ? { ...match, cidrs: [], hosts: match.cidrs.length > 0 ? [] : match.hosts } : match,
        traffic,
      ) !== null
    )
  })
}

/** Whether faults may act on what goes there: this machine, or what the user has named. */
export function mayFault(host: string, address: string | null, allowedHosts: readonly string[]): boolean {
  if (allowedHosts.includes(host) || (address !== null && allowedHosts.includes(address))) return true
  return isLoopback(address ?? host)
}
