import { SoakrigError } from '../kernel/errors.ts'
import { step } from '../kernel/json.ts'
import { parseQuantity } from '../kernel/units.ts'
import type { Profile, Provenance } from '../profile/profile.ts'
import { badFlag } from './bad-flag.ts'
import { subjectOf, type TuneSubject } from './tune-subject.ts'

/** What a search for the tolerance is told on the command line, as it was written. */
export interface TuneFlags {
  readonly only: readonly string[] | undefined
  readonly parameter: string | undefined
  readonly resolution: string | undefined
  readonly budget: string | undefined
}

/** What a search for the tolerance is told. */
export interface TuneSettings {
  readonly subjects: readonly TuneSubject[]
  readonly notMeasured: readonly { readonly what: string; readonly why: string }[]
  /** What held and what broke are to differ by no more than this share. */
  readonly resolution: number
  /** Longest time for all policies; null for twice what they usually take. */
  readonly budgetNs: number | null
  /** All of them as they are archived with the profile, and where each came from, by JSON pointer. */
  readonly written: Readonly<Record<string, unknown>>
  readonly provenance: Profile['provenance']
}

const standardResolution = '10%'
/** Nearer than this no two slices tell from each other. */
const leastResolution = 0.01

/**
 * Reads the flags. Policies without a strength are left out and named, unless they were asked for. Throws `bad-flag`, and
 * `cannot-tune` where a policy that was asked for, or all of them, cannot be searched (104).
 */
export function tuneSettingsOf(flags: TuneFlags, profile: Profile): TuneSettings {
  const { only, parameter, resolution = standardResolution, budget } = flags
  const { policies, mode, ceilings } = profile
  const chosen = policies.filter(({ name }) => mode.policies === 'all' || mode.policies.includes(name))
  const found = chosen.map((policy) => ({ name: policy.name, subject: subjectOf(policy, parameter, ceilings) }))
  const problems = found.flatMap(({ name, subject }) =>
    'whyNone' in subject ? [{ where: `/policies${step(name)}`, message: subject.whyNone }] : [],
  )
  if (problems.length === found.length || (only !== undefined && problems.length > 0))
    throw new SoakrigError(found.length === 0 ? 'there is no policy to tune' : 'no strength can be searched for', {
      code: 'cannot-tune',
      exit: 'usage',
      hint: '--only names the policies, and --parameter the strength, such as latency.delay.',
      problems,
    })
  const share = parseQuantity('share', resolution)
  if (!('value' in share) || share.value < leastResolution || share.value > 1)
    throw badFlag('--resolution', resolution, 'a share from 1% to 100%')
  const written = { only: only ?? null, parameter: parameter ?? null, resolution, budget: budget ?? null }
  return {
    subjects: found.flatMap(({ subject }) => ('whyNone' in subject ? [] : [subject])),
    notMeasured: found.flatMap(({ name, subject }) =>
      'whyNone' in subject ? [{ what: `policy ${name}`, why: subject.whyNone }] : [],
    ),
    resolution: share.value,
    budgetNs: budget === undefined ? null : durationOf('--budget', budget),
    written,
    provenance: provenanceOf(written, flags),
  }
}

function provenanceOf(written: Readonly<Record<string, unknown>>, flags: TuneFlags): Profile['provenance'] {
  const originOf = (key: string): Provenance => (flags[key as keyof TuneFlags] === undefined ? 'default' : 'flag')
  return Object.fromEntries(
    Object.entries(written).flatMap(([key, value]) => {
      const places = Array.isArray(value) ? value.map((_, index) => `/tune/${key}/${index}`) : [`/tune/${key}`]
      return places.map((place) => [place, originOf(key)])
    }),
  )
}

/** A bare number is in seconds. */
function durationOf(flag: string, text: string): number {
  const parsed = parseQuantity('duration', /^\d+(\.\d+)?$/u.test(text) ? `${text}s` : text)
  if ('value' in parsed && parsed.value > 0) return parsed.value
  throw badFlag(flag, text, 'a duration, such as 5m')
}
