import { readFile, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { messageOf, SoakrigError, systemCode } from '../kernel/errors.ts'
import { checkOf } from '../kernel/schema-check.ts'
import { replaceWhole } from './durable-file.ts'
import { profileDirectory } from './names.ts'
import { type ArchivedResult, readResult } from './read.ts'
import { shape, text } from './schema-parts.ts'

const schemaId = 'soakrig/pin@0'

/** The result that the runs of a profile and mode are held against, whatever is newer. */
export interface Pin {
  readonly schema: typeof schemaId
  readonly id: string
  /** The name of the result file, which lies beside the pin. */
  readonly file: string
  readonly sha256: string
}

const problemsOf = checkOf(() => shape<Pin>({ schema: { const: schemaId }, id: text, file: text, sha256: text }))

/** Not `.json`: whatever takes all results of a directory must not find it among them. */
function pinPath(directory: string, mode: string): string {
  return join(directory, `${mode}.pin`)
}

/** Pins a result beside which the pin then lies, and gives the pin's file. Rejects with `cannot-write` (106). */
export async function writePin({ result, sha256, file }: ArchivedResult): Promise<string> {
  const path = pinPath(dirname(file), result.run.mode)
  const pin: Pin = { schema: schemaId, id: result.run.id, file: basename(file), sha256 }
  await replaceWhole(path, `${JSON.stringify(pin, null, 1)}\n`)
  return path
}

/** The pin of a profile and mode; null where there is none. Rejects with `unreadable-pin` (112). */
export async function readPin(resultsDir: string, profile: string, mode: string): Promise<Pin | null> {
  const path = pinPath(profileDirectory(resultsDir, profile), mode)
  try {
    const document: unknown = JSON.parse(await readFile(path, 'utf8'))
    const [problem] = problemsOf(document)
    if (problem === undefined) return document as Pin
    throw new Error(`${problem.where}: ${problem.message}`)
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return null
    throw refused('unreadable-pin', `${path} is no pin: ${messageOf(cause)}`, { profile, mode }, cause)
  }
}

/** Takes a pin away; false where there was none. */
export async function removePin(resultsDir: string, profile: string, mode: string): Promise<boolean> {
  const path = pinPath(profileDirectory(resultsDir, profile), mode)
  return rm(path).then(
    () => true,
    (error: unknown) => {
      if (systemCode(error) === 'ENOENT') return false
      throw error
    },
  )
}

/** The result that a pin names. Rejects with `pinned-gone` or `pinned-changed` (112). */
export async function readPinned(
  resultsDir: string,
  of: { readonly profile: string; readonly mode: string },
  pin: Pin,
): Promise<ArchivedResult> {
  const file = join(profileDirectory(resultsDir, of.profile), basename(pin.file))
  const found = await readResult(file).catch((cause: unknown) => {
    throw refused('pinned-gone', `the pinned result cannot be read: ${messageOf(cause)}`, of, cause)
  })
  if (found.sha256 === pin.sha256) return found
  throw refused('pinned-changed', `the pinned result ${file} is not what was pinned: its sha256 differs`, of)
}

function refused(
  code: string,
  message: string,
  { profile, mode }: { readonly profile: string; readonly mode: string },
  cause?: unknown,
): SoakrigError {
  const hint = `Pin another one by \`soakrig results pin RESULT\`, or none by \`soakrig results unpin ${profile} --mode ${mode}\`.`
  return new SoakrigError(message, { code, exit: 'nothingToCompare', hint, cause })
}
