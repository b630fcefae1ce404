import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import { messageOf, type Problem, SoakrigError, systemCode } from '../kernel/errors.ts'
import { lineWithLaterKeys, withLaterKeys } from './earlier.ts'
import { type Result, resultSchemaId, type ResultWindow } from './result.ts'
import { isWindow, validateResult } from './validate.ts'

/** A result file as it was read. */
export interface ArchivedResult {
  readonly result: Result
  /** Of the file's bytes, in hex. */
  readonly sha256: string
  readonly file: string
}

/** Reads a result. Rejects with `no-result`, `unreadable-result`, `not-a-result` or `unknown-version`, all 104. */
export async function readResult(file: string): Promise<ArchivedResult> {
  const bytes = await readFile(file).catch((error: unknown) => {
    const missing = systemCode(error) === 'ENOENT'
    const what = missing ? 'there is no such file' : messageOf(error)
    throw refusal(missing ? 'no-result' : 'unreadable-result', `${file} could not be read: ${what}`, { cause: error })
  })
  const document = withLaterKeys(parsed(file, bytes))
  refuseOtherVersions(file, document)
  const problems = validateResult(document)
  if (problems.length > 0) throw refusal('not-a-result', `${file} is no result of soakrig`, { problems })
  return { result: document as Result, sha256: createHash('sha256').update(bytes).digest('hex'), file }
}

function refusal(
  code: string,
  message: string,
  more: { readonly problems?: readonly Problem[]; readonly hint?: string; readonly cause?: unknown } = {},
): SoakrigError {
  return new SoakrigError(message, { code, exit: 'usage', ...more })
}

function parsed(file: string, bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch (error) {
    const problems = [{ where: file, message: `found no JSON: ${messageOf(error)}` }]
    throw refusal('not-a-result', `${file} is no result of soakrig`, { problems, cause: error })
  }
}

function refuseOtherVersions(file: string, document: unknown): void {
  const schema: unknown =
    typeof document === 'object' && document !== null && 'schema' in document ? document.schema : null
  if (typeof schema !== 'string' || !schema.startsWith('soakrig/result@') || schema === resultSchemaId) return
  throw refusal('unknown-version', `${file} was written by another version of soakrig`, {
    problems: [
      { where: '/schema', message: `found ${JSON.stringify(schema)}, allowed: ${JSON.stringify(resultSchemaId)}` },
    ],
    hint: 'Read it with the version that wrote it, or with a newer one.',
  })
}

/**
 * The windows of a result, in constant memory; none when it has no windows file. The whole file is held against the
 * result's sha256 before its first window is given: rejects with `windows-missing` or `windows-changed`, both 104; the latter
 * also where a line is no window, or there are not as many as the result says.
 */
export async function* readWindows(
  resultFile: string,
  { windows }: Result,
): AsyncGenerator<ResultWindow, void, undefined> {
  if (windows === null) return
  const file = join(dirname(resultFile), basename(windows.file))
  const changed = (why: string): SoakrigError =>
    refusal('windows-changed', `${file} is not what the result was made from: ${why}`)
  if ((await sha256Of(file)) !== windows.sha256) throw changed('its sha256 differs')
  let count = 0
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    const window = windowIn(text)
    if (window === null) throw changed(`its line ${count + 1} is no window`)
    count++
    yield window
  }
  if (count !== windows.count) throw changed(`it has ${count} lines, and not ${windows.count}`)
}

function windowIn(text: string): ResultWindow | null {
  try {
    const line = lineWithLaterKeys(JSON.parse(text) as object)
    return isWindow(line) ? line : null
  } catch {
    return null
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(file), hash)
  } catch (error) {
    throw refusal('windows-missing', `${file} could not be read: ${messageOf(error)}`, { cause: error })
  }
  return hash.digest('hex')
}
