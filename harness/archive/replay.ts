import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { isRecord } from '../kernel/json.ts'
import { messageOf, SoakrigError } from '../kernel/errors.ts'
import { LinesFile } from './lines-file.ts'
import type { ResultDeadLetter } from './result.ts'

/** What a replay came to. */
export interface ReplayReport {
  /** Made again with success. */
  readonly sent: number
  /** What failed again, or was not to be tried: in `rest`. */
  readonly failed: number
  /** Lines that were no letters: the last one of a file that was cut off, as a rule. */
  readonly unreadable: number
  /** The new file of what failed; null where nothing did. */
  readonly rest: string | null
}

/**
 * Makes the calls of a file of dead letters again, one after the other, each once: `send` resolves, or rejects for one
 * that stays. A letter with `idempotent: false` may have been done already though its answer was lost: `send` decides.
 * What failed is in `FILE.rest` afterwards, in the same form; the file itself is left as it is. Stops for an aborted
 * signal: what was not tried stays too. Rejects with `dead-letters-missing` (104), with `result-exists` or `cannot-write`
 * (106) of the rest.
 */
export async function replayDeadLetters(
  file: string,
  send: (letter: ResultDeadLetter) => Promise<unknown>,
  signal?: AbortSignal,
): Promise<ReplayReport> {
  const rest = new LinesFile(`${file}.rest`)
  const report = { sent: 0, failed: 0, unreadable: 0 }
  for await (const line of linesOf(file)) {
    const letter = letterOf(line)
    if (letter === null) report.unreadable++
    else if (!signal?.aborted && (await wasSent(send, letter))) report.sent++
    else {
      report.failed++
      rest.append(letter)
    }
  }
  const left = rest.close()
  return { ...report, rest: left === null ? null : `${file}.rest` }
}

async function wasSent(
  send: (letter: ResultDeadLetter) => Promise<unknown>,
  letter: ResultDeadLetter,
): Promise<boolean> {
  try {
    await send(letter)
    return true
  } catch {
    return false
  }
}

async function* linesOf(file: string): AsyncGenerator<string> {
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY }))
      if (line !== '') yield line
  } catch (error) {
    throw new SoakrigError(`${file} could not be read: ${messageOf(error)}`, {
      code: 'dead-letters-missing',
      exit: 'usage',
      cause: error,
    })
  }
}

function letterOf(line: string): ResultDeadLetter | null {
  try {
    const letter: unknown = JSON.parse(line)
    return isRecord(letter) && typeof letter['request'] === 'string' ? (letter as unknown as ResultDeadLetter) : null
  } catch {
    return null
  }
}
