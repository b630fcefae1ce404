import { SoakrigError } from '../kernel/errors.ts'

const newline = 0x0a

/**
 * The lines of UTF-8 bytes, without their ends and a leading byte order mark. Only a newline ends one: JSON may hold every
 * other separator within its texts, so that readline's are too many. Rejects with `line-too-long` (104).
 */
export async function* lines(chunks: AsyncIterable<Uint8Array>, longestBytes: number): AsyncGenerator<string> {
  // Of a line whole, so that no character is cut in two.
  let held: Uint8Array[] = []
  let heldBytes = 0
  let line = 1
  const hold = (piece: Uint8Array): void => {
    heldBytes += piece.length
    if (heldBytes > longestBytes) throw tooLong(line, longestBytes)
    held.push(piece)
  }
  const release = (): string => {
    const text = Buffer.concat(held).toString()
    ;[held, heldBytes] = [[], 0]
    return line++ === 1 ? text.replace(/^\uFEFF/u, '') : text
  }
  for await (const chunk of chunks) {
    let from = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      hold(chunk.subarray(from, end))
      yield release()
      from = end + 1
    }
    hold(chunk.subarray(from))
  }
  if (heldBytes > 0) yield release()
}

function tooLong(line: number, longestBytes: number): SoakrigError {
  return new SoakrigError(`line ${line} is longer than ${longestBytes / 2 ** 20} MiB`, {
    code: 'line-too-long',
    exit: 'usage',
    hint: 'Put each document on a line of its own.',
  })
}
