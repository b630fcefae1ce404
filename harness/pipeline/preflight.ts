import { accessSync, constants, mkdirSync, readFileSync, statfsSync } from 'node:fs'
import { messageOf, SoakrigError } from '../kernel/errors.ts'
import { mostSockets } from '../plan/models.ts'
import type { Plan, PlannedSlice } from '../plan/plan.ts'
import { attemptsAtOnce, otherTargetsOf } from '../resilience/settings.ts'

const diskNeededBytes = 64 * 2 ** 20
/** Files of a process besides its sockets. */
const otherFiles = 64

function environmentFailure(code: string, message: string, cause?: unknown): SoakrigError {
  return new SoakrigError(message, { code, exit: 'environment', cause })
}

/** What can be known before anything is started. Throws `file-limit` or `results-directory` (106). */
export function checkEnvironment(plan: Plan, resultsDir: string): void {
  checkFileLimit(mostFiles(plan))
  checkResults(resultsDir)
}

/** How many files one process of a run may have open at once: a load worker, or the relay. */
export function mostFiles({ lives, stress }: Plan): number {
  const slices = [...lives.flatMap((life) => life.slices), ...stress]
  return Math.max(0, ...slices.map(socketsOf)) + otherFiles
}

/** The relay holds two sockets for each of the client's; a worker has as many to each target that its client names. */
function socketsOf({ model, arm }: Pick<PlannedSlice, 'model' | 'arm'>): number {
  const targets = 1 + otherTargetsOf(arm.client).length
  return mostSockets(model, attemptsAtOnce(arm.client)) * Math.max(arm.path === 'relay' ? 2 : 1, targets)
}

/** Says how many files a process may open. Throws `file-limit` (106) where that is less than `needed`. */
export function checkFileLimit(needed: number): string {
  const line = /^Max open files\s+(\d+|unlimited)/mu.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? '0'
  if (line === 'unlimited' || Number(line) >= needed) return `${line} open files`
  throw environmentFailure(
    'file-limit',
    `${line} open files are too few: raise the limit to ${needed} (ulimit -n ${needed})`,
  )
}

/** Says that results can be written. Throws `results-directory` (106). */
export function checkResults(resultsDir: string): string {
  const { bavail, bsize } = writable(resultsDir)
  if (bavail * bsize >= diskNeededBytes) return `${resultsDir} can be written`
  throw environmentFailure('results-directory', `${resultsDir} has less than 64 MiB left`)
}

function writable(directory: string) {
  try {
    mkdirSync(directory, { recursive: true })
    accessSync(directory, constants.W_OK)
    return statfsSync(directory)
  } catch (error) {
    throw environmentFailure('results-directory', `${directory} cannot be written: ${messageOf(error)}`, error)
  }
}
