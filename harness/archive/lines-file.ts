import { createHash, type Hash } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { writeFailure } from './durable-file.ts'
import type { ResultLines } from './result.ts'

const batchCharacters = 64 * 1024

/** Writes JSON documents to a file, one per line, in batches; the file comes into being with the first batch. */
export class LinesFile {
  readonly #file: string
  readonly #hash: Hash = createHash('sha256')
  #fd: number | undefined
  #batch = ''
  #count = 0
  #closed: ResultLines | null | undefined

  constructor(file: string) {
    this.#file = file
  }

  /** Throws `cannot-write` or `result-exists` (106). */
  append(line: object): void {
    if (this.#closed !== undefined) throw new Error(`${this.#file} is closed`)
    this.#batch += `${JSON.stringify(line)}\n`
    this.#count++
    if (this.#batch.length >= batchCharacters) this.#flush()
  }

  /** Writes what is left; null when there was no line. A second call gives the same answer. */
  close(): ResultLines | null {
    if (this.#closed !== undefined) return this.#closed
    if (this.#count === 0) return (this.#closed = null)
    this.#flush()
    try {
      if (this.#fd !== undefined) fsyncSync(this.#fd)
    } catch (error) {
      throw writeFailure(this.#file, error)
    } finally {
      if (this.#fd !== undefined) closeSync(this.#fd)
      this.#fd = undefined
    }
    this.#closed = { file: basename(this.#file), sha256: this.#hash.digest('hex'), count: this.#count }
    return this.#closed
  }

  #flush(): void {
    if (this.#batch === '') return
    const bytes = Buffer.from(this.#batch)
    this.#batch = ''
    try {
      this.#fd ??= this.#open()
      for (let from = 0; from < bytes.length; from += writeSync(this.#fd, bytes, from));
      this.#hash.update(bytes)
    } catch (error) {
      throw writeFailure(this.#file, error)
    }
  }

  #open(): number {
    mkdirSync(dirname(this.#file), { recursive: true })
    return openSync(this.#file, 'wx')
  }
}
