import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { SoakrigError } from '../../kernel/errors.ts'
import { environment, workingDirectory } from '../../kernel/host.ts'
import { type Child, type ChildOptions, spawnChild } from '../child.ts'
import type { HeapAccess } from '../heap/heap.ts'
import { inspectorOption, reachInspectors } from '../heap/inspector.ts'
import { openOutput } from '../output.ts'
import { waitUntilReady } from '../readiness.ts'
import { describeExit, type LaunchContext, loopback, type RunningTarget, startFailure } from '../running.ts'
import type { CommandSettings, StopSettings } from '../settings.ts'
import { freePort, refuseTakenPort } from '../sockets.ts'
import { expand, expandValues, type TemplateValues } from '../templates.ts'

/** Starts any command as the target, and waits until it is ready. */
export async function startCommand(settings: CommandSettings, context: LaunchContext): Promise<RunningTarget> {
  const host = loopback
  const wanted = settings.port ?? context.port
  const port = wanted ?? (await freePort(host))
  if (wanted !== undefined) await refuseTakenPort(host, port)
  const values = { port, host, dir: context.directory }
  if (!context.again) writeFiles(settings, values)
  const output = openOutput(context.directory)
  const options = childOptions(settings, values, { context, output })
  // Nobody asks for the heap of what prepares it.
  const preparing = childOptions({ ...settings, heap: false }, values, { context, output })
  let child: Child | undefined
  const stop = async (how?: StopSettings): Promise<void> => {
    await child?.stop(how)
    output.close()
  }
  try {
    for (const line of context.again ? [] : settings.prepare)
      await prepare(
        line.map((text) => expand(text, values)),
        preparing,
      )
    context.signal?.throwIfAborted()
    const offset = output.sizeBytes()
    child = await spawnChild(options)
    const { root, exited, members } = child
    const { clock, signal } = context
    await waitUntilReady({ ready: settings.ready, host, port, output, offset, exited, clock, signal })
    const url = `http://${host}:${port}`
    const { command } = options
    const heap = settings.heap ? await reachInspectors(output.textFrom(offset), clock) : notAsked
    const own = { command, outputFile: output.file, statsPort: null, heap }
    return { url, host, port, root, ...own, exited, members, stop, [Symbol.asyncDispose]: () => stop() }
  } catch (error) {
    await stop()
    throw error
  }
}

function childOptions(
  settings: CommandSettings,
  values: TemplateValues,
  rest: Pick<ChildOptions, 'context' | 'output'>,
): ChildOptions {
  const cwd = resolve(workingDirectory(), expand(settings.cwd, values))
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) {
    throw new SoakrigError(`the working directory ${cwd} does not exist`, { code: 'cwd-not-found', exit: 'usage' })
  }
  return {
    ...rest,
    cwd,
    command: settings.command.map((text) => expand(text, values)),
    env: { PORT: String(values.port), ...inspectable(settings, values), ...rest.context.env },
    stop: settings.stop,
    role: 'target',
    package: settings.package,
  }
}

const notAsked: HeapAccess = { missing: 'the profile does not ask for the heap ("heap": "inspector")' }

/** The environment of the settings; what they ask of Node already stays. */
function inspectable({ env, heap }: CommandSettings, values: TemplateValues): Readonly<Record<string, string>> {
  const own = expandValues(env, values)
  if (!heap) return own
  const asked = own['NODE_OPTIONS'] ?? environment()['NODE_OPTIONS']
  return { ...own, NODE_OPTIONS: [asked, inspectorOption].filter(Boolean).join(' ') }
}

function writeFiles(settings: CommandSettings, values: TemplateValues): void {
  for (const [name, text] of Object.entries(settings.files)) {
    const path = join(values.dir, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, expand(text, values))
  }
}

/** Runs a command to its end; what it leaves running is ended. */
async function prepare(command: readonly string[], options: ChildOptions): Promise<void> {
  const { signal } = options.context
  signal?.throwIfAborted()
  const child = await spawnChild({ ...options, command, role: 'prepare', package: undefined })
  const abort = (): void => void child.stop()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    const exit = await child.exited
    signal?.throwIfAborted()
    if (exit.code === 0) return
    const message = `The command that prepares the target ended ${describeExit(exit)} (${command.join(' ')})`
    throw startFailure('prepare-failed', message, exit.tail)
  } finally {
    signal?.removeEventListener('abort', abort)
    await child.stop()
  }
}
