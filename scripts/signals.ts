import { realClock } from '../harness/index.ts'

/** Aborts with the first SIGINT or SIGTERM, which ends a run in order; the second one ends this process at once. */
export function untilSignal(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController()
  const end = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(105)
    controller.abort(new Error(`ended by ${name}`))
  }
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, end)
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, end)
    },
  }
}

/** Resolves with the first SIGINT or SIGTERM; until then this process goes on, also where no listener of it is open. */
export async function signalled(): Promise<void> {
  using until = untilSignal()
  await realClock.sleep(Number.POSITIVE_INFINITY, until.signal).catch(() => {})
}

/** Passes signals on to whatever `passTo` names; until then the first of them aborts. */
export function passSignals(): Disposable & {
  readonly signal: AbortSignal
  passTo(receive: (name: NodeJS.Signals) => void): void
} {
  const controller = new AbortController()
  let pass: ((name: NodeJS.Signals) => void) | undefined
  const hear = (name: NodeJS.Signals): void => {
    if (!pass) controller.abort(new Error(`ended by ${name}`))
    // A terminal's Ctrl-C has reached the command already, which is in our process group.
    else if (name !== 'SIGINT' || !(process.stdin.isTTY || process.stderr.isTTY)) pass(name)
  }
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of names) process.on(name, hear)
  return {
    signal: controller.signal,
    passTo(receive) {
      pass = receive
    },
    [Symbol.dispose]() {
      for (const name of names) process.off(name, hear)
    },
  }
}
