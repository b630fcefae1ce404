import { Resolver } from 'node:dns'
import { systemCode } from '../../kernel/errors.ts'
import { type TimerWheel, wheelEntry } from '../../kernel/timer-wheel.ts'
import type { Clock } from '../../kernel/clock.ts'
import { nsPerMs } from '../../kernel/units.ts'

/** A resolver to ask, and the name to ask it for. */
export interface NamedResolver {
  /** Address and port of the resolver. */
  readonly host: string
  readonly port: number
  readonly name: string
  /** How long to wait for its answer; there is one query, and one more over TCP where it was truncated. */
  readonly timeoutNs: number
}

/** c-ares has a limit of its own, which must not come before ours: it is not kept to the ms, and from 250 ms on. */
const laterMs = 5000

/** Told the first address of the name, or why there is none. */
export type Found = (error: Error | null, address: string, family: 4 | 6) => void

/**
 * Asks a resolver for the address of a name: of IPv4, and of IPv6 where there is none. Errors have the codes of
 * `dns.Resolver` (`ENOTFOUND`, `ESERVFAIL`, `EREFUSED`, `ENODATA`, `EBADRESP`), but a resolver that does not answer is an
 * `EAI_AGAIN`, as of the system's. Returns what gives the look-up up: nothing is told then.
 */
export function lookUp(
  { host, port, name, timeoutNs }: NamedResolver,
  { clock, wheel }: { readonly clock: Clock; readonly wheel: TimerWheel },
  found: Found,
): () => void {
  // One for each: what c-ares learns of a server from one look-up, such as its speed, is not to change the next.
  const resolver = new Resolver({ timeout: Math.ceil(timeoutNs / nsPerMs) + laterMs, tries: 1 })
  resolver.setServers([host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`])
  let over = false
  const end = (): boolean => {
    if (over) return false
    over = true
    wheel.cancel(limit)
    return true
  }
  const tell: Found = (error, address, family) => {
    if (end()) found(error, address, family)
  }
  const limit = wheelEntry(() => {
    tell(failed('EAI_AGAIN', name), '', 4)
    resolver.cancel()
  })
  const answered =
    (family: 4 | 6, otherwise: (error: Error) => void) =>
    (error: Error | null, addresses: readonly string[] = []): void => {
      const [first] = addresses
      if (first === undefined) otherwise(error ?? failed('ENODATA', name))
      else tell(null, first, family)
    }
  const askSix = answered(6, (error) => tell(error, '', 6))
  const askFour = answered(4, (error) => {
    if (systemCode(error) !== 'ENODATA' || over) tell(error, '', 4)
    else resolver.resolve6(name, askSix)
  })
  resolver.resolve4(name, askFour)
  wheel.schedule(limit, clock.nowNs() + timeoutNs)
  return () => {
    if (end()) resolver.cancel()
  }
}

/** A failed look-up, as `dns.lookup` tells it. */
function failed(code: string, name: string): Error {
  return Object.assign(new Error(`getaddrinfo ${code} ${name}`), {
    code,
    syscall: 'getaddrinfo',
    hostname: name,
  })
}
