import { isIP } from 'node:net'
import { Buffer } from 'node:buffer'
import type { Clock } from '../../kernel/clock.ts'
import type { Rng } from '../../kernel/rng.ts'
import { type TimerWheel, wheelEntry } from '../../kernel/timer-wheel.ts'
import { noDecisions } from '../decisions.ts'
import { dns, type DnsKind, type DnsSettings } from '../dns.ts'
import { judgeQuery } from '../dns/verdict.ts'
import type { AnyFault } from '../faults.ts'
import { ArmRules } from '../relay/arm-rules.ts'
import type { RuleTallies } from '../../measure/rule-tally.ts'
import type { Rule } from '../rule.ts'
import { concerns } from './concern.ts'
import type { Hold } from './hold.ts'

/** What a look-up finds besides what the system would say. */
export type LookedUp =
  /** As the system says. */
  | { readonly kind: 'honest' }
  | { readonly kind: 'address'; readonly address: string; readonly family: 4 | 6 }
  | { readonly kind: 'failed'; readonly error: Error }

/** What the system's resolver makes of an answer, in the codes of `dns.lookup`. */
const codes: Readonly<Partial<Record<DnsKind, string>>> = {
  drop: 'EAI_AGAIN',
  nxdomain: 'ENOTFOUND',
  servfail: 'EAI_AGAIN',
  refused: 'EAI_AGAIN',
  empty: 'ENOTFOUND',
  malformed: 'EAI_AGAIN',
}

export interface LookupsOptions {
  readonly layer: string
  readonly rules: readonly Rule[]
  readonly rng: Rng
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly hold: Hold
}

const isDns = ({ keyword }: AnyFault): boolean => keyword === dns.keyword

/** The program's look-ups of names (`dns.lookup`), under rules with a fault of DNS. Those of `dns.resolve` are left alone. */
export class Lookups {
  readonly #options: LookupsOptions
  readonly #rules: ArmRules

  constructor(options: LookupsOptions) {
    const { layer, rules, rng, clock, wheel } = options
    this.#options = options
    this.#rules = new ArmRules({
      arm: 'lookups',
      layers: [{ name: layer, rules }],
      context: { rng, clock, wheel, decisions: noDecisions },
    })
  }

  /** Whether a rule is for this name. */
  concerns(name: string): boolean {
    return isIP(name) === 0 && concerns(this.#options.rules, trafficOf(name), isDns)
  }

  /** Looks one name up, under the faults that act; `family` 6 asks for IPv6 only. */
  look(name: string, family: number, found: (what: LookedUp) => void): void {
    const { clock, wheel, hold } = this.#options
    const nowNs = clock.nowNs()
    const session = this.#rules.session(trafficOf(name), { hurry() {}, changed() {} })
    const acting = session.begin(null).filter((stages) => stages.isOn(nowNs))
    const question = { name: name.toLowerCase(), type: family === 6 ? 'AAAA' : 'A', overTcp: false }
    const { kind, delayNs, wrong } = judgeQuery(acting, question, Buffer.byteLength(name), nowNs)
    session.close()
    const timeouts = acting.flatMap(({ state }) =>
      state.active.filter(({ fault }) => isDns(fault)).map(({ settings }) => (settings as DnsSettings).timeoutNs),
    )
    const waitNs = kind === 'drop' ? Math.max(...timeouts) : delayNs
    const code = kind === null ? undefined : codes[kind]
    const what: LookedUp =
      code !== undefined
        ? { kind: 'failed', error: failed(code, name) }
        : kind === 'wrongAddress'
          ? { kind: 'address', address: family === 6 ? `::ffff:${wrong}` : wrong, family: family === 6 ? 6 : 4 }
          : { kind: 'honest' }
    if (waitNs === 0) return found(what)
    const release = hold.take()
    const entry = wheelEntry(() => {
      release()
      found(what)
    })
    wheel.schedule(entry, nowNs + waitNs)
  }

  read(): RuleTallies {
    return this.#rules.read().rules
  }
}

function trafficOf(name: string) {
  return { protocol: 'udp', host: name, address: null, port: 53, sni: null } as const
}

function failed(code: string, hostname: string): Error {
  return Object.assign(new Error(`getaddrinfo ${code} ${hostname} (synthetic)`), {
    code,
    syscall: 'getaddrinfo',
    hostname,
    synthetic: true,
  })
}
