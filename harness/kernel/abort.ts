/** Runs `work` with a signal that aborts with the given one and at the end of the work, whichever comes first. */
export async function withScope<Result>(
  parent: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController()
  const signal = parent ? AbortSignal.any([parent, controller.signal]) : controller.signal
  try {
    return await work(signal)
  } finally {
    controller.abort()
  }
}

/** True when the error is the reason of this signal, that is, an abort and no failure. */
export function isAbort(error: unknown, signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true && error === signal.reason
}
