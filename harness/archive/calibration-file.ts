import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ControlRun } from '../judge/calibration/calibration.ts'
import { messageOf, SoakrigError, systemCode } from '../kernel/errors.ts'
import { isRecord } from '../kernel/json.ts'
import { replaceWhole } from './durable-file.ts'

/** The schema of calibration files that this version writes and reads. */
const schemaId = 'soakrig/calibration@0'

/** What control arms must have in common to tell of the same noise. */
export interface CalibrationKey {
  readonly profile: string
  readonly mode: string
  readonly hostFingerprint: string
  readonly profileFingerprint: string
  /** What the two measurements have in common: one process, or the build alone. */
  readonly of: 'process' | 'build'
}

/** The control arms of the runs of one key, oldest first. */
interface CalibrationFile extends CalibrationKey {
  readonly schema: typeof schemaId
  readonly runs: readonly ControlRun[]
}

/** So many runs are kept; the newest count. */
const mostKept = 100

/** Where the control arms of a key are kept: `RESULTS/.calibration/PROFILE-MODE-OF-HASH.json`. */
export function calibrationPath(resultsDir: string, key: CalibrationKey): string {
  const { profile, mode, hostFingerprint, profileFingerprint, of } = key
  const hash = contentHash([hostFingerprint, profileFingerprint])
  return join(resultsDir, '.calibration', `${profile}-${mode}-${of}-${hash}.json`)
}

/** 16 hex digits of the SHA-256 of a document's JSON. */
export function contentHash(document: unknown): string {
  return createHash('sha256').update(JSON.stringify(document)).digest('hex').slice(0, 16)
}

/** The control arms that are known of a key; none where there is no file. Rejects with `unreadable-calibration` (104). */
export async function readControlRuns(resultsDir: string, key: CalibrationKey): Promise<readonly ControlRun[]> {
  const file = calibrationPath(resultsDir, key)
  try {
    const document: unknown = JSON.parse(await readFile(file, 'utf8'))
    if (isRecord(document) && document['schema'] === schemaId && Array.isArray(document['runs']))
      return document['runs'] as readonly ControlRun[]
    throw new Error(`found no document of the schema ${schemaId}`)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw new SoakrigError(`${file} is no calibration: ${messageOf(error)}`, {
      code: 'unreadable-calibration',
      exit: 'usage',
      hint: 'Delete it, and calibrate again by `soakrig calibrate`.',
      cause: error,
    })
  }
}

/** Adds the control arm of a run to those of its key. Rejects as `readControlRuns` does, and with `cannot-write` (106). */
export async function addControlRun(resultsDir: string, key: CalibrationKey, run: ControlRun): Promise<void> {
  const known = await readControlRuns(resultsDir, key)
  const file = calibrationPath(resultsDir, key)
  const runs = [...known.filter(({ id }) => id !== run.id), run].slice(-mostKept)
  const document: CalibrationFile = { schema: schemaId, ...key, runs }
  await mkdir(dirname(file), { recursive: true })
  await replaceWhole(file, `${JSON.stringify(document)}\n`)
}
