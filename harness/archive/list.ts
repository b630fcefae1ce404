import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from '../kernel/errors.ts'
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
  const names = await readdir(directory).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  })
  return names
    .flatMap((name) => {
      const parts = parseResultName(name)
      return parts ? [{ ...parts, file: join(directory, name) }] : []
    })
    .sort((a, b) => (a.file < b.file ? 1 : -1))
}

/** What a run wants to be compared with. */
export interface ReferenceWish {
  readonly resultsDir: string
  readonly profile: string
  readonly mode: string
  /** Only a run of the same stages has the same figures. */
  readonly kind: string
  readonly hostFingerprint: string
  readonly profileFingerprint: string
}

/** The newest passing result that is comparable with a run, or why there is none. Files that cannot be read are skipped. */
export async function newestPassing(
  wish: ReferenceWish,
): Promise<{ readonly found: ArchivedResult } | { readonly whyNone: string }> {
  const listed = (await listResults(wish.resultsDir, wish.profile)).filter(({ mode }) => mode === wish.mode)
  for (const { file } of listed) {
    const found = await readResult(file).catch(() => undefined)
    if (found && serves(found.result, wish)) return { found }
  }
  const what = `${wish.mode} of ${wish.profile}`
  return {
    whyNone: listed.length === 0 ? `no earlier ${what}` : `no passing ${what} with these settings on this host`,
  }
}

function serves({ run, env, sabotage, simulated }: Result, wish: ReferenceWish): boolean {
  return (
    run.verdict === 'pass' &&
    run.kind === wish.kind &&
    run.status === 'completed' &&
    sabotage === null &&
    !simulated &&
    env.hostFingerprint === wish.hostFingerprint &&
    env.profileFingerprint === wish.profileFingerprint
  )
}
