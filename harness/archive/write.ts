import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { writeFailure, writeWhole } from './durable-file.ts'
import { LinesFile } from './lines-file.ts'
import { deadLettersName, profileDirectory, resultName, stampOf, windowsName } from './names.ts'
import type { Result, ResultDeadLetter, ResultLines, ResultWindow } from './result.ts'
import { resultText, rounded } from './text.ts'

/** Where one run leaves its result. */
export interface Archive {
  /** The result file; it is there once `write` has resolved. */
  readonly file: string
  readonly windowsFile: string
  /** Writes a window; the file comes into being with the first batch. Throws `cannot-write`, `result-exists` (106). */
  appendWindow(window: ResultWindow): void
  /** Ends the windows file and gives what the result says of it; null when there was no window. */
  closeWindows(): Promise<Result['windows']>
  /** Writes a dead letter as it is, to a file of their own; else as for windows. */
  appendDeadLetter(letter: ResultDeadLetter): void
  closeDeadLetters(): ResultLines | null
  /** Writes the result whole or not at all, and gives its file. Rejects with `cannot-write`, `result-exists` (106). */
  write(result: Result): Promise<string>
}

/** The archive of one run: `RESULTS/PROFILE/STAMP-MODE-ID.json`, and its windows beside it. Touches no file yet. */
export function createArchive({
  resultsDir,
  profile,
  mode,
  startedAt,
  id,
}: {
  readonly resultsDir: string
  readonly profile: string
  readonly mode: string
  readonly startedAt: Date
  readonly id: string
}): Archive {
  const file = join(profileDirectory(resultsDir, profile), resultName({ stamp: stampOf(startedAt), mode, id }))
  const windowsFile = windowsName(file)
  const windows = new LinesFile(windowsFile)
  const letters = new LinesFile(deadLettersName(file))
  return {
    file,
    windowsFile,
    appendWindow: (window) => windows.append(rounded(window) as ResultWindow),
    closeWindows: async () => windows.close(),
    appendDeadLetter: (letter) => letters.append(letter),
    closeDeadLetters: () => letters.close(),
    write: async (result) => {
      await mkdir(dirname(file), { recursive: true }).catch((error: unknown) => {
        throw writeFailure(file, error)
      })
      await writeWhole(file, resultText(result))
      return file
    },
  }
}
