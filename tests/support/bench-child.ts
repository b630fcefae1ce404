import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onCore } from './bench-cores.ts'

/** A script of this folder in a process of its own, with the port that it printed. */
export interface BenchChild extends AsyncDisposable {
  readonly pid: number
  readonly port: number
}

/** Starts a script that prints its port, and ends when it loses us. */
export async function startChild(script: string, words: readonly string[] = [], core?: number): Promise<BenchChild> {
  const file = fileURLToPath(new URL(script, import.meta.url))
  const [command = '', ...args] = onCore(core, [process.execPath, file, ...words])
  const child: ChildProcess = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  return {
    pid: child.pid as number,
    port: Number(line.toString()),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}
