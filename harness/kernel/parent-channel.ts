/** The child's end of the channel between the conductor and one of its processes. */
export interface ParentChannel<Outgoing> {
  send(message: Outgoing): void
}

/**
 * Serves the conductor that forked this process. Messages are handled one after the other. The process leaves terminal
 * signals to the conductor, which drains it, and ends at once when the channel is lost. A failure that is described as null
 * is none.
 */
export function serveParent<Incoming, Outgoing>(
  handle: (message: Incoming, channel: ParentChannel<Outgoing>) => void | Promise<void>,
  describeFailure: (error: unknown) => Outgoing | null,
): ParentChannel<Outgoing> {
  if (!process.send) throw new Error('this file is started by soakrig, not by hand')
  const channel: ParentChannel<Outgoing> = {
    send(message) {
      if (process.connected) process.send?.(message)
    },
  }
  const fail = (error: unknown): void => {
    const failure = describeFailure(error)
    if (failure !== null) channel.send(failure)
  }
  let previous: Promise<void> = Promise.resolve()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})
  process.on('disconnect', () => process.exit(0))
  process.on('uncaughtException', fail)
  process.on('message', (message: Incoming) => {
    previous = previous.then(() => handle(message, channel)).catch(fail)
  })
  return channel
}
