import { describe, expect, it } from 'vitest'
import { createRng } from '../../../harness/kernel/rng.ts'
import { TimerWheel } from '../../../harness/kernel/timer-wheel.ts'
import { createVirtualClock } from '../../../harness/kernel/virtual-clock.ts'
import { failure, type Outcome, success } from '../../../harness/resilience/outcome.ts'
import { Pipeline } from '../../../harness/resilience/pipeline.ts'
import {
  decisions,
  type PolicyStage,
  type StageContext,
  type StagedPolicy,
} from '../../../harness/resilience/policy.ts'
import { type Lingering, plainCall, type StepOwner } from '../../../harness/resilience/step.ts'

const ms = 1e6
const call = plainCall('hi')

/** A stage that lets everything pass but for what a test changes, and the log of all that it was told. */
function fakePolicy(
  name: string,
  log: string[],
  changes: (context: StageContext) => Partial<PolicyStage> = () => ({}),
) {
  const policy: StagedPolicy = {
    kind: 'stage',
    counters: {},
    stage: (context) => {
      const own = changes(context)
      return {
        dueNs: Number.POSITIVE_INFINITY,
        ownOutcome: null,
        begin: () => decisions.proceed,
        settled: () => decisions.settle,
        timer: () => decisions.settle,
        ...own,
        abandoned: (nowNs, lingering) => {
          log.push(`${name} abandoned${lingering ? ' while work goes on' : ''}`)
          own.abandoned?.(nowNs, lingering)
        },
      }
    },
  }
  return policy
}

function bench(
  policies: readonly StagedPolicy[],
  lingering: Lingering | null = null,
  hear: StepOwner['ended'] = () => {},
) {
  const clock = createVirtualClock()
  const wheel = new TimerWheel(clock)
  const ends: Outcome[] = []
  const inner: { owner: StepOwner | undefined; begun: number; cancelled: number } = {
    owner: undefined,
    begun: 0,
    cancelled: 0,
  }
  const pipeline = new Pipeline({
    policies,
    inner: (owner) => {
      inner.owner = owner
      return {
        begin: () => void inner.begun++,
        cancel: () => {
          inner.cancelled++
          return lingering
        },
      }
    },
    owner: {
      ended: (outcome, nowNs, left) => {
        ends.push(outcome)
        hear(outcome, nowNs, left)
      },
    },
    wheel,
    rng: createRng(1),
  })
  return { clock, wheel, pipeline, ends, inner }
}

