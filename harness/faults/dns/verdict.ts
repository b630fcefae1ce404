import { nsPerSecond } from '../../kernel/units.ts'
import { dns, type DnsKind, dnsKinds, type DnsSettings } from '../dns.ts'
import type { StageContext } from '../fault.ts'
import { count as add } from '../fault-counter.ts'
import { everything, specificityOf } from '../match.ts'
import type { RuleStages } from '../relay/rule-stages.ts'
import { uniformDelayNs } from '../uniform-delay.ts'

/** What becomes of one query. */
export interface DnsVerdict {
  /** Null: the honest answer. */
  readonly kind: DnsKind | null
  readonly delayNs: number
  /** The address of `wrongAddress`. */
  readonly wrong: string
  /** Null: as it is. */
  readonly ttlSeconds: number | null
}

/** The verdict where no rule acts. */
const honest: DnsVerdict = { kind: null, delayNs: 0, wrong: '', ttlSeconds: null }

/** What a query is about. */
export interface Question {
  readonly name: string
  readonly type: string
  readonly overTcp: boolean
}

/** Whether the fault is for such questions at all. */
function isEligible({ names, types }: DnsSettings, { name, type }: Question): boolean {
  const traffic = { protocol: 'udp', host: name, address: null, port: 53, sni: null } as const
  const named = names.length === 0 || specificityOf({ ...everything, hosts: names }, traffic) !== null
  return named && (types as readonly string[]).includes(type)
}

/**
 * Decides one query by the rules that act on it, and counts what they do. Of several rules the first that makes something
 * up decides; their delays add.
 */
export function judgeQuery(
  acting: readonly RuleStages[],
  question: Question,
  sizeBytes: number,
  nowNs: number,
): DnsVerdict {
  let verdict = honest
  for (const stages of acting) {
    for (const { fault, settings, direction } of stages.state.active) {
      if (fault.keyword !== dns.keyword || !isEligible(settings as DnsSettings, question)) continue
      const context = stages.context(fault, direction)
      const one = dnsVerdict(settings as DnsSettings, question, context, nowNs)
      count(context, one, sizeBytes)
      verdict = together(verdict, one)
    }
  }
  return verdict
}

/** One number is drawn for the kind, and one more for the delay where there is a jitter. */
function dnsVerdict(
  { shares, delayNs, jitterNs, wrong, ttlNs }: DnsSettings,
  { overTcp }: Question,
  context: StageContext,
  nowNs: number,
): DnsVerdict {
  const draw = (): number => context.rng.next()
  const strength = context.strength(nowNs)
  let left = context.decide('kind', draw)
  const kind = dnsKinds.find((one) => (left -= strength * shares[one]) < 0) ?? null
  return {
    kind: kind === 'truncated' && overTcp ? null : kind,
    delayNs:
      kind === 'drop'
        ? 0
        : Math.round(strength * uniformDelayNs(delayNs, jitterNs, () => context.decide('delay', draw))),
    wrong,
    ttlSeconds: ttlNs === null ? null : Math.round(ttlNs / nsPerSecond),
  }
}

function count({ tally, counters }: StageContext, { kind, delayNs, ttlSeconds }: DnsVerdict, sizeBytes: number): void {
  tally.eligible++
  if (kind === null && delayNs === 0 && ttlSeconds === null) return
  tally.fired++
  tally.bytes += sizeBytes
  add(counters, `${dns.keyword}.${kind ?? (delayNs > 0 ? 'delayed' : 'ttl')}`)
}

function together(first: DnsVerdict, next: DnsVerdict): DnsVerdict {
  return {
    kind: first.kind ?? next.kind,
    delayNs: first.delayNs + next.delayNs,
    wrong: first.kind === 'wrongAddress' ? first.wrong : next.wrong,
    ttlSeconds: first.ttlSeconds ?? next.ttlSeconds,
  }
}
