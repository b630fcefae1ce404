import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeBinary, ownEnvironment, workingDirectory } from '../../kernel/host.ts'
import { nsPerSecond } from '../../kernel/units.ts'
import type { BuiltinRequest } from '../builtin/serve.ts'
import { type Child, spawnChild } from '../child.ts'
import { openOutput } from '../output.ts'
import { describeExit, type LaunchContext, loopback, type RunningTarget, startFailure } from '../running.ts'
import type { BuiltinSettings, StopSettings } from '../settings.ts'

const readyWithinNs = 10 * nsPerSecond
const stopSettings = { signal: 'SIGTERM', graceNs: 2 * nsPerSecond } as const

// Sources are run as they are, the package as JavaScript: the entry has this file's own extension.
const entry = fileURLToPath(new URL(`../builtin/process${extname(import.meta.url)}`, import.meta.url))

/** Starts a built-in server in a process of its own; it tells its ports, and ends when it loses us. */
export async function startBuiltin(settings: BuiltinSettings, context: LaunchContext): Promise<RunningTarget> {
  const host = loopback
  const { name, knobs, tls, socketPath, framing, dependency } = settings
  const request: BuiltinRequest = { name, host, port: context.port ?? 0, knobs, tls, socketPath, framing, dependency }
  const command = [nodeBinary, entry, JSON.stringify({ ...request, seed: context.seed ?? 1 })]
  const output = openOutput(context.directory)
  let child: Child | undefined
  const stop = async (how?: StopSettings): Promise<void> => {
    await child?.stop(how)
    output.close()
  }
  try {
    context.signal?.throwIfAborted()
    const cwd = workingDirectory()
    const env = { ...ownEnvironment(), ...context.env }
    child = await spawnChild({ command, cwd, env, output, stop: stopSettings, context, role: 'target', ipc: true })
    const { url, port, statsPort } = await addressOf(child, context)
    const { root, exited, members, ask } = child
    const heap = { probe: { collect: async () => ((await ask({ collect: true })) as { heapKb: number }).heapKb } }
    const own = { command, outputFile: output.file, statsPort, heap }
    return { url, host, port, root, ...own, exited, members, stop, [Symbol.asyncDispose]: () => stop() }
  } catch (error) {
    await stop()
    throw error
  }
}

/** What the server tells once it listens. */
interface Ready {
  readonly url: string
  readonly port: number
  readonly statsPort: number | null
}

async function addressOf({ message, exited }: Child, { clock, signal }: LaunchContext): Promise<Ready> {
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
    return (told as { readonly ready: Ready }).ready
  } finally {
    scope.abort()
  }
}
