import { constants } from 'node:os'
import { execa } from 'execa'
import { messageOf, SoakrigError } from '../kernel/errors.ts'

/** A command that runs in the terminal of its user. */
export interface RunningCommand {
  /** Its exit code; as a shell has it, 128 and the signal's number where one ended it. */
  readonly exited: Promise<number>
  readonly signal: (name: NodeJS.Signals) => void
}

/** Starts a command with our standard streams, in our process group. Its `exited` rejects with `command-not-found` (104). */
export function startRunCommand(
  [file = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
): RunningCommand {
  const subprocess = execa(file, args, { stdio: 'inherit', env, reject: false, cleanup: true })
  const exited = subprocess.then(({ exitCode, signal, code, cause }) => {
    if (exitCode !== undefined) return exitCode
    if (signal !== undefined) return 128 + constants.signals[signal]
    throw new SoakrigError(`${file} cannot be run: ${code === 'ENOENT' ? 'it is not there' : messageOf(cause)}`, {
      code: 'command-not-found',
      exit: 'usage',
      cause,
    })
  })
  return { exited, signal: (name) => void subprocess.kill(name) }
}
