import { readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { join, sep } from 'node:path'
import { type Clock, realClock } from '../kernel/clock.ts'
import { ownPid, sendSignal } from '../kernel/host.ts'
import { nsPerSecond } from '../kernel/units.ts'
import { waitUntilGone } from '../target/end-tree.ts'
import {
  commandLineOf,
  environOf,
  isAlive,
  isSame,
  listProcesses,
  openFilesOf,
  type ProcessIdentity,
  type ProcessRecord,
  type ProcStat,
} from '../target/proc.ts'
import { ownerFile, processesFile, type RunOwner, runsDirectory } from './run-directory.ts'

/** A process that a crashed run left behind. */
export interface Leftover extends ProcessRecord {
  readonly runId: string
  /** Its command line, for people. */
  readonly command: string
  /** False when even SIGKILL did not end it within a second. */
  readonly ended: boolean
}

/**
 * Ends what runs whose conductor is dead have left, and removes their directories; a directory stays when something
 * could not be ended. A process is ours by pid and start time, or by descent, and by the run's id in its environment.
 */
export async function endLeftovers(resultsDir: string, clock: Clock = realClock): Promise<Leftover[]> {
  const found: Leftover[] = []
  for (const path of deadRuns(runsDirectory(resultsDir))) {
    const ended = await endRun(path, clock)
    if (ended.every((leftover) => leftover.ended)) rmSync(path, { recursive: true, force: true })
    found.push(...ended)
  }
  return found
}

/** Directories of runs whose conductor is dead; one whose owner cannot be read is left alone. */
function deadRuns(runs: string): string[] {
  const names = readLines(() => readdirSync(runs)).filter((name) => !name.startsWith('.'))
  const paths = names.map((name) => join(runs, name))
  return paths.filter((path) => {
    const owner = ownerOf(path)
    return owner !== undefined && !isSame(owner)
  })
}

async function endRun(path: string, clock: Clock): Promise<Leftover[]> {
  const runId = ownerOf(path)?.runId ?? ''
  const records = recordsOf(path)
  const roles = new Map(records.map(({ pid, role }) => [pid, role]))
  const all = new Map<number, Omit<Leftover, 'ended'>>()
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    // Looked for again: what is asked to end may start something first.
    const processes = processesOf(runId, path, records)
    for (const { pid, startTicks } of processes) {
      all.set(pid, { runId, pid, startTicks, role: roles.get(pid) ?? 'descendant', command: commandLineOf(pid) })
      if (isSame({ pid, startTicks })) sendSignal(pid, signal)
    }
    await waitUntilGone(processes, clock, nsPerSecond)
  }
  return [...all.values()].map((process) => ({ ...process, ended: !isSame(process) }))
}

/** The living processes of a run: recorded ones that are proven ours, those with its id, and all their descendants. */
function processesOf(runId: string, path: string, records: readonly ProcessIdentity[]): ProcStat[] {
  const alive = listProcesses().filter(isAlive)
  const kin = ancestors(alive, ownPid)
  const recorded = new Map(records.map(({ pid, startTicks }) => [pid, startTicks]))
  const ours = new Map<number, ProcStat>()
  for (const process of alive) {
    const environ = environOf(process.pid)
    const isRecorded = recorded.get(process.pid) === process.startTicks
    if (environ?.['SOAKRIG_RUN'] === runId || (isRecorded && wroteOver(environ) && holdsFileOf(path, process.pid))) {
      ours.set(process.pid, process)
    }
  }
  const children = Map.groupBy(alive, ({ ppid }) => ppid)
  // A Map hands out what is added while it is walked, so this reaches every generation.
  for (const member of ours.values()) for (const child of children.get(member.pid) ?? []) ours.set(child.pid, child)
  return [...ours.values()].filter(({ pid }) => !kin.has(pid))
}

/** nginx and others write a title over their environment; of these, an open file of the run is the proof. */
function wroteOver(environ: Readonly<Record<string, string>> | undefined): boolean {
  return environ !== undefined && environ['SOAKRIG_RUN'] === undefined && environ['SOAKRIG_TARGET'] === undefined
}

function holdsFileOf(path: string, pid: number): boolean {
  const inside = realpathSync(path) + sep
  return openFilesOf(pid).some((file) => file.startsWith(inside))
}

/** This process and what it descends from: never ended, even when it was started from within such a run. */
function ancestors(processes: readonly ProcStat[], pid: number): Set<number> {
  const parents = new Map(processes.map((process) => [process.pid, process.ppid]))
  const found = new Set<number>()
  for (let at: number | undefined = pid; at !== undefined && !found.has(at); at = parents.get(at)) found.add(at)
  return found
}

function ownerOf(path: string): RunOwner | undefined {
  const [owner] = parsed<RunOwner>(join(path, ownerFile))
  return owner
}

function recordsOf(path: string): ProcessRecord[] {
  return parsed<ProcessRecord>(join(path, processesFile))
}

/** One JSON value a line; a line that a crash cut off is left out. */
function parsed<Value>(file: string): Value[] {
  return readLines(() => readFileSync(file, 'utf8').split('\n')).flatMap((line) => {
    try {
      return [JSON.parse(line) as Value]
    } catch {
      return []
    }
  })
}

function readLines(read: () => string[]): string[] {
  try {
    return read()
  } catch {
    return []
  }
}
