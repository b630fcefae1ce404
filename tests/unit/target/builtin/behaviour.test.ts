import { expect, test } from 'vitest'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { createVirtualClock } from '../../../../harness/kernel/virtual-clock.ts'
import { createBehaviour, heldNs } from '../../../../harness/target/builtin/behaviour.ts'
import { type HttpKnobs, plainKnobs } from '../../../../harness/target/builtin/knobs.ts'

const ok = { status: 200, body: 'ok' }

function behaviourWith(knobs: Partial<HttpKnobs>, seed = 1) {
  const clock = createVirtualClock()
  return { clock, behaviour: createBehaviour({ ...plainKnobs, ...knobs }, { clock, rng: createRng(seed) }) }
}

test('without knobs there is nothing to do', () => {
  expect(behaviourWith({}).behaviour.active).toBe(false)
})

test('a service time passes before the answer, and the delay of the path is added to it', async () => {
  const { clock, behaviour } = behaviourWith({ serviceTimeNs: 5e6 })
  const at: number[] = []
  behaviour.apply({ ...ok, delayMs: 10 }, () => at.push(clock.nowNs()))
  await clock.advance(20e6)
  expect(at).toEqual([15e6])
})

test('a stall holds answers to its end', async () => {
  const stall = { everyNs: 5e9, forNs: 1e9 }
  expect([0, 3.9e9, 4e9, 4.75e9, 5e9, 9.5e9].map((ns) => heldNs(stall, ns))).toEqual([0, 0, 1e9, 0.25e9, 0, 0.5e9])
  const { clock, behaviour } = behaviourWith({ stall })
  await clock.advance(4.5e9)
  const at: number[] = []
  behaviour.apply(ok, () => at.push(clock.nowNs()))
  await clock.advance(1e9)
  expect(at).toEqual([5e9])
})

test('errors come in their share, and the same seed errs in the same places', () => {
  const statuses = (seed: number): number[] => {
    const { behaviour } = behaviourWith({ errorShare: 0.05, errorStatus: 503 }, seed)
    const found: number[] = []
    for (let index = 0; index < 2000; index++) behaviour.apply(ok, ({ status }) => found.push(status))
    return found
  }
  const errors = statuses(1).filter((status) => status === 503).length
  expect(errors).toBeGreaterThan(60)
  expect(errors).toBeLessThan(140)
  expect(statuses(1)).toEqual(statuses(1))
  expect(statuses(1)).not.toEqual(statuses(2))
})

test('a leak keeps its bytes per request', () => {
  const { behaviour } = behaviourWith({ leakBytes: 1000 })
  for (let index = 0; index < 3; index++) behaviour.apply(ok, () => {})
  expect(behaviour.leakedBytes).toBe(3000)
})
