import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

const largestBytes = 8 * 2 ** 20
const keptBytes = 64 * 2 ** 10
const tailBytes = 16 * 2 ** 10
const tailLines = 20
const longestLine = 500

/** The file that a target writes its output to by itself, so that none of it passes through us. */
export interface TargetOutput {
  readonly file: string
  /** To be inherited as stdout and stderr; opened with O_APPEND. */
  readonly fd: number
  sizeBytes(): number
  /** The text from `offset` on, at most its last 64 KiB; all there is when the file was cut meanwhile. */
  textFrom(offset: number): string
  /** Its last 20 lines, long ones cut. */
  tail(): string[]
  /** Keeps the last 64 KiB in output.old.log and empties the file when it has more than 8 MiB. */
  bound(): void
  close(): void
}

/** Opens output.log in a directory. */
export function openOutput(directory: string): TargetOutput {
  const file = join(directory, 'output.log')
  const older = join(directory, 'output.old.log')
  const fd = openSync(file, 'a+')
  let open = true

  const sizeBytes = (): number => (open ? fstatSync(fd).size : 0)
  const end = (bytes: number): Buffer => {
    const size = sizeBytes()
    const buffer = Buffer.alloc(Math.min(bytes, size))
    return buffer.subarray(0, open ? readSync(fd, buffer, 0, buffer.length, size - buffer.length) : 0)
  }

  return {
    file,
    fd,
    sizeBytes,
    textFrom: (offset) => {
      const size = sizeBytes()
      return end(Math.min(size < offset ? size : size - offset, keptBytes)).toString()
    },
    tail: () => {
      const recent = end(tailBytes).toString()
      const text = sizeBytes() < tailBytes && existsSync(older) ? readFileSync(older, 'utf8') + recent : recent
      return lastLines(text)
    },
    bound: () => {
      if (sizeBytes() <= largestBytes) return
      try {
        writeFileSync(older, end(keptBytes))
      } catch {
        // On a full disk the older lines are lost, but the file still gets shorter.
      }
      // The target's own descriptor appends, so its next line lands at the new start.
      ftruncateSync(fd, 0)
    },
    close: () => {
      if (open) closeSync(fd)
      open = false
    },
  }
}

/** The last 20 lines of a text, each cut to 500 characters. */
export function lastLines(text: string): string[] {
  const lines = text.trimEnd().split('\n').slice(-tailLines)
  return lines[0] === '' && lines.length === 1 ? [] : lines.map((line) => line.slice(0, longestLine))
}