describe('the stages of a pipeline', () => {
  it('are abandoned from the inside out, once each, when it is cancelled', () => {
    const log: string[] = []
    const { pipeline, inner, ends } = bench([fakePolicy('outer', log), fakePolicy('inner', log)])
    pipeline.begin(call, 0)
    expect(pipeline.cancel(ms)).toBeNull()
    expect(log).toEqual(['inner abandoned', 'outer abandoned'])
    expect(inner).toMatchObject({ begun: 1, cancelled: 1 })
    pipeline.cancel(ms)
    expect(log).toHaveLength(2)
    expect(ends).toEqual([])
  })

  it('are told of work that goes on after it was given up, and so is whoever cancels', () => {
    const log: string[] = []
    const lingering = { whenStopped: () => {} }
    const { pipeline } = bench([fakePolicy('one', log)], lingering)
    pipeline.begin(call, 0)
    expect(pipeline.cancel(ms)).toBe(lingering)
    expect(log).toEqual(['one abandoned while work goes on'])
  })

  it('are not abandoned once they have settled, or when they refused', () => {
    const log: string[] = []
    const refusing = fakePolicy('inner', log, () => ({
      begin: () => decisions.settle,
      ownOutcome: failure('circuit-open'),
    }))
    const { pipeline, inner, ends } = bench([fakePolicy('outer', log), refusing])
    pipeline.begin(call, 0)
    expect(ends).toEqual([failure('circuit-open')])
    pipeline.cancel(ms)
    expect(log).toEqual([])
    expect(inner).toMatchObject({ begun: 0, cancelled: 0 })
  })

  it('may go on later by themselves, as one that waits in a line does', () => {
    let go: StageContext['act'] = () => {}
    const waiting = fakePolicy('waiting', [], ({ act }) => {
      go = act
      return { begin: () => decisions.wait }
    })
    const { pipeline, inner, ends } = bench([waiting])
    pipeline.begin(call, 0)
    expect(inner.begun).toBe(0)
    go(decisions.proceed, 5 * ms)
    expect(inner.begun).toBe(1)
    inner.owner?.ended(success, 6 * ms)
    expect(ends).toEqual([success])
  })

  it('may end what is inside of them by themselves', () => {
    const log: string[] = []
    let end: StageContext['act'] = () => {}
    const ending = fakePolicy('outer', log, ({ act }) => {
      end = act
      return { ownOutcome: failure('pool-timeout') }
    })
    const { pipeline, inner, ends } = bench([ending, fakePolicy('inner', log)])
    pipeline.begin(call, 0)
    end(decisions.settle, ms)
    expect(inner.cancelled).toBe(1)
    expect(log).toEqual(['inner abandoned'])
    expect(ends).toEqual([failure('pool-timeout')])
  })

  it('may let what is inside go on when their time has come, and begin it again when it comes once more', async () => {
    const stage: PolicyStage = {
      dueNs: Number.POSITIVE_INFINITY,
      ownOutcome: null,
      begin(_call, nowNs) {
        stage.dueNs = nowNs + 10 * ms
        return decisions.proceed
      },
      settled: () => decisions.settle,
      timer(nowNs) {
        const again = nowNs > 15 * ms
        stage.dueNs = again ? Number.POSITIVE_INFINITY : 20 * ms
        return again ? decisions.proceed : decisions.wait
      },
      abandoned: () => {},
    }
    const policy: StagedPolicy = { kind: 'stage', counters: {}, stage: () => stage }
    const { pipeline, inner, clock, wheel } = bench([policy])
    pipeline.begin(call, 0)
    await clock.advance(12 * ms)
    expect(inner).toMatchObject({ begun: 1, cancelled: 0 })
    await clock.advance(12 * ms)
    expect(inner).toMatchObject({ begun: 2, cancelled: 1 })
    pipeline.cancel(24 * ms)
    expect(wheel.size).toBe(0)
  })

  it('may put an outcome of their own in place of that of the inside', () => {
    const replacing = fakePolicy('outer', [], () => ({ ownOutcome: failure('budget-exhausted', 503) }))
    const { pipeline, inner, ends } = bench([replacing])
    pipeline.begin(call, 0)
    inner.owner?.ended(failure('status', 503), ms)
    expect(ends).toEqual([failure('budget-exhausted', 503)])
  })
})

describe('work that goes on after it was given up', () => {
  const lingering: Lingering = { whenStopped: () => {} }
  const keeping = (heard: (Lingering | null)[]) =>
    fakePolicy('outer', [], () => ({
      settled: (_outcome, _nowNs, left) => {
        heard.push(left)
        return decisions.settle
      },
    }))

  it('is told to the stages around the one that gave it up, and to whoever owns them all (P68)', async () => {
    const heard: (Lingering | null)[] = []
    const told: (Lingering | null | undefined)[] = []
    const expiring = fakePolicy('inner', [], () => ({
      dueNs: 10 * ms,
      ownOutcome: failure('timeout'),
      timer(this: PolicyStage) {
        this.dueNs = Number.POSITIVE_INFINITY
        return decisions.settle
      },
    }))
    const { pipeline, clock } = bench([keeping(heard), expiring], lingering, (_outcome, _nowNs, left) =>
      told.push(left),
    )
    pipeline.begin(call, 0)
    await clock.advance(20 * ms)
    expect([heard, told]).toEqual([[lingering], [lingering]])
  })

  it('is kept by a stage that runs its inside again, until that settles', () => {
    const heard: (Lingering | null)[] = []
    let left = 1
    const again = fakePolicy('again', [], () => ({
      settled: () => (left-- > 0 ? decisions.proceed : decisions.settle),
    }))
    const { pipeline, inner, ends } = bench([keeping(heard), again])
    pipeline.begin(call, 0)
    inner.owner?.ended(failure('timeout'), ms, lingering)
    inner.owner?.ended(success, 2 * ms)
    expect(heard).toEqual([lingering])
    expect(ends).toEqual([success])
  })
})

it('does not go on with an operation that its own event has ended', () => {
  const told: string[] = []
  let cancel = (): void => {}
  const releasing = fakePolicy('outer', told, () => ({
    settled: () => {
      // What it gives back lets another operation end, whose owner cancels this one.
      cancel()
      return decisions.settle
    },
  }))
  const { pipeline, inner, ends } = bench([releasing])
  cancel = () => void pipeline.cancel(ms)
  pipeline.begin(call, 0)
  inner.owner?.ended(success, ms)
  expect(ends).toEqual([])
})
