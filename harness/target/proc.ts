import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** A process that no later one can be mistaken for: ids are used again, start times are not. */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks between boot and its start. */
  readonly startTicks: number
}

/** A process that soakrig started, as a run writes it down. */
export interface ProcessRecord extends ProcessIdentity {
  /** What it is in the run: `target`, `prepare`, `relay`, `worker`. */
  readonly role: string
}

/** What /proc/PID/stat says. */
export interface ProcStat extends ProcessIdentity {
  readonly comm: string
  /** One letter; `Z` is a zombie. */
  readonly state: string
  readonly ppid: number
  readonly pgrp: number
  /** User and system time of all its threads, in clock ticks. */
  readonly cpuTicks: number
  readonly threads: number
  readonly rssPages: number
}

/** Reads a line of /proc/PID/stat (proc_pid_stat(5)); undefined when it is not one. */
export function parseStat(text: string): ProcStat | undefined {
  const open = text.indexOf('(')
  // The name may hold spaces and parentheses; the last one ends it.
  const close = text.lastIndexOf(')')
  const fields = text.slice(close + 2).split(' ')
  const at = (field: number): number => Number(fields[field - 3])
  if (open < 0 || close < open || !Number.isFinite(at(24))) return undefined
  return {
    pid: Number(text.slice(0, open)),
    comm: text.slice(open + 1, close),
    state: fields[0] ?? '?',
    ppid: at(4),
    pgrp: at(5),
    cpuTicks: at(14) + at(15),
    threads: at(20),
    startTicks: at(22),
    rssPages: at(24),
  }
}

function orUndefined<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch {
    // The process ended, is another user's, or there is no /proc.
    return undefined
  }
}

/** The state of a process; undefined when there is none. */
export function readStat(pid: number): ProcStat | undefined {
  const text = orUndefined(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  return text === undefined ? undefined : parseStat(text)
}

/** All processes of the machine, zombies too; empty where there is no /proc. */
export function listProcesses(): ProcStat[] {
  const names = orUndefined(() => readdirSync('/proc')) ?? []
  const pids = names.filter((name) => name >= '0' && name <= '9~')
  return pids.map((name) => readStat(Number(name))).filter((stat) => stat !== undefined)
}

/** False for zombies: they hold nothing but their exit code. */
export function isAlive({ state }: ProcStat): boolean {
  return state !== 'Z' && state !== 'X'
}

/** True while that very process is alive. */
export function isSame({ pid, startTicks }: ProcessIdentity): boolean {
  const stat = readStat(pid)
  return stat !== undefined && stat.startTicks === startTicks && isAlive(stat)
}

/** What smaps_rollup adds up of a process: its proportional share of all its pages, and the pages of no file. */
export type RollupLine = 'Pss' | 'Anonymous'

/** A line of smaps_rollup in KiB; undefined when it may not be read. */
export function rollupKb(pid: number, line: RollupLine): number | undefined {
  const text = orUndefined(() => readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))
  return text === undefined ? undefined : parseRollup(text, line)
}

/** Finds a line of a smaps_rollup; KiB. */
export function parseRollup(text: string, line: RollupLine): number | undefined {
  const match = new RegExp(`^${line}:\\s+(\\d+) kB$`, 'mu').exec(text)
  return match ? Number(match[1]) : undefined
}

/** How many files and sockets a process has open; undefined when it may not be read. */
export function countFds(pid: number): number | undefined {
  return orUndefined(() => readdirSync(`/proc/${pid}/fd`).length)
}

/** What the descriptors of a process lead to: paths, `socket:[inode]`, `pipe:[inode]`; empty when it may not be read. */
export function openFilesOf(pid: number): string[] {
  const names = orUndefined(() => readdirSync(`/proc/${pid}/fd`)) ?? []
  return names
    .map((name) => orUndefined(() => readlinkSync(`/proc/${pid}/fd/${name}`)))
    .filter((path) => path !== undefined)
}

/**
 * The environment a process was started with; undefined when it may not be read.
 * Servers that write a title over it (nginx) leave an empty one.
 */
export function environOf(pid: number): Record<string, string> | undefined {
  const text = orUndefined(() => readFileSync(`/proc/${pid}/environ`, 'utf8'))
  return text === undefined ? undefined : parseEnviron(text)
}

/** Reads NUL-separated `NAME=value` pairs; what is not such a pair is left out. */
export function parseEnviron(text: string): Record<string, string> {
  const pairs = text.split('\0').filter((pair) => pair.indexOf('=') > 0)
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]))
}

/** The command line of a process, for people; empty when it is gone. */
export function commandLineOf(pid: number): string {
  const text = orUndefined(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? ''
  return text.replaceAll('\0', ' ').trim()
}
