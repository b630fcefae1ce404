import type { Pairing } from './slice.ts'

type Named = Pick<Pairing, 'policy' | 'against'>

/** What a comparison is between, for people. */
interface PairNames {
  readonly policy: string
  readonly against: string
}

/** Arms of builds by their kinds; a build that is beside its former one is the target's. */
const builds: Readonly<Record<string, string>> = {
  baseline: 'the target',
  again: 'another process of the target',
  base: 'its former build',
  twin: 'another process of the former build',
}

/** Names for people of two arms by their ids: of a policy the name that the profile gives it. A trace has names of its own. */
export function namesOf({ policy, against }: Named): PairNames {
  const kinds = [policy, against].map((id) => /^baseline\/(\w+)-direct$/u.exec(id)?.[1] ?? null)
  const ofBuilds = kinds.some((kind) => kind !== null && kind !== 'baseline' && Object.hasOwn(builds, kind))
  const nameOf = (id: string, kind: string | null | undefined): string => {
    if (typeof kind !== 'string') return /^policy\.(.+)\/\w+-direct$/u.exec(id)?.[1] ?? id
    if (ofBuilds) return builds[kind] ?? id
    return kind === 'control' ? 'its second measurement' : 'the baseline'
  }
  return { policy: nameOf(policy, kinds[0]), against: nameOf(against, kinds[1]) }
}
