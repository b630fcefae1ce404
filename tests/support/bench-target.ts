import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Knobs } from '../../harness/target/builtin/knobs.ts'
import type { BuiltinRequest } from '../../harness/target/builtin/serve.ts'
import { moveToCore } from './bench-cores.ts'

const entry = fileURLToPath(new URL('../../harness/target/builtin/process.ts', import.meta.url))

/** A built-in target in a process of its own. */
export interface BenchTarget extends AsyncDisposable {
  readonly port: number
  readonly url: string
}

/** Starts the built-in HTTP target with these knobs. */
export async function startBuiltin(knobs: Knobs, core: number | undefined): Promise<BenchTarget> {
  const request: BuiltinRequest & { readonly seed: number } = {
    name: 'http',
    host: '127.0.0.1',
    port: 0,
    knobs,
    tls: null,
    socketPath: null,
    framing: { kind: 'line', delimiter: '\n' },
    seed: 1,
  }
  const child = fork(entry, [JSON.stringify(request)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const exited = once(child, 'exit')
  const [{ ready }] = (await once(child, 'message')) as [
    { readonly ready: { readonly port: number; readonly url: string } },
  ]
  moveToCore(core, child.pid ?? 0)
  return {
    ...ready,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await exited
    },
  }
}
