import { connect } from 'node:net'
import type { Clock } from '../kernel/clock.ts'
import { formatNs, nsPerMs, nsPerSecond } from '../kernel/units.ts'
import { httpGet } from './http-get.ts'
import type { TargetOutput } from './output.ts'
import { logFlags, type ReadySettings } from './readiness-settings.ts'
import { describeExit, startFailure, type TargetExit } from './running.ts'

const shortestWaitNs = 5 * nsPerMs
const longestWaitNs = 50 * nsPerMs
const longestProbeNs = nsPerSecond

/** What is waited for, and where. */
export interface Awaited {
  readonly ready: ReadySettings
  readonly host: string
  readonly port: number
  readonly output: TargetOutput
  /** Where in the output its own begins. */
  readonly offset: number
  readonly exited: Promise<TargetExit>
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
}

/** Resolves when the target is ready. Rejects with `target-died`, `target-not-ready`, or the signal's reason. */
export async function waitUntilReady(awaited: Awaited): Promise<void> {
  const { ready, clock, signal, output } = awaited
  const deadlineNs = clock.nowNs() + ready.timeoutNs
  let exit: TargetExit | undefined
  void awaited.exited.then((how) => (exit = how))
  for (let waitNs = shortestWaitNs; ; waitNs = Math.min(waitNs * 1.5, longestWaitNs)) {
    const leftNs = deadlineNs - clock.nowNs()
    const isReady = await probe(awaited, Math.max(nsPerMs, Math.min(leftNs, longestProbeNs)))
    // Looked at second: what answered may be somebody else, who had the port before.
    if (exit) throw startFailure('target-died', `The target ended ${describeExit(exit)} before it was ready`, exit.tail)
    if (isReady) return
    if (clock.nowNs() >= deadlineNs) throw notReady(awaited, output.tail())
    await clock.sleep(waitNs, signal)
  }
}

async function probe(awaited: Awaited, timeoutNs: number): Promise<boolean> {
  const { ready, host, port, output, offset, clock } = awaited
  switch (ready.kind) {
    case 'log':
      return new RegExp(ready.pattern, logFlags).test(output.textFrom(offset))
    case 'port':
      return accepts(host, port, clock, timeoutNs)
    case 'http': {
      const url = new URL(ready.path, `http://${host}:${port}`)
      return httpGet(url, { clock, timeoutNs }).then(
        ({ status }) => status >= 200 && status < 400,
        () => false,
      )
    }
  }
}

/** True when a connection is accepted within `timeoutNs`; it is closed at once. */
export function accepts(host: string, port: number, clock: Clock, timeoutNs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const settle = (answer: boolean): void => {
      timer.cancel()
      socket.destroy()
      resolve(answer)
    }
    const timer = clock.after(timeoutNs, () => settle(false))
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
  })
}

function notReady({ ready, host, port }: Awaited, tail: readonly string[]) {
  const wanted = {
    port: () => `a connection to ${host}:${port}`,
    http: () => `GET http://${host}:${port}${ready.kind === 'http' ? ready.path : ''} to answer 200 to 399`,
    log: () => `its output to match ${ready.kind === 'log' ? ready.pattern : ''}`,
  }[ready.kind]()
  const message = `The target was not ready after ${formatNs(ready.timeoutNs)}, waiting for ${wanted}`
  return startFailure('target-not-ready', message, tail)
}
