import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Clock } from '../kernel/clock.ts'
import { messageOf, SoakrigError } from '../kernel/errors.ts'
import { ownPid } from '../kernel/host.ts'
import { type ProcessIdentity, type ProcessRecord, readStat } from '../target/proc.ts'

/** Who conducts a run; the content of owner.json. */
export interface RunOwner extends ProcessIdentity {
  readonly runId: string
  readonly startedAt: string
}

/** What the next start needs, should this run be cut off: the run's processes and files. */
export interface RunDirectory {
  readonly path: string
  readonly runId: string
  /** Writes a process down, before anything else can happen to it. */
  record(record: ProcessRecord): void
  /** Makes a directory of the run; gives its path. */
  directory(name: string): string
  /** Removes the directory, or leaves it, for people, until the next start. */
  close(options: { readonly keep: boolean }): Promise<void>
}

/** Where the runs of a results directory live while they last; absolute, since a target may work elsewhere. */
export function runsDirectory(resultsDir: string): string {
  return resolve(resultsDir, '.runs')
}

/** The file of a run directory that says who conducts it. */
export const ownerFile = 'owner.json'
/** The file of a run directory that lists its processes. */
export const processesFile = 'processes.ndjson'

/** Makes `.runs/ID` below the results. Rejects with `run-directory` (106) when it cannot be made or is there already. */
export async function openRunDirectory({
  resultsDir,
  runId,
  clock,
}: {
  resultsDir: string
  runId: string
  clock: Clock
}): Promise<RunDirectory> {
  const path = join(runsDirectory(resultsDir), runId)
  const startTicks = readStat(ownPid)?.startTicks ?? 0
  const owner: RunOwner = { runId, pid: ownPid, startTicks, startedAt: clock.date().toISOString() }
  // Renamed when it has an owner, or another start could take it for what a crashed run left.
  const draft = join(runsDirectory(resultsDir), `.new-${ownPid}-${runId}`)
  try {
    mkdirSync(draft, { recursive: true })
    writeFileSync(join(draft, ownerFile), `${JSON.stringify(owner)}\n`)
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw new SoakrigError(`the run directory ${path} could not be made: ${messageOf(error)}`, {
      code: 'run-directory',
      exit: 'environment',
      cause: error,
    })
  }
  return {
    path,
    runId,
    record: (record) => appendFileSync(join(path, processesFile), `${JSON.stringify(record)}\n`),
    directory: (name) => {
      const directory = join(path, name)
      mkdirSync(directory, { recursive: true })
      return directory
    },
    close: async ({ keep }) => {
      if (!keep) await rm(path, { recursive: true, force: true })
    },
  }
}
