import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { ControlRun } from '../judge/calibration/calibration.ts'
import { messageOf, SoakrigError, systemCode } from '../kernel/errors.ts'
import { checkOf } from '../kernel/schema-check.ts'
import { replaceWhole, writeFailure } from './durable-file.ts'
import { stampOf } from './names.ts'
import { listOf, mapOf, number, shape, text } from './schema-parts.ts'

/** The schema of the files of control arms that this version writes and reads. */
const schemaId = 'soakrig/calibration@1'

/** What control arms must have in common to tell of the same noise. */
export interface CalibrationKey {
  readonly profile: string
  readonly mode: string
  readonly hostFingerprint: string
  /** Of what the profile measures the baseline by. */
  readonly controlFingerprint: string
  /** What the two measurements have in common: one process, or the build alone. */
  readonly of: 'process' | 'build'
}

/** The control arm of one run. Each has a file of its own, so that runs at the same time do not lose each other's. */
interface CalibrationFile extends CalibrationKey {
  readonly schema: typeof schemaId
  /** The version of soakrig that measured it; absent in files from before it was kept. It is no part of the key. */
  readonly version?: string
  readonly run: ControlRun
}

const problemsOf = checkOf(() =>
  shape<CalibrationFile>(
    {
      schema: { const: schemaId },
      version: text,
      profile: text,
      mode: text,
      hostFingerprint: text,
      controlFingerprint: text,
      of: text,
      run: shape<ControlRun>({ id: text, at: text, baselineP99Ms: number, metrics: mapOf(listOf(number)) }, [
        'baselineP99Ms',
      ]),
    },
    ['version'],
  ),
)

/** So many runs are kept; the newest count. */
const mostKept = 100

/** Where the control arms of a key are kept: the directory `RESULTS/.calibration/PROFILE-MODE-OF-HASH`. */
export function calibrationPath(resultsDir: string, key: CalibrationKey): string {
  const { hostFingerprint, controlFingerprint } = key
  return join(calibrationsPath(resultsDir), `${prefixOf(key)}${contentHash([hostFingerprint, controlFingerprint])}`)
}

function calibrationsPath(resultsDir: string): string {
  return join(resultsDir, '.calibration')
}

function prefixOf({ profile, mode, of }: CalibrationKey): string {
  return `${profile}-${mode}-${of}-`
}

/** How many other keys of the same profile and mode have control arms: of another host, of other settings, or of a version that kept them by other ones. */
export async function countOtherKeys(resultsDir: string, key: CalibrationKey): Promise<number> {
  const own = basename(calibrationPath(resultsDir, key))
  const names = await entriesOf(calibrationsPath(resultsDir))
  return names.filter((name) => {
    const hash = name.startsWith(prefixOf(key)) ? name.slice(prefixOf(key).length) : ''
    return name !== own && /^[\da-f]{16}$/u.test(hash)
  }).length
}

/** 16 hex digits of the SHA-256 of a document's JSON. */
export function contentHash(document: unknown): string {
  return createHash('sha256').update(JSON.stringify(document)).digest('hex').slice(0, 16)
}

/** The control arms that are known of a key, oldest first; none where there is nothing. Rejects with `unreadable-calibration` (104). */
export async function readControlRuns(resultsDir: string, key: CalibrationKey): Promise<readonly ControlRun[]> {
  const directory = calibrationPath(resultsDir, key)
  const names = await namesIn(directory)
  const runs = await Promise.all(names.map((name) => readControlRun(join(directory, name))))
  return runs.flatMap((run) => run ?? [])
}

/** By age, which is what names begin with. */
async function namesIn(directory: string): Promise<readonly string[]> {
  return (await entriesOf(directory)).filter((name) => /^\d.*\.json$/u.test(name)).toSorted()
}

async function entriesOf(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw unreadable(directory, error)
  }
}

/** Null where there is no such file: another run has removed what was superfluous since the directory was read. */
async function readControlRun(file: string): Promise<ControlRun | null> {
  try {
    const document: unknown = JSON.parse(await readFile(file, 'utf8'))
    const [problem] = problemsOf(document)
    if (problem === undefined) return (document as CalibrationFile).run
    throw new Error(`${problem.where}: ${problem.message}`)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null
    throw unreadable(file, error)
  }
}

function unreadable(file: string, cause: unknown): SoakrigError {
  return new SoakrigError(`${file} is no calibration: ${messageOf(cause)}`, {
    code: 'unreadable-calibration',
    exit: 'usage',
    hint: 'Delete it: what other runs say of the noise stays, and `soakrig calibrate` adds to it.',
    cause,
  })
}

/** Adds the control arm of a run to those of its key, instead of one of the same id and time. Rejects with `cannot-write` (106). */
export async function addControlRun(
  resultsDir: string,
  key: CalibrationKey,
  run: ControlRun,
  version: string,
): Promise<void> {
  const directory = calibrationPath(resultsDir, key)
  const file = join(directory, `${stampOf(new Date(run.at))}-${contentHash(run.id)}.json`)
  const document: CalibrationFile = { schema: schemaId, version, ...key, run }
  try {
    await mkdir(directory, { recursive: true })
    await replaceWhole(file, `${JSON.stringify(document)}\n`)
    const superfluous = (await namesIn(directory)).slice(0, -mostKept)
    await Promise.all(superfluous.map((name) => rm(join(directory, name), { force: true })))
  } catch (error) {
    // What exists in place of the directory is no result.
    throw writeFailure(file, systemCode(error) === 'EEXIST' ? new Error(messageOf(error), { cause: error }) : error)
  }
}
