import { closeSync, fsyncSync, openSync } from 'node:fs'
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { messageOf, SoakrigError, systemCode } from '../kernel/errors.ts'
import { ownPid } from '../kernel/host.ts'

/** What a failed write is told as: `result-exists` or `cannot-write`, both 106. */
export function writeFailure(file: string, error: unknown): SoakrigError {
  if (error instanceof SoakrigError) return error
  const exists = systemCode(error) === 'EEXIST'
  return new SoakrigError(
    exists ? `${file} exists already and is not overwritten` : `${file} could not be written: ${messageOf(error)}`,
    {
      code: exists ? 'result-exists' : 'cannot-write',
      exit: 'environment',
      hint: exists
        ? 'Give every run an id of its own.'
        : 'Look at the free space and the permissions of its directory.',
      cause: error,
    },
  )
}

/**
 * Writes a new file whole or not at all: a temporary one beside it, fsync, rename, fsync of the directory. Rejects with
 * `result-exists` (106) when there is one of that name, and with `cannot-write` (106).
 */
export async function writeWhole(file: string, text: string): Promise<void> {
  await writeByDraft(file, text, () => refuseExisting(file))
}

/** The same for a file that may be there already: it has either all of the old text or all of the new. */
export async function replaceWhole(file: string, text: string): Promise<void> {
  await writeByDraft(file, text, async () => {})
}

async function writeByDraft(file: string, text: string, check: () => Promise<void>): Promise<void> {
  const draft = join(dirname(file), `.${basename(file)}.${ownPid}.tmp`)
  try {
    await check()
    await writeDraft(draft, text)
    await rename(draft, file)
    syncDirectory(dirname(file))
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {})
    throw writeFailure(file, error)
  }
}

async function refuseExisting(file: string): Promise<void> {
  const there = await stat(file).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  })
  if (there) throw writeFailure(file, Object.assign(new Error('it exists'), { code: 'EEXIST' }))
}

async function writeDraft(draft: string, text: string): Promise<void> {
  let handle: FileHandle | undefined
  try {
    handle = await open(draft, 'w')
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle?.close()
  }
}

function syncDirectory(directory: string): void {
  const fd = openSync(directory, 'r')
  try {
    fsyncSync(fd)
  } catch (error) {
    // Some file systems know no fsync of a directory; their renames are as durable as they get.
    if (!['EINVAL', 'ENOTSUP', 'EPERM'].includes(systemCode(error) ?? '')) throw error
  } finally {
    closeSync(fd)
  }
}
