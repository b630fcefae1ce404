import { type FileHandle, open } from 'node:fs/promises'
import type { Clock, Timer } from '../kernel/clock.ts'
import { messageOf, SoakrigError } from '../kernel/errors.ts'
import { packageVersion } from '../kernel/package-root.ts'
import { nsPerMs } from '../kernel/units.ts'
import {
  type DecisionEntry,
  type DecisionFooter,
  type DecisionHeader,
  decisionSchema,
  entryLine,
} from './decision-entry.ts'
import type { Decisions } from './decisions.ts'

/** Decisions that wait to be written; what comes on top of them is dropped, and counted. */
const bufferLimit = 65_536
/** Decisions of one write. */
const batchSize = 4096
const flushNs = 50 * nsPerMs

/** What a log of decisions came to. */
export interface RecordSummary extends DecisionFooter {
  /** Why nothing more could be written; null where all was well. */
  readonly problem: string | null
}

/** A log that is being written. */
export interface DecisionRecord extends Decisions {
  /** Writes what waits and the last line; the file is closed then. */
  close(): Promise<RecordSummary>
}

/**
 * Opens a log of decisions, JSON by line; what the file held is lost. A decision costs the path it is made on one entry in
 * a buffer; lines are made and written in batches, between other work, at most one write at a time. Rejects with
 * `cannot-write` (106).
 */
export async function recordDecisions(
  file: string,
  { seed, clock }: { readonly seed: number; readonly clock: Clock },
): Promise<DecisionRecord> {
  const header: DecisionHeader = { schema: decisionSchema, version: packageVersion(), seed }
  const handle = await openLog(file, `${JSON.stringify(header)}\n`)
  const writer = new BatchWriter(handle, clock)
  return {
    connection(arm, slice, connection) {
      const counts = new Map<string, number>()
      return {
        decide(site, kind, draw) {
          const value = draw()
          const n = counts.get(site) ?? 0
          counts.set(site, n + 1)
          writer.add({ arm, slice, connection, site, n, kind, value })
          return value
        },
      }
    },
    close: () => writer.close(),
  }
}

async function openLog(file: string, head: string): Promise<FileHandle> {
  let handle: FileHandle | undefined
  try {
    handle = await open(file, 'w')
    await handle.write(head)
    return handle
  } catch (error) {
    await handle?.close().catch(() => {})
    throw new SoakrigError(`${file} could not be written: ${messageOf(error)}`, {
      code: 'cannot-write',
      exit: 'environment',
      hint: 'Look at the free space and the permissions of its directory.',
      cause: error,
    })
  }
}

class BatchWriter {
  readonly #handle: FileHandle
  readonly #clock: Clock
  #waiting: DecisionEntry[] = []
  #writing: Promise<void> | null = null
  #timer: Timer | null = null
  #written = 0
  #dropped = 0
  #problem: string | null = null

  constructor(handle: FileHandle, clock: Clock) {
    this.#handle = handle
    this.#clock = clock
  }

  add(entry: DecisionEntry): void {
    if (this.#problem !== null || this.#waiting.length >= bufferLimit) {
      this.#dropped++
      return
    }
    this.#waiting.push(entry)
    if (this.#writing === null) this.#timer ??= this.#clock.after(flushNs, () => this.#flush())
  }

  async close(): Promise<RecordSummary> {
    while (this.#waiting.length > 0 || this.#writing !== null) {
      this.#flush()
      await this.#writing
    }
    this.#timer?.cancel()
    const footer: DecisionFooter = { decisions: this.#written, dropped: this.#dropped }
    try {
      if (this.#problem === null) await this.#handle.write(`${JSON.stringify(footer)}\n`)
    } catch (error) {
      this.#problem = messageOf(error)
    }
    await this.#handle.close().catch((error: unknown) => {
      this.#problem ??= messageOf(error)
    })
    return { ...footer, problem: this.#problem }
  }

  #flush(): void {
    this.#timer?.cancel()
    this.#timer = null
    if (this.#writing !== null || this.#waiting.length === 0) return
    this.#writing = this.#writeAll().finally(() => {
      this.#writing = null
    })
  }

  /** Writes batch by batch until none is left, so that the event loop goes round between them. */
  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, batchSize)
      this.#waiting = this.#waiting.slice(batchSize)
      try {
        await this.#handle.appendFile(`${batch.map(entryLine).join('\n')}\n`)
        this.#written += batch.length
      } catch (error) {
        this.#problem = messageOf(error)
        this.#dropped += batch.length + this.#waiting.length
        this.#waiting = []
      }
    }
  }
}
