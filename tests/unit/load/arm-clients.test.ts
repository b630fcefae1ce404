import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createRng } from '../../../harness/kernel/rng.ts'
import { TimerWheel } from '../../../harness/kernel/timer-wheel.ts'
import { createVirtualClock } from '../../../harness/kernel/virtual-clock.ts'
import { ArmClients } from '../../../harness/load/arm-clients.ts'
import { taskOf } from '../../support/slice-task.ts'

test("an arm's client lasts for one life of the target, whatever other arms run in between", async () => {
  const clients = new ArmClients(new TimerWheel(createVirtualClock()))
  const of = (arm: string, life: number) => clients.of(taskOf(1, 0, { arm, life }), createRng(1))
  const first = await of('a', 0)
  expect(await of('b', 0)).not.toBe(first)
  expect(await of('a', 0)).toBe(first)
  expect(await of('a', 1)).not.toBe(first)
})

test('a policy that is never made is not waited for forever', async () => {
  const clock = createVirtualClock()
  const directory = await mkdtemp(join(tmpdir(), 'soakrig-'))
  const file = join(directory, 'never.mjs')
  await writeFile(file, 'export const createPolicy = () => new Promise(() => {})')
  const client = [{ keyword: 'use', settings: { file } }]
  const wheel = new TimerWheel(clock)
  const made = new ArmClients(wheel).of(taskOf(1, 0, { client }), createRng(1)).catch((error: unknown) => error)
  await clock.advance(31e9)
  expect(await made).toMatchObject({
    code: 'policy-not-usable',
    exitCode: 107,
    message: `the policy ${file} was not made within 30 s`,
  })
  expect(wheel.size).toBe(0)
  await rm(directory, { recursive: true })
})
