import { whyUnfit } from '../archive/fit.ts'
import { type PassingResults, passingResults, type ReferenceWish } from '../archive/list.ts'
import { readPin, readPinned } from '../archive/pin.ts'
import { type ArchivedResult, readResult } from '../archive/read.ts'
import { noComparison, type ReferenceKind, type ResultReference } from '../archive/reference.ts'
import type { Result } from '../archive/result.ts'
import { roundNumbers } from '../archive/text.ts'
import { holdAgainst } from '../compare/against.ts'
import { estimandsOf } from '../compare/estimands.ts'
import { messageOf, SoakrigError } from '../kernel/errors.ts'
import type { RunOptions } from './options.ts'
import { type ReferenceChoice, usualReference } from './reference-flag.ts'

/** The archived results that a run is held against, newest first, or why there are none. */
export type Reference = (
  | { readonly kind: Exclude<ReferenceKind, 'none'>; readonly found: readonly [ArchivedResult, ...ArchivedResult[]] }
  | { readonly whyNone: string }
) & { readonly asked: string; readonly leftOut: PassingResults['leftOut'] }

type Wanted = Pick<RunOptions, 'plan' | 'kind' | 'resultsDir' | 'reference' | 'requireReference'>

/**
 * Looks for what a run is to be held against: what was asked for, else what is pinned, else the newest ten. Rejects with
 * `unfit-reference`, `different-profiles`, `no-reference`, or as a pin that does not hold (112), and as `readResult` (104).
 */
export async function findReference(options: Wanted, env: Result['env']): Promise<Reference> {
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
  const why = whyOther(found.result, wish)
  if (why !== null)
    throw new SoakrigError(`--reference ${asked} does not measure the same: ${why}`, {
      code: 'different-profiles',
      exit: 'nothingToCompare',
      hint: 'Name a result of the same profile, mode and command; limits, seeds and tags may differ.',
    })
  refuseUnfit(found)
  return { kind: 'file', asked, found: [found], leftOut: [] }
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
function pinnedReference(pinned: ArchivedResult, wish: ReferenceWish): Reference {
  const asked = `pinned ${pinned.result.run.id}`
  const why = whyOther(pinned.result, wish)
  if (why !== null)
    return {
      whyNone: `the pinned result ${pinned.result.run.id} does not measure the same: ${why}`,
      asked,
      leftOut: [],
    }
  return { kind: 'pinned', asked, found: [pinned], leftOut: [] }
}

function whyOther({ run, env }: Result, wish: ReferenceWish): string | null {
  if (run.profile !== wish.profile) return `it is of the profile ${run.profile}`
  if (run.mode !== wish.mode) return `it is a ${run.mode} run`
  if (run.kind !== wish.kind) return `it is of ${run.kind}`
  return env.profileFingerprint === wish.profileFingerprint ? null : 'it has other settings'
}

async function listedReference({ kind, asked, most }: ReferenceChoice, wish: ReferenceWish): Promise<Reference> {
  // Whatever keeps them from being read does not keep a run from being measured.
  const looked = await passingResults(wish, most).catch((error: unknown) => ({
    found: [],
    leftOut: [],
    whyNone: messageOf(error),
  }))
  const { leftOut, whyNone } = looked
  const [newest, ...others] = looked.found
  if (newest === undefined) return { whyNone: whyNone ?? 'no reference', asked, leftOut }
  return { kind, asked, found: [newest, ...others], leftOut }
}

/** What a run comes to beside its reference, by nothing but what its result will say. */
export function heldAgainst(draft: Result, reference: Reference): ResultReference {
  const { asked, leftOut } = reference
  if ('whyNone' in reference) return { ...noComparison(reference.whyNone, asked), leftOut }
  const { kind, found } = reference
  const results = found.map(({ result, sha256, file }) => ({
    id: result.run.id,
    file,
    sha256,
    estimands: estimandsOf(result),
  }))
  const sameHost = found.every(({ result }) => result.env.hostFingerprint === draft.env.hostFingerprint)
  const answer = holdAgainst(roundNumbers(draft), { results, sameHost })
  return { kind, asked, whyNone: null, results, leftOut, sameHost, ...answer }
}
