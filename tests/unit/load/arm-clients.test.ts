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
