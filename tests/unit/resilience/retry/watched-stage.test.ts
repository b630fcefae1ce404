import { describe, expect, it } from 'vitest'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { TimerWheel } from '../../../../harness/kernel/timer-wheel.ts'
import { createVirtualClock } from '../../../../harness/kernel/virtual-clock.ts'
import { Client } from '../../../../harness/resilience/client.ts'
import { failure, type Outcome, success } from '../../../../harness/resilience/outcome.ts'
import { parseClient } from '../../../../harness/resilience/settings.ts'
import { createOperation, ms } from '../../../support/fake-attempts.ts'

const retry = { strategy: 'fixed', maxCalls: 9, baseDelay: '10ms' }

function watchedBench(watched = true) {
  const clock = createVirtualClock()
  const wheel = new TimerWheel(clock)
  return { clock, wheel, client: new Client(parseClient({ retry }), { wheel, rng: createRng(1), watched }) }
}

/** An operation whose attempts take 1 ms each, and succeed from this call on. */
function operationOf(bench: ReturnType<typeof watchedBench>, goodFrom: number) {
  const outcomeOf = (call: number): Outcome => (call < goodFrom ? failure('reset') : success)
  return createOperation(bench, (call) => ({ afterNs: ms, outcome: outcomeOf(call) }))
}

describe('a retry that is watched', () => {
  it('tells its attempts by number, the further ones together, and what succeeded in the end (S18, P75)', async () => {
    const bench = watchedBench()
    for (const [request, goodFrom] of [
      ['once', 1],
      ['late', 3],
      ['never', 99],
    ] as const) {
      operationOf(bench, goodFrom).begin({ request })
      await bench.clock.advance(200 * ms)
    }
    const { once, late, never } = bench.client.takeRetries()
    expect(once).toMatchObject({ attempts: [1, 0, 0, 0, 0, 0], recovered: 0 })
    expect(late).toMatchObject({ attempts: [1, 1, 1, 0, 0, 0], recovered: 1 })
    expect(never).toMatchObject({ attempts: [1, 1, 1, 1, 1, 4], recovered: 0 })
    // From the first attempt to the end: 1 ms, 3 + 2 × 10 ms, 9 + 8 × 10 ms.
    expect([once, late, never].map((figures) => figures?.durations)).toEqual([
      { buckets: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], sumNs: 1 * ms },
      { buckets: [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], sumNs: 23 * ms },
      { buckets: [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], sumNs: 89 * ms },
    ])
    expect(bench.client.counters()).toMatchObject({ retries: 10, recovered: 1, exhausted: 1 })
  })

  it('tells of each thing once, also of an operation that runs while it is asked', async () => {
    const bench = watchedBench()
    operationOf(bench, 3).begin()
    await bench.clock.advance(5 * ms)
    expect(bench.client.takeRetries()['hi']).toMatchObject({ attempts: [1, 0, 0, 0, 0, 0] })
    await bench.clock.advance(100 * ms)
    expect(bench.client.takeRetries()['hi']).toMatchObject({ attempts: [0, 1, 1, 0, 0, 0], recovered: 1 })
    expect(bench.client.takeRetries()).toEqual({})
  })

  it('counts an operation that is given up while it waits as one that has ended', async () => {
    const bench = watchedBench()
    const operation = operationOf(bench, 99)
    operation.begin()
    await bench.clock.advance(6 * ms)
    operation.abort()
    expect(bench.client.takeRetries()['hi']).toMatchObject({
      attempts: [1, 0, 0, 0, 0, 0],
      recovered: 0,
      durations: { sumNs: 6 * ms },
    })
  })

  it('makes the same attempts at the same times as one that nobody watches', async () => {
    const timesOf = async (watched: boolean) => {
      const bench = watchedBench(watched)
      const operation = operationOf(bench, 4)
      operation.begin()
      await bench.clock.advance(200 * ms)
      const { attemptsMs, ends } = operation.record
      return { attemptsMs, ends, told: Object.keys(bench.client.takeRetries()) }
    }
    const [watched, plain] = [await timesOf(true), await timesOf(false)]
    expect(plain).toEqual({ ...watched, told: [] })
    expect(watched.told).toEqual(['hi'])
  })
})
