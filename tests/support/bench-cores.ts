import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Which core the target has to itself, and which the load tool, whichever that is. */
export interface Cores {
  readonly target: number
  readonly tool: number
}

/** The first two cores that this process may use; null where there are fewer, or where nothing is to be pinned. */
export function twoCores(unpinned: boolean | undefined): Cores | null {
  const list = /^Cpus_allowed_list:\s*(\S+)$/mu.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? ''
  const [target, tool] = list.split(',').flatMap(coresOfRange)
  return unpinned || target === undefined || tool === undefined ? null : { target, tool }
}

function coresOfRange(range: string): number[] {
  const [from = 0, to = from] = range.split('-').map(Number)
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

/** What a bench says of its cores. */
export function coresText(cores: Cores | null): string {
  return cores ? `target on core ${cores.target}, load tool on core ${cores.tool}` : 'nothing is pinned'
}

/** A command and its arguments, on one core with all its threads and processes; as it is for none. */
export function onCore(core: number | undefined, words: readonly string[]): readonly string[] {
  return core === undefined ? words : ['taskset', '-c', String(core), ...words]
}

/** Moves a process that runs, with all its threads, to one core; leaves it where it is for none. */
export function moveToCore(core: number | undefined, pid: number): void {
  if (core !== undefined) execFileSync('taskset', ['-a', '-p', '-c', String(core), String(pid)], { stdio: 'ignore' })
}
