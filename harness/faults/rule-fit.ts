import type { Problem } from '../kernel/errors.ts'
import { quoted } from '../kernel/suggest.ts'
import type { AnyFault } from './faults.ts'
import { activeFaults } from './faults.ts'
import type { Rule } from './rule.ts'

/** A place where faults act that not all conditions of a rule reach. */
interface Site {
  readonly where: string
  readonly has: (fault: AnyFault) => boolean
  /** Conditions that nothing there can be held against: a step below the rule, and whether the rule has it. */
  readonly deaf: readonly (keyof typeof conditions)[]
}

/** Conditions of a rule, and whether it has them. */
const conditions = {
  probability: ({ probability }: Rule) => probability < 1,
  connections: ({ connections }: Rule) => connections < 1,
  match: ({ match }: Rule) =>
    match.hosts.length + match.cidrs.length + match.ports.length > 0 || match.protocol !== 'any',
  'match/sni': ({ match }: Rule) => match.snis.length > 0,
  'match/request': ({ match }: Rule) => match.requests.length > 0,
} as const

const sites: readonly Site[] = [
  {
    where: 'on a listener, before there is a connection',
    has: (fault) => 'listener' in fault,
    deaf: ['probability', 'connections', 'match/sni', 'match/request'],
  },
  {
    where: 'on the target itself',
    has: ({ elsewhere }) => elsewhere === 'target',
    deaf: ['probability', 'connections', 'match', 'match/sni', 'match/request'],
  },
  {
    where: 'where connections are dialled',
    has: ({ elsewhere }) => elsewhere === 'dialer',
    deaf: ['match/sni', 'match/request'],
  },
  {
    where: 'where names are looked up',
    has: ({ elsewhere }) => elsewhere === 'dns',
    deaf: ['match/sni', 'match/request'],
  },
]

/** Conditions of a rule that one of its faults could never be held against: it would act always, or never. */
export function ruleFitProblems(rule: Rule, pointer: string): Problem[] {
  const faults = [...new Set(activeFaults(rule.faults).map(({ fault }) => fault))]
  return sites.flatMap(({ where, has, deaf }) => {
    const names = faults.filter(has).map(({ keyword }) => keyword)
    if (names.length === 0) return []
    return deaf
      .filter((name) => conditions[name](rule))
      .map((name) => ({
        where: `${pointer}/${name}`,
        message: `found a condition for ${quoted(names)}, allowed: none, as that acts ${where}`,
      }))
  })
}
