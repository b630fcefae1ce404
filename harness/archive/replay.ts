import { createReadStream, existsSync } from 'node:fs'
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
 * signal: what was not tried stays too. Rejects with `dead-letters-missing` (104), with `result-exists` (106) before
 * anything is sent where there is a rest already, and with `cannot-write` (106).
 */
export async function replayDeadLetters(
  file: string,
  send: (letter: ResultDeadLetter) => Promise<unknown>,
  signal?: AbortSignal,
): Promise<ReplayReport> {
  if (existsSync(`${file}.rest`)) throw restExists(`${file}.rest`)
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
  let last = ''
  try {
    // By the line feed alone: the other ends of lines that Unicode has stand as they are in texts of JSON.
    for await (const chunk of createReadStream(file, 'utf8')) {
      const lines = `${last}${chunk as string}`.split('\n')
      last = lines.pop() ?? ''
      yield* lines.filter(isFilled)
    }
  } catch (error) {
    throw new SoakrigError(`${file} could not be read: ${messageOf(error)}`, {
      code: 'dead-letters-missing',
      exit: 'usage',
      cause: error,
    })
  }
  if (isFilled(last)) yield last
}

function isFilled(line: string): boolean {
  return line.trim() !== ''
}

function restExists(rest: string): SoakrigError {
  return new SoakrigError(`${rest} exists already and is not overwritten`, {
    code: 'result-exists',
    exit: 'environment',
    hint: 'Replay it first, or move it away: it holds what failed before.',
  })
}

function letterOf(line: string): ResultDeadLetter | null {
  try {
    const letter: unknown = JSON.parse(line)
    return isRecord(letter) && typeof letter['request'] === 'string' ? (letter as unknown as ResultDeadLetter) : null
  } catch {
    return null
  }
}
