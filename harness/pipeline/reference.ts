import { whyUnfit } from '../archive/fit.ts'
import { type PassingResults, passingResults, type ReferenceWish, whyOtherRun } from '../archive/list.ts'
import { readPin, readPinned } from '../archive/pin.ts'
import { type ArchivedResult, readResult } from '../archive/read.ts'
import {
  noComparison,
  type ReferenceKind,
  type ResultReference,
  type ResultReferenceRun,
} from '../archive/reference.ts'
import type { Result } from '../archive/result.ts'
import { roundNumbers } from '../archive/text.ts'
import { holdAgainst, isHeld, notHeldText } from '../compare/against.ts'
import { estimandsOf } from '../compare/estimands.ts'
import { messageOf, SoakrigError } from '../kernel/errors.ts'
import { relativesOf } from '../profile/threshold-limit.ts'
import type { Profile } from '../profile/profile.ts'
import type { RunOptions } from './options.ts'
import { type ReferenceChoice, usualReference } from './reference-flag.ts'

/** The archived results that a run is held against, newest first, or why there are none. */
export type Reference = (
  | {
      readonly kind: Exclude<ReferenceKind, 'none'>
      readonly found: readonly [ArchivedResult, ...ArchivedResult[]]
      /** The newest passing results, which tell by how much nights differ; null where those found do. */
      readonly history: readonly ArchivedResult[] | null
    }
  | { readonly whyNone: string }
) & { readonly asked: string | null; readonly leftOut: PassingResults['leftOut'] }

type Wanted = Pick<RunOptions, 'plan' | 'kind' | 'resultsDir' | 'reference' | 'requireReference'>

/**
 * Looks for what a run is to be held against: what was asked for, else what is pinned, else the newest ten. Where nobody asks,
 * a run that is never held against others looks for none. Rejects with `unfit-reference`, `different-profiles`,
 * `no-reference`, or as a pin that does not hold (112), and as `readResult` (104).
 */
export async function findReference(options: Wanted, env: Result['env']): Promise<Reference> {
  if (!isWanted(options)) return { whyNone: notHeldText(options.kind), asked: null, leftOut: [] }
  const reference = await lookFor(options, wishOf(options, env))
  if (options.requireReference === true && 'whyNone' in reference)
    throw new SoakrigError(`there is nothing to compare with: ${reference.whyNone}`, {
      code: 'no-reference',
      exit: 'nothingToCompare',
      problems: reference.leftOut.map(({ file, why }) => ({ where: file, message: why })),
      hint: 'Run it once without --require-reference, or name a result by --reference FILE.',
    })
  return reference
}

function isWanted({ kind, reference, requireReference, plan: { profile } }: Wanted): boolean {
  return isHeld(kind) || reference !== undefined || requireReference === true || hasRelatives(profile)
}

/** Whether something of a profile is held to an archived result. */
function hasRelatives({ thresholds, policies }: Pick<Profile, 'thresholds' | 'policies'>): boolean {
  const all = [...thresholds, ...policies.flatMap(({ bounds }) => bounds)]
  return all.some(({ limit }) => relativesOf(limit).includes('reference'))
}

function wishOf(
  { plan: { profile, gate }, kind, resultsDir }: Wanted,
  { hostFingerprint, profileFingerprint }: Result['env'],
): ReferenceWish {
  const yardstick = gate?.yardstick?.name ?? null
  const named = { resultsDir, profile: profile.name, mode: profile.mode.name, kind, yardstick }
  return { ...named, hostFingerprint, profileFingerprint }
}

async function lookFor({ reference: choice }: Wanted, wish: ReferenceWish): Promise<Reference> {
  if (choice?.kind === 'file') return namedReference(choice, wish)
  const { resultsDir, profile, mode } = wish
  const pin = choice === undefined ? await readPin(resultsDir, profile, mode) : null
  if (pin !== null) return pinnedReference(await readPinned(resultsDir, { profile, mode }, pin), wish)
  return listedReference(choice ?? usualReference, wish)
}

async function namedReference({ asked }: ReferenceChoice, wish: ReferenceWish): Promise<Reference> {
  const found = await readResult(asked)
  const why = whyOtherRun(found.result, wish)
  if (why !== null)
    throw new SoakrigError(`--reference ${asked} does not measure the same: ${why}`, {
      code: 'different-profiles',
      exit: 'nothingToCompare',
      hint: 'Name a result of the same profile, mode and command; limits, seeds and tags may differ.',
    })
  refuseUnfit(found)
  return { kind: 'file', asked, found: [found], ...(await nightsOf(wish)) }
}

/** Refuses a result that others must not be held against. Throws `unfit-reference` (112). */
export function refuseUnfit({ result, file }: ArchivedResult): void {
  const why = whyUnfit(result)
  if (why === null) return
  throw new SoakrigError(`${file} is nothing to compare with: ${why}`, {
    code: 'unfit-reference',
    exit: 'nothingToCompare',
    hint: 'Only a run that passed tells what is usual.',
  })
}

/** What was pinned before the settings changed is no reference any more, and no mistake either. */
async function pinnedReference(pinned: ArchivedResult, wish: ReferenceWish): Promise<Reference> {
  const asked = `pinned ${pinned.result.run.id}`
  const why = whyOtherRun(pinned.result, wish)
  if (why !== null)
    return {
      whyNone: `the pinned result ${pinned.result.run.id} does not measure the same: ${why}`,
      asked,
      leftOut: [],
    }
  return { kind: 'pinned', asked, found: [pinned], ...(await nightsOf(wish)) }
}

/** What tells by how much nights differ where one result is the reference. */
async function nightsOf(
  wish: ReferenceWish,
): Promise<Pick<PassingResults, 'leftOut'> & { readonly history: readonly ArchivedResult[] }> {
  const { found, leftOut } = await newestPassing(wish, usualReference.most)
  return { history: found, leftOut }
}

async function listedReference({ kind, asked, most }: ReferenceChoice, wish: ReferenceWish): Promise<Reference> {
  const { found, leftOut, whyNone } = await newestPassing(wish, Math.max(most, usualReference.most))
  const [newest, ...others] = found.slice(0, most)
  if (newest === undefined) return { whyNone: whyNone ?? 'no reference', asked, leftOut }
  return { kind, asked, found: [newest, ...others], history: found.length > most ? found : null, leftOut }
}

/** Whatever keeps them from being read does not keep a run from being measured. */
function newestPassing(wish: ReferenceWish, most: number): Promise<PassingResults> {
  return passingResults(wish, most).catch((error: unknown) => ({ found: [], leftOut: [], whyNone: messageOf(error) }))
}

/** What a run comes to beside its reference, by nothing but what its result will say. */
export function heldAgainst(draft: Result, reference: Reference): ResultReference {
  const { asked, leftOut } = reference
  if ('whyNone' in reference) return { ...noComparison(reference.whyNone, asked), leftOut }
  const { kind, found } = reference
  const results = found.map(referenceRun)
  const history = reference.history && reference.history.map(referenceRun)
  const sameHost = found.every(({ result }) => result.env.hostFingerprint === draft.env.hostFingerprint)
  const answer = holdAgainst(roundNumbers(draft), { results, history, sameHost })
  return { kind, asked, whyNone: null, results, history, leftOut, sameHost, ...answer }
}

function referenceRun({ result, sha256, file }: ArchivedResult): ResultReferenceRun {
  return { id: result.run.id, file, sha256, estimands: estimandsOf(result) }
}
