import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeBinary, workingDirectory } from '../../kernel/host.ts'
import { nsPerSecond } from '../../kernel/units.ts'
import { type Child, spawnChild } from '../child.ts'
import { openOutput } from '../output.ts'
import { describeExit, type LaunchContext, loopback, type RunningTarget, startFailure } from '../running.ts'
import type { BuiltinSettings } from '../settings.ts'

const readyWithinNs = 10 * nsPerSecond
const stopSettings = { signal: 'SIGTERM', graceNs: 2 * nsPerSecond } as const

// Sources are run as they are, the package as JavaScript: the entry has this file's own extension.
const entry = fileURLToPath(new URL(`../builtin/process${extname(import.meta.url)}`, import.meta.url))

/** Starts a built-in server in a process of its own; it tells its port, and ends when it loses us. */
export async function startBuiltin(settings: BuiltinSettings, context: LaunchContext): Promise<RunningTarget> {
  const host = loopback
  const request = { name: settings.name, host, port: 0, knobs: settings.knobs, seed: context.seed ?? 1 }
  const command = [nodeBinary, entry, JSON.stringify(request)]
  const output = openOutput(context.directory)
  let child: Child | undefined
  const stop = async (): Promise<void> => {
    await child?.stop()
    output.close()
  }
  try {
    context.signal?.throwIfAborted()
    const cwd = workingDirectory()
    child = await spawnChild({ command, cwd, env: {}, output, stop: stopSettings, context, role: 'target', ipc: true })
    const port = await portOf(child, context)
    const { root, exited } = child
    const url = `http://${host}:${port}`
    return { url, host, port, root, command, outputFile: output.file, exited, stop, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The port that the server tells once it listens. */
async function portOf({ message, exited }: Child, { clock, signal }: LaunchContext): Promise<number> {
  const scope = new AbortController()
  const limit = signal ? AbortSignal.any([signal, scope.signal]) : scope.signal
  const late = clock.sleep(readyWithinNs, limit).then(() => {
    throw startFailure('target-not-ready', 'The built-in target was not ready after 10s, waiting for its port')
  })
  const died = exited.then((exit) => {
    throw startFailure('target-died', `The built-in target ended ${describeExit(exit)} at its start`, exit.tail)
  })
  // Whoever loses the race is of no interest any more.
  for (const loser of [late, died]) loser.catch(() => {})
  try {
    const told = await Promise.race([message, late, died])
    return (told as { readonly ready: { readonly port: number } }).ready.port
  } finally {
    scope.abort()
  }
}
