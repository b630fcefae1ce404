import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createVirtualClock } from '../../../harness/kernel/virtual-clock.ts'
import { startShards } from '../../../harness/run/shards.ts'
import { workloadOf } from '../../support/slice-task.ts'

test('a script that is never loaded ends the wait for the workers, and the workers', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'soakrig-shards-'))
  const script = join(directory, 'never.mjs')
  await writeFile(script, 'await new Promise(() => setInterval(() => {}, 1000))\nexport default async () => {}\n')
  const clock = createVirtualClock()
  const pids: number[] = []
  const opening = startShards({
    count: 1,
    allowedHosts: [],
    profile: { seed: 1, policies: [], stressClient: [] },
    workloads: { own: { ...workloadOf([]), script } },
    clock,
    runId: 'test',
    onProcess: ({ pid }) => pids.push(pid),
    onWindow: () => {},
    onCounts: () => {},
    onReading: () => {},
  })
  await Promise.all([
    expect(opening).rejects.toMatchObject({ code: 'worker-not-ready', exit: 'userScript' }),
    clock.advance(31e9),
  ])
  expect(pids).toHaveLength(1)
  expect(() => process.kill(pids[0]!, 0)).toThrow('ESRCH')
  await rm(directory, { recursive: true })
})
