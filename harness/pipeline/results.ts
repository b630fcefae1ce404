import { basename, dirname, resolve } from 'node:path'
import { whyUnfit } from '../archive/fit.ts'
import { listProfiles, listResults } from '../archive/list.ts'
import { parseResultName, profileDirectory } from '../archive/names.ts'
import { type Pin, readPin, removePin, writePin } from '../archive/pin.ts'
import { readResult } from '../archive/read.ts'
import type { Result } from '../archive/result.ts'
import { messageOf, SoakrigError } from '../kernel/errors.ts'
import { badFlag } from './bad-flag.ts'
import { refuseUnfit } from './reference.ts'

/** A result file in a list. */
export interface ResultLine {
  readonly file: string
  readonly profile: string
  readonly mode: string
  readonly id: string
  readonly startedAt: string | null
  /** Null for one that cannot be read. */
  readonly verdict: Result['run']['verdict'] | null
  readonly exitCode: number | null
  readonly pinned: boolean
  /** Why no run is held against it; null where one may be. */
  readonly unfit: string | null
}

/** Which results are asked for; null for all of them. */
export interface ResultsWish {
  readonly resultsDir: string
  readonly profile: string | null
  readonly mode: string | null
}

/** The results of a directory, by profile, newest first. One is held at a time. Rejects with `unreadable-pin` (112). */
export async function findResults({ resultsDir, profile, mode }: ResultsWish): Promise<readonly ResultLine[]> {
  const profiles = profile === null ? await listProfiles(resultsDir) : [profile]
  const lines: ResultLine[] = []
  for (const name of profiles) {
    const pins = new Map<string, Pin | null>()
    for (const listed of await listResults(resultsDir, name)) {
      if (mode !== null && listed.mode !== mode) continue
      if (!pins.has(listed.mode)) pins.set(listed.mode, await readPin(resultsDir, name, listed.mode))
      lines.push(await lineOf(listed, name, pins.get(listed.mode) ?? null))
    }
  }
  return lines
}

async function lineOf(
  { file, mode, id }: { readonly file: string; readonly mode: string; readonly id: string },
  profile: string,
  pin: Pin | null,
): Promise<ResultLine> {
  const named = { file, profile, mode, id }
  const pinned = pin?.id === id
  try {
    const { result, sha256 } = await readResult(file)
    const { startedAt, verdict, exitCode } = result.run
    const altered = pinned && pin.sha256 !== sha256 ? 'it is not what was pinned' : null
    return { ...named, startedAt, verdict, exitCode, pinned, unfit: altered ?? whyUnfit(result) }
  } catch (error) {
    return { ...named, startedAt: null, verdict: null, exitCode: null, pinned, unfit: messageOf(error) }
  }
}

/**
 * Pins a result: the runs of its profile and mode whose results go to the same directory are held against it. Rejects with
 * `bad-flag` (104) for a file that is not among results, `unfit-reference` (112), `cannot-write` (106), and as `readResult`.
 */
export async function pinResult(file: string): Promise<{ readonly pin: string; readonly result: Result }> {
  const whole = resolve(file)
  const found = await readResult(whole)
  const { id, profile } = found.result.run
  // Runs look for the pin in the directory of their profile only.
  const archived = profileDirectory(dirname(dirname(whole)), profile) === dirname(whole)
  if (!archived || parseResultName(basename(whole))?.id !== id)
    throw badFlag('RESULT', file, 'a result where it was archived, under the name that it got there')
  refuseUnfit(found)
  return { pin: await writePin(found), result: found.result }
}

/** Takes away what pins the reference of a profile and mode. Rejects with `no-pin` (112). */
export async function unpinResult({
  resultsDir,
  profile,
  mode,
}: {
  readonly resultsDir: string
  readonly profile: string
  readonly mode: string
}): Promise<void> {
  if (await removePin(resultsDir, profile, mode)) return
  throw new SoakrigError(`nothing is pinned for ${mode} of ${profile}`, {
    code: 'no-pin',
    exit: 'nothingToCompare',
    hint: 'Name the profile as its directory in the results is named, its --mode, and where the --results are.',
  })
}
