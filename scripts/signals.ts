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

/** Resolves with the first SIGINT or SIGTERM. */
export async function signalled(): Promise<void> {
  using until = untilSignal()
  const { signal } = until
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
