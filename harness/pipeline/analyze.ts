import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { type Analyzed, analyzeDocument, type Unanalyzed } from '../judge/trace/analyze.ts'
import { isSoakrigError, messageOf, SoakrigError } from '../kernel/errors.ts'
import { type ExitCode, exitCodes, worstExitCode } from '../kernel/exit-codes.ts'
import { resultAnalyzers, resultIn } from './analyze-result.ts'
import { judgeWindowsAgain } from './analyze-windows.ts'
import { lines } from './lines.ts'

/** What one document came to, and the line that it began at. */
export interface AnalyzedLine {
  readonly line: number
  readonly outcome: Analyzed | Unanalyzed
}

/** What is to be analysed. */
export interface AnalyzeOptions {
  /** A file of one document, or of one per line where its name ends in .ndjson or .jsonl; null: `input`, one per line. */
  readonly file: string | null
  readonly input: AsyncIterable<Uint8Array>
  /** Whether verdicts make the exit code, and not only what could not be analysed. */
  readonly exitByVerdict: boolean
  /** Takes each outcome, in order; false when nobody wants more. */
  readonly show: (line: AnalyzedLine) => Promise<boolean>
}

/** A line longer than this is no document: bytes. */
const longestLine = 256 * 2 ** 20

/**
 * Analyses documents one after the other, holding one at a time; one that cannot be analysed does not keep the others from
 * it. Gives the worst exit code: 104 where one could not, else that of the verdicts where they count.
 * Rejects with `unreadable-trace`, `line-too-long` or `nothing-to-analyse` (104).
 */
export async function analyzeTraces({ file, input, exitByVerdict, show }: AnalyzeOptions): Promise<ExitCode> {
  const codes = new Set<ExitCode>()
  for await (const { line, text, file: own } of documentsOf(file, input)) {
    const outcome = await outcomeOf(text, own)
    codes.add('problems' in outcome ? exitCodes.usage : exitByVerdict ? exitCodes[outcome.exit] : exitCodes.pass)
    if (!(await show({ line, outcome }))) break
  }
  if (codes.size > 0) return worstExitCode(codes)
  throw new SoakrigError(`there is no document in ${file ?? 'the standard input'}`, {
    code: 'nothing-to-analyse',
    exit: 'usage',
    hint: 'Name a file, or pipe one JSON document per line into it.',
  })
}

interface Text {
  readonly line: number
  readonly text: string
  /** That it is the whole of; null for one of many. */
  readonly file: string | null
}

async function* documentsOf(file: string | null, input: AsyncIterable<Uint8Array>): AsyncGenerator<Text> {
  if (file === null) return yield* textsIn(input)
  try {
    if (/\.(?:ndjson|jsonl)$/u.test(file)) yield* textsIn(createReadStream(file))
    else yield { line: 1, text: (await readFile(file, 'utf8')).replace(/^\uFEFF/u, ''), file }
  } catch (error) {
    if (isSoakrigError(error)) throw error
    throw new SoakrigError(`${file} could not be read: ${messageOf(error)}`, {
      code: 'unreadable-trace',
      exit: 'usage',
      cause: error,
    })
  }
}

/** The lines that are not empty, counted from 1. */
async function* textsIn(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Text> {
  let line = 0
  for await (const text of lines(chunks, longestLine)) {
    line++
    if (text.trim() !== '') yield { line, text, file: null }
  }
}

/** Of a result in a file of its own, the windows beside it are read. */
async function outcomeOf(text: string, file: string | null): Promise<Analyzed | Unanalyzed> {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    return { id: null, problems: [{ where: '', message: `found no JSON document: ${messageOf(error)}` }] }
  }
  const result = resultIn(document)
  return analyzeDocument(document, resultAnalyzers(result ? await judgeWindowsAgain(result, file) : undefined))
}
