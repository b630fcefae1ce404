import type { Clock } from '../kernel/clock.ts'
import { sendSignal } from '../kernel/host.ts'
import { nsPerMs } from '../kernel/units.ts'
import { environOf, isAlive, isSame, listProcesses, type ProcessIdentity, type ProcStat } from './proc.ts'
import type { StopSettings } from './settings.ts'
import type { TreeWatch } from './tree.ts'

const pollNs = 10 * nsPerMs
const killRounds = 20
const killRoundNs = 100 * nsPerMs

/** The environment variable that marks the processes of one life of a target with its directory. */
export const lifeVariable = 'SOAKRIG_TARGET'

/** What is to be ended, and how. */
export interface Ending {
  readonly watch: TreeWatch
  readonly stop: StopSettings
  readonly clock: Clock
  /** Directory of this life: finds members that lost their parent before anything saw them. */
  readonly directory: string
}

/** Ends a tree: the signal to its group, the grace, then SIGKILL to the group and every member that is still the same. */
export async function endTree({ watch, stop, clock, directory }: Ending): Promise<void> {
  const members = (): ProcStat[] => {
    watch.adopt(processesMarked(lifeVariable, directory))
    return watch.scan()
  }
  const asked = members()
  signalAll(watch.root, asked, stop.signal)
  await waitUntilGone(asked, clock, stop.graceNs)
  // A process that forks while it is killed needs another round.
  for (let round = 0; round < killRounds; round++) {
    const left = members()
    if (left.length === 0) return
    signalAll(watch.root, left, 'SIGKILL')
    await waitUntilGone(left, clock, killRoundNs)
  }
}

/** Waits until none of the processes lives, at most `limitNs`; says whether that came. */
export async function waitUntilGone(
  processes: readonly ProcessIdentity[],
  clock: Clock,
  limitNs: number,
): Promise<boolean> {
  const endNs = clock.nowNs() + limitNs
  while (processes.some(isSame)) {
    if (clock.nowNs() >= endNs) return false
    await clock.sleep(pollNs)
  }
  return true
}

/** The living processes whose environment has that value. */
export function processesMarked(name: string, value: string): ProcStat[] {
  return listProcesses().filter((process) => isAlive(process) && environOf(process.pid)?.[name] === value)
}

/** The group gets one signal as a whole; those outside of it one each, since a group's signal does not reach them. */
function signalAll(root: ProcessIdentity, members: readonly ProcStat[], signal: NodeJS.Signals): void {
  const inGroup = ({ pgrp }: ProcStat): boolean => pgrp === root.pid
  if (members.some(inGroup)) sendSignal(-root.pid, signal)
  for (const member of members) if (!inGroup(member) && isSame(member)) sendSignal(member.pid, signal)
}
