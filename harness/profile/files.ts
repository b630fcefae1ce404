import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, extname, join, relative, resolve } from 'node:path'
import { SoakrigError } from '../kernel/errors.ts'
import { isRecord } from '../kernel/json.ts'
import { readJson } from '../kernel/jsonc.ts'
import { packageRoot } from '../kernel/package-root.ts'
import { didYouMean, quoted } from '../kernel/suggest.ts'
import { profileKeys } from './schema.ts'

/** Endings of files that may be a profile; the first that exists wins. */
const endings = ['.json', '.jsonc', '.ts', '.mjs', '.js']

/** Where profiles are looked for. */
export interface ProfilePlaces {
  /** What relative paths start from, and whose `profiles/` is looked into first. */
  readonly cwd: string
  /** The profiles that come with the package. */
  readonly packageProfilesDir: string
}

/** A profile's file. */
export interface ProfileFile {
  readonly path: string
  /** The path for people: as it was given, or as it was found by name. */
  readonly source: string
}

/** The folder of the profiles that come with soakrig, in a checkout as in an installed package. */
export function packageProfilesDirectory(): string {
  return join(packageRoot(), 'profiles')
}

/** True for a name such as `default`, which is no path. */
function isName(text: string): boolean {
  return /^[\w-]+$/u.test(text)
}

/**
 * Finds a profile by path, or by name in the working directory's `profiles/`, then the package's, then its scenarios; throws
 * `profile-not-found` (104).
 */
export async function findProfile(
  nameOrPath: string,
  { cwd, packageProfilesDir }: ProfilePlaces,
): Promise<ProfileFile> {
  const named = [join(cwd, 'profiles'), packageProfilesDir, join(packageProfilesDir, 'scenarios')]
  if (!isName(nameOrPath)) {
    const path = resolve(cwd, nameOrPath)
    if (existsSync(path)) return { path, source: nameOrPath }
    throw await notFound(nameOrPath, dirname(path), named)
  }
  const candidates = named.flatMap((directory) => endings.map((ending) => join(directory, nameOrPath + ending)))
  const path = candidates.find((candidate) => existsSync(candidate))
  if (path === undefined) throw await notFound(nameOrPath, undefined, named)
  return { path, source: path.startsWith(join(cwd, '/')) ? relative(cwd, path) : path }
}

async function notFound(
  given: string,
  beside: string | undefined,
  directories: readonly string[],
): Promise<SoakrigError> {
  const files = beside === undefined ? [] : await documentsIn(beside)
  const names = new Set((await Promise.all(directories.map(profilesIn))).flat().map(nameOf))
  const there = [...files.map((file) => join(dirname(given), file)), ...names]
  const known = there.length === 0 ? 'there is none' : `there are ${quoted(there)}`
  // A path with a wrong folder may still name the right file.
  const near = didYouMean(given, there) || didYouMean(nameOf(basename(given)), [...names])
  return new SoakrigError(`no profile ${given}: ${known}${near}`, {
    code: 'profile-not-found',
    exit: 'usage',
    hint: 'Give the path of a profile, or the name of one in profiles/.',
  })
}

/** Names of the files of a folder that hold a profile in JSON; what a module exports is not known until it has run. */
async function documentsIn(directory: string): Promise<string[]> {
  const names = (await profilesIn(directory)).filter((name) => /\.jsonc?$/u.test(name))
  const profiles = await Promise.all(names.map((name) => holdsProfile(join(directory, name))))
  return names.filter((_, index) => profiles[index])
}

async function holdsProfile(path: string): Promise<boolean> {
  const { document } = readJson(await readFile(path, 'utf8').catch(() => ''), path)
  const keys = isRecord(document) ? Object.keys(document) : []
  return keys.length > 0 && keys.every((key) => [...profileKeys, '$schema', 'extends'].includes(key))
}

function nameOf(file: string): string {
  return file.slice(0, file.length - extname(file).length)
}

/** Names of the files of a folder that may be profiles; none where it cannot be read. */
export async function profilesIn(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => [])
  return names.filter((name) => endings.includes(extname(name)) && !/\.(schema\.json|d\.ts)$/u.test(name)).toSorted()
}
