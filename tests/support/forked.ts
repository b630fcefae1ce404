import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { realClock } from '../../harness/kernel/clock.ts'

/** A process entry of ours, forked as a conductor would. */
export interface Forked<Command, Reply> extends AsyncDisposable {
  readonly child: ChildProcess
  readonly replies: Reply[]
  send(command: Command): void
  /** The first reply that has come, or comes, of this kind, and of this id where it is given. */
  reply<Kind extends string>(kind: Kind, id?: number): Promise<Extract<Reply, { kind: Kind }>>
  /** Takes the channel away; tells how long the process lived on, in ms, and its exit code. */
  loseChannel(): Promise<{ readonly afterMs: number; readonly code: number | null }>
}

/** Forks `harness/<room>/process.ts`. */
export function forkEntry<Command extends object, Reply extends { readonly kind: string }>(
  room: string,
): Forked<Command, Reply> {
  const entry = fileURLToPath(new URL(`../../harness/${room}/process.ts`, import.meta.url))
  const child = fork(entry, [], {
    serialization: 'advanced',
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const replies: Reply[] = []
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  let heard = Promise.withResolvers<void>()
  const wake = (): void => {
    heard.resolve()
    heard = Promise.withResolvers()
  }
  child.on('message', (message: Reply) => {
    replies.push(message)
    wake()
  })
  child.on('exit', wake)
  return {
    child,
    replies,
    send: (command) => void child.send(command),
    async reply(kind, id) {
      for (;;) {
        const found = replies.find(
          (one) => one.kind === kind && (id === undefined || (one as { id?: number }).id === id),
        )
        if (found) return found as never
        const failed = replies.find((one) => one.kind === 'failed')
        if (failed || child.exitCode !== null)
          throw new Error(`no ${kind}: ${JSON.stringify(failed ?? child.exitCode)}`)
        await heard.promise
      }
    },
    async loseChannel() {
      const fromNs = realClock.nowNs()
      child.disconnect()
      const code = await exited
      return { afterMs: (realClock.nowNs() - fromNs) / 1e6, code }
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await exited
    },
  }
}
