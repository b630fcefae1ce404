import { describe, expect, it } from 'vitest'
import { createRng } from '../../../harness/kernel/rng.ts'
import { success } from '../../../harness/resilience/outcome.ts'
import type { RawClient } from '../../../harness/resilience/settings.ts'
import { plainCall, type Step, type StepOwner } from '../../../harness/resilience/step.ts'
import { createBench, ms } from '../../support/fake-attempts.ts'

describe('an operation that is ended by what its own end sets free', () => {
  /** Two operations of a client: what is cancelled of the first lets the second end, whose owner ends the first. */
  async function endedBy(client: RawClient) {
    const { client: made, clock } = createBench(client)
    const ends: string[] = []
    const owners: StepOwner[] = []
    const operation = (name: string, then: () => void): Step =>
      made.operation({
        rng: createRng(1),
        owner: {
          ended() {
            ends.push(name)
            then()
          },
        },
        attempt: (owner) => {
          owners.push(owner)
          return { begin: () => {}, cancel: (nowNs) => (owners.at(-1)?.ended(success, nowNs), null) }
        },
      })
    const first = operation('first', () => {})
    first.begin(plainCall('hi'), 0)
    if (owners.length < 2) await clock.advance(1 * ms)
    const second = operation('second', () => first.cancel(clock.nowNs()))
    second.begin(plainCall('hi'), 0)
    return { ends, clock, owners }
  }

  it('is told of no end of its own by a fallback', async () => {
    const { ends, clock } = await endedBy({ fallback: { timeout: '20ms', default: {} } })
    await clock.advance(20 * ms)
    expect(ends).toEqual(['second'])
  })

  it('is told of no end of its own by a hedge', async () => {
    const { ends, clock, owners } = await endedBy({ hedge: { delay: '0ms' } })
    owners[0]?.ended(success, clock.nowNs())
    expect(ends).toEqual(['second'])
  })
})
