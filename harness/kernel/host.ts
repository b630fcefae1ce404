import { randomBytes } from 'node:crypto'
import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'

/** The little of the operating system's process that rooms other than the entries need. */

/** This process's id. */
export const ownPid: number = process.pid

/** The Node that runs this, for starting entries of our own. */
export const nodeBinary: string = process.execPath

/** A copy of the environment. */
export function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

/** The same for a process of our own, which finds what this one has compiled. No target of a user's is told of that. */
export function ownEnvironment(): Record<string, string> {
  const directory = getCompileCacheDir()
  return { ...(directory !== undefined && { NODE_COMPILE_CACHE: dirname(directory) }), ...environment() }
}

/** The directory that relative paths of the user start from. */
export function workingDirectory(): string {
  return process.cwd()
}

/** Sends a signal to a process, or with a negative id to its group; false when there is none. */
export function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch {
    return false
  }
}

/** User and system time that this process has used so far, all threads, in ms. */
export function cpuTimeMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** What the memory of this process is used for, in bytes. */
export function memoryUsage(): NodeJS.MemoryUsage {
  return process.memoryUsage()
}

/** The version of the Node that runs this, without the `v`. */
export const nodeVersion: string = process.versions.node

/** A new id for a run: eight hexadecimal digits, unique enough beside a time stamp. */
export function newRunId(): string {
  return randomBytes(4).toString('hex')
}
