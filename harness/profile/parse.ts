import { dirname } from 'node:path'
import { workingDirectory } from '../kernel/host.ts'
import { copyOf, isRecord } from '../kernel/json.ts'
import { compileProfile } from './compile.ts'
import { findProfile, type ProfilePlaces } from './files.ts'
import type { ProfileOverrides } from './overrides.ts'
import type { Profile } from './profile.ts'
import { readProfile } from './read.ts'
import { anonymous } from './settle.ts'

export type { ProfilePlaces } from './files.ts'
export type { ProfileFlags, ProfileOverrides } from './overrides.ts'

/** Makes a profile of an object, whose files are looked for in the working directory; throws SoakrigError `bad-profile` (104) with all problems at once. The mode is long when none is given. */
export function parseProfile(document: unknown, overrides: ProfileOverrides, source = anonymous): Profile {
  const message = 'found a file to extend, allowed: none in an object that comes from no file'
  const problems = isRecord(document) && 'extends' in document ? [{ where: '/extends', message }] : []
  return compileProfile({ document: copyOf(document), source, directory: workingDirectory(), problems }, overrides)
}

/**
 * Loads a profile by path or name (`default` when undefined), with what it extends. Throws SoakrigError of exit 104:
 * `profile-not-found`, `profile-not-readable`, or `bad-profile` with all problems at once.
 */
export async function loadProfile(
  nameOrPath: string | undefined,
  overrides: ProfileOverrides,
  places: ProfilePlaces,
): Promise<Profile> {
  const file = await findProfile(nameOrPath ?? 'default', places)
  const { document, problems } = await readProfile(file)
  return compileProfile({ document, problems, source: file.source, directory: dirname(file.path) }, overrides)
}
