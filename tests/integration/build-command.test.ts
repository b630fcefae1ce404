import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { buildIn } from '../../scripts/worktrees.ts'

/** What a file holds, once it holds something. */
async function heldBy(file: string): Promise<string> {
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => '')
    if (text.endsWith('\n')) return text.trim()
    await sleep(20)
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('a signal ends a build of a commit with all that it started, and the next one is not begun', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'soakrig-build-'))
  try {
    const controller = new AbortController()
    const built = buildIn([directory, directory], 'sleep 60 & echo $! >> pids; wait', controller.signal)
    const pid = Number(await heldBy(join(directory, 'pids')))
    expect(lives(pid)).toBe(true)
    controller.abort(new Error('ended by SIGTERM'))
    await expect(built).rejects.toMatchObject({ code: 'aborted', exitCode: 105 })
    while (lives(pid)) await sleep(20)
    expect(await heldBy(join(directory, 'pids'))).toBe(String(pid))
  } finally {
    await rm(directory, { recursive: true })
  }
})
