import { isatty } from 'node:tty'
import { environment } from '../kernel/host.ts'

/** Writes text and a line end to stdout. */
export function print(text: string): void {
  write(process.stdout, text)
}

/** The same, and waits until it has left; false when nobody reads any more. */
export function printed(text: string): Promise<boolean> {
  return new Promise((resolve) => write(process.stdout, text, (error) => resolve(!error)))
}

/** Writes text and a line end to stderr. */
export function printError(text: string): void {
  write(process.stderr, text)
}

/** Whether a stream of ours is to be coloured. */
export function colorsWanted(stream: 'stdout' | 'stderr' = 'stdout'): boolean {
  return wantsColors(environment(), isatty(process[stream].fd))
}

/** Colours are for terminals only, and neither for a dumb one, nor where NO_COLOR (no-color.org) or CI is set. */
export function wantsColors({ NO_COLOR, CI, TERM }: Readonly<Record<string, string>>, isTTY: boolean): boolean {
  return isTTY && !NO_COLOR && !CI && TERM !== 'dumb'
}

/** Columns of the terminal, or of an ordinary page where there is none. */
export function terminalWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns : 120
}

/** The stream for progress: stdout is for answers. */
export function progressStream(): NodeJS.WritableStream & { readonly isTTY?: boolean } {
  return process.stderr
}

const heard = new WeakSet<NodeJS.WriteStream>()

function write(stream: NodeJS.WriteStream, text: string, left?: (error?: Error | null) => void): void {
  if (!heard.has(stream)) {
    heard.add(stream)
    // A reader that has seen enough, such as head(1), is no failure.
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
  stream.write(`${text}\n`, left)
}
