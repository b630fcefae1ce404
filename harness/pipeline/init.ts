import { existsSync } from 'node:fs'
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { isSoakrigError, messageOf, SoakrigError, systemCode } from '../kernel/errors.ts'
import { newRunId } from '../kernel/host.ts'
import { packageProfilesDirectory } from '../profile/files.ts'
import { loadProfile } from '../profile/parse.ts'
import { importCurl } from '../workload/import/curl.ts'
import { importHar } from '../workload/import/har.ts'
import type { Imported } from '../workload/import/imported.ts'
import { importOpenApi } from '../workload/import/openapi.ts'
import { badFlag } from './bad-flag.ts'
import { type ImportKind, importKinds } from './import-kinds.ts'
import { starter } from './starter.ts'

/** What profile to write, and where. */
export interface InitOptions {
  /** Undefined: a starter, to be changed by hand. */
  readonly from: ImportKind | undefined
  /** What to import; relative to `cwd`. */
  readonly file: string | undefined
  /** Where the profile goes; below `profiles/` when undefined. */
  readonly out: string | undefined
  readonly origin: string | undefined
  /** One scenario in the recorded order; of a HAR file only. */
  readonly scenario: boolean
  /** Overwrite what is there. */
  readonly force: boolean
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/** The profile that was written. */
export interface InitOutcome {
  /** Its file, relative to the working directory. */
  readonly file: string
  /** What was left out or changed, and what is still to be done before it can be run. */
  readonly notes: readonly string[]
}

/**
 * Writes a profile, whole or not at all. Rejects with `bad-flag`, `bad-import`, `import-not-readable` and
 * `profile-exists` (104), and with `cannot-write` (106).
 */
export async function initProfile(options: InitOptions): Promise<InitOutcome> {
  const { from, file, cwd, force } = options
  if (from === undefined && file !== undefined) throw badUse(`what is ${file}? Name its kind with --from`)
  if (from !== undefined && file === undefined) throw badUse(`--from ${from} needs a file`)
  const path = resolve(cwd, options.out ?? defaultOut(from, file))
  if (!['.json', '.jsonc'].includes(extname(path)))
    throw badFlag('--out', options.out ?? path, 'a file that ends in .json or .jsonc')
  const { text, notes } = await contentOf(options, path)
  await writeProfile(path, text, force)
  return { file: relative(cwd, path) || path, notes: [...notes, ...(await problemsOf(path, options))] }
}

function badUse(message: string): SoakrigError {
  return new SoakrigError(message, {
    code: 'bad-flag',
    exit: 'usage',
    hint: `Such as: soakrig init --from ${importKinds.join('|')} FILE`,
  })
}

function defaultOut(from: ImportKind | undefined, file = ''): string {
  if (from === undefined) return join('profiles', 'service.jsonc')
  const name = basename(file, extname(file)).replaceAll(/[^\w.-]+/gu, '-')
  return join('profiles', `${name || from}.json`)
}

async function contentOf(options: InitOptions, path: string): Promise<{ text: string; notes: readonly string[] }> {
  if (options.from === undefined) return { text: starter, notes: [] }
  const { document, notes } = await imported(options, path)
  const schema = relative(dirname(path), join(packageProfilesDirectory(), 'profile.schema.json'))
  // A path that leads out of the project would be wrong on the next machine.
  const near = resolve(dirname(path), schema).startsWith(options.cwd + sep)
  const whole = { ...(near && { $schema: schema.startsWith('.') ? schema : `./${schema}` }), ...document }
  return { text: `${JSON.stringify(whole, null, 2)}\n`, notes }
}

async function imported({ from, file = '', origin, scenario, cwd }: InitOptions, path: string): Promise<Imported> {
  const text = await readInput(resolve(cwd, file), file)
  if (from === 'har') return importHar(text, { origin, scenario })
  if (scenario) throw badUse('--scenario needs the order of a recording: --from har')
  if (from === 'openapi') return importOpenApi(text, { origin })
  // Files that a command names start from where it is run, those of a profile from where that lies.
  const placed = (name: string): string => (isAbsolute(name) ? name : relative(dirname(path), resolve(cwd, name)))
  return importCurl(text, { origin, placed })
}

async function readInput(path: string, file: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new SoakrigError(`cannot read ${file}: ${messageOf(cause)}`, {
      code: 'import-not-readable',
      exit: 'usage',
      hint: 'Give the path of a file to import.',
      cause,
    })
  }
}

/** A draft beside the file, and then its name: nobody sees half of a profile, and none is overwritten by accident. */
async function writeProfile(path: string, text: string, force: boolean): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${newRunId()}.tmp`)
  try {
    if (!force && existsSync(path)) throw alreadyThere(path)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(draft, text)
    await (force ? rename(draft, path) : linkNew(draft, path))
  } catch (cause) {
    if (isSoakrigError(cause)) throw cause
    throw new SoakrigError(`${path} could not be written: ${messageOf(cause)}`, {
      code: 'cannot-write',
      exit: 'environment',
      hint: 'Look at the free space and the permissions of its directory.',
      cause,
    })
  } finally {
    await rm(draft, { force: true }).catch(() => {})
  }
}

/** Unlike a rename, a link fails where there is something already. */
async function linkNew(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path)
  } catch (error) {
    throw systemCode(error) === 'EEXIST' ? alreadyThere(path) : error
  }
}

function alreadyThere(path: string): SoakrigError {
  return new SoakrigError(`${path} exists already`, {
    code: 'profile-exists',
    exit: 'usage',
    hint: 'Overwrite it with --force, or name another file with --out.',
  })
}

/** What is still to be done: a variable to be set, a file that is not there. */
async function problemsOf(path: string, { cwd, env }: InitOptions): Promise<string[]> {
  try {
    await loadProfile(path, { flags: {}, env }, { cwd, packageProfilesDir: packageProfilesDirectory() })
    return []
  } catch (error) {
    if (!isSoakrigError(error)) throw error
    return error.problems.map(({ where, message }) => `to be corrected at ${where}: ${message}`)
  }
}
