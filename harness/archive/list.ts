import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, systemCode } from '../kernel/errors.ts'
import { whyUnfit } from './fit.ts'
import { parseResultName, profileDirectory, type ResultName } from './names.ts'
import { type ArchivedResult, readResult } from './read.ts'
import type { Result } from './result.ts'

/** A result file by its name alone. */
export interface ListedResult extends ResultName {
  readonly file: string
}

/** The results of a profile, newest first, by their names; empty when there are none. */
export async function listResults(resultsDir: string, profile: string): Promise<ListedResult[]> {
  const directory = profileDirectory(resultsDir, profile)
  const names = await namesIn(directory)
  return names
    .flatMap((name) => {
      const parts = parseResultName(name)
      return parts ? [{ ...parts, file: join(directory, name) }] : []
    })
    .sort((a, b) => (a.file < b.file ? 1 : -1))
}

/** The profiles that have results, by the names of their directories. */
export async function listProfiles(resultsDir: string): Promise<readonly string[]> {
  return (await namesIn(resultsDir)).filter((name) => !name.startsWith('.')).toSorted()
}

async function namesIn(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return []
    throw error
  })
}

/** What a run wants to be compared with: results that measure the same as it does. */
export interface ReferenceWish {
  readonly resultsDir: string
  readonly profile: string
  readonly mode: string
  /** Only a run of the same stages has the same figures. */
  readonly kind: string
  readonly hostFingerprint: string
  readonly profileFingerprint: string
  /** The name of what it measures the speed of the target beside; null where that is nothing. */
  readonly yardstick: string | null
}

/** Results that a run may be compared with, and some that it may not. */
export interface PassingResults {
  /** Newest first. */
  readonly found: readonly ArchivedResult[]
  /** Of those that were looked at, the newest; with the reason. */
  readonly leftOut: readonly { readonly file: string; readonly why: string }[]
  /** Why none was found; null where one was. */
  readonly whyNone: string | null
}

const mostLeftOut = 10

/** What a result wants to be compared with, of those in a directory. */
export function wishOfResult({ run, env, gate }: Result, resultsDir: string): ReferenceWish {
  const { profile, mode, kind } = run
  const { hostFingerprint, profileFingerprint } = env
  const yardstick = gate?.yardstick?.name ?? null
  return { resultsDir, profile, mode, kind, hostFingerprint, profileFingerprint, yardstick }
}

/** The newest passing results, so many at most, that are comparable with a run. */
export async function passingResults(wish: ReferenceWish, most: number): Promise<PassingResults> {
  const listed = (await listResults(wish.resultsDir, wish.profile)).filter(({ mode }) => mode === wish.mode)
  const found: ArchivedResult[] = []
  const leftOut: { file: string; why: string }[] = []
  for (const { file } of listed) {
    if (found.length === most) break
    const read = await readResult(file).catch((error: unknown) => ({ why: messageOf(error) }))
    const why = 'why' in read ? read.why : (whyOther(read.result, wish) ?? whyUnfit(read.result))
    if (why === null && 'result' in read) found.push(read)
    else if (leftOut.length < mostLeftOut) leftOut.push({ file, why: why ?? '' })
  }
  const what = `${wish.mode} of ${wish.profile}`
  const none = listed.length === 0 ? `no earlier ${what}` : `no passing ${what} with these settings on this host`
  return { found, leftOut, whyNone: found.length === 0 ? none : null }
}

function whyOther(result: Result, wish: ReferenceWish): string | null {
  if (result.env.hostFingerprint !== wish.hostFingerprint) return 'it was measured on another host'
  return whyOtherRun(result, wish)
}

/** Why a result is not of such a run, wherever it was measured; null where it is. */
export function whyOtherRun({ run, env, gate }: Result, wish: ReferenceWish): string | null {
  if (run.profile !== wish.profile) return `it is of the profile ${run.profile}`
  if (run.mode !== wish.mode) return `it is a ${run.mode} run`
  if (run.kind !== wish.kind) return `it is of ${run.kind}`
  if (env.profileFingerprint !== wish.profileFingerprint) return 'it has other settings'
  return (gate?.yardstick?.name ?? null) === wish.yardstick ? null : 'it was measured with another yardstick'
}
