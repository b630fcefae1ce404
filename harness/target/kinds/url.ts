import type { Timer } from '../../kernel/clock.ts'
import { SoakrigError } from '../../kernel/errors.ts'
import { nsPerMs, nsPerSecond } from '../../kernel/units.ts'
import { type Address, parseAddress } from '../address.ts'
import { isSame, type ProcessIdentity, type ProcStat, readStat } from '../proc.ts'
import { accepts } from '../readiness.ts'
import type { LaunchContext, RunningTarget, TargetExit } from '../running.ts'
import type { UrlSettings } from '../settings.ts'
import { listenerOn } from '../sockets.ts'
import { treeOf } from '../tree.ts'

const connectWithinNs = 2 * nsPerSecond
const lookEveryNs = 250 * nsPerMs

/** Takes a target that runs already; it is watched, but neither recorded as ours nor ended. */
export async function attachToUrl(settings: UrlSettings, { clock }: LaunchContext): Promise<RunningTarget> {
  const address = parseAddress(settings.url)
  if (!address) throw unreachable(settings.url)
  const { scheme, host, port, url } = address
  // A datagram that nobody takes cannot be told from one that is not answered.
  if (scheme !== 'udp' && !(await accepts(host, port, clock, connectWithinNs))) throw unreachable(url)
  const root = rootOf(settings, address)
  let timer: Timer | undefined
  const exited = new Promise<TargetExit>((resolve) => {
    const look = (): void => {
      if (root && !isSame(root)) resolve({ code: null, signal: null, tail: [] })
      else timer = clock.after(lookEveryNs, look)
    }
    if (root) look()
  })
  const stop = async (): Promise<void> => timer?.cancel()
  const members = (): ProcStat[] => (root ? treeOf({ root }) : [])
  const heap = { missing: 'a target that runs already is not asked for its heap' }
  const own = { command: [], outputFile: undefined, statsPort: null, heap, members }
  return { url, host, port, root, ...own, exited, stop, [Symbol.asyncDispose]: stop }
}

function rootOf({ pid }: UrlSettings, { port, scheme }: Address): ProcessIdentity | undefined {
  if (pid === undefined) return listenerOn(port, scheme === 'udp' ? 'udp' : 'tcp')
  const stat = readStat(pid)
  if (stat) return { pid, startTicks: stat.startTicks }
  throw new SoakrigError(`there is no process ${pid}`, {
    code: 'target-not-found',
    exit: 'targetDied',
    hint: 'Leave the pid out to have it found from the listening socket.',
  })
}

function unreachable(url: string): SoakrigError {
  return new SoakrigError(`nothing accepts connections at ${url}`, {
    code: 'target-not-ready',
    exit: 'targetDied',
    hint: 'Start the target first, or give a command instead of a url.',
  })
}
