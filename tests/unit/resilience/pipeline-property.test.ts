import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Timer } from '../../../harness/kernel/clock.ts'
import { createRng } from '../../../harness/kernel/rng.ts'
import { TimerWheel } from '../../../harness/kernel/timer-wheel.ts'
import { createVirtualClock, type VirtualClock } from '../../../harness/kernel/virtual-clock.ts'
import { Client } from '../../../harness/resilience/client.ts'
import { failure, type Outcome, success } from '../../../harness/resilience/outcome.ts'
import { parseClient, type RawPolicies } from '../../../harness/resilience/settings.ts'
import { type Call, type Lingering, plainCall, type Step, type StepOwner } from '../../../harness/resilience/step.ts'
import { ms } from '../../support/fake-attempts.ts'

const never = Number.POSITIVE_INFINITY
const operations = 6

/** Policies in which operations wait for one another, or that end, repeat or multiply what is inside of them. */
const policy = fc.constantFrom<RawPolicies>(
  { timeout: { attempt: '13ms' } },
  { timeout: { operation: '60ms' } },
  { retry: { strategy: 'fixed', baseDelay: '0ms', maxCalls: 3 } },
  { retry: { strategy: 'fixed', baseDelay: '7ms', maxCalls: 3, budget: { kind: 'concurrent' } } },
  { circuitBreaker: { failureThreshold: 2, failureRate: null, openFor: '20ms', halfOpen: { probes: 1 } } },
  { circuitBreaker: { failureThreshold: 1, failureRate: null, openFor: '500ms' } },
  { bulkhead: { maxConcurrent: 1, maxQueue: 2, maxWait: '11ms' } },
  { bulkhead: { maxConcurrent: 2, maxQueue: 5 } },
  { concurrencyLimit: { algorithm: 'aimd', min: 1, max: 1, initial: 1, maxQueue: 4 } },
  { rateLimit: { rate: '200/s', burst: 1, maxWait: '20ms' } },
  { hedge: { delay: '0ms', maxHedges: 2 } },
  { hedge: { delay: '5ms', maxHedges: 2, budget: { kind: 'concurrent' } } },
  { fallback: { timeout: '40ms', default: { body: 'x' } } },
  { fallback: { timeout: '30ms', alternatives: ['a', { target: 'b', timeout: '8ms' }] } },
  { fallback: { cache: { ttl: '20ms', first: true } } },
)

/** How one attempt goes: null for one that ends as it begins, Infinity for one that never ends. */
interface Script {
  readonly afterMs: number | null
  readonly outcome: Outcome
  readonly lingersMs: number
}

const script: fc.Arbitrary<Script> = fc.record({
  afterMs: fc.oneof(fc.constantFrom(null, never), fc.integer({ min: 0, max: 25 })),
  outcome: fc.constantFrom(success, failure('reset'), failure('timeout'), failure('status', 503), failure('check')),
  lingersMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 30 })),
})

const command = fc.oneof(
  { weight: 10, arbitrary: fc.record({ do: fc.constant('begin'), which: fc.nat(operations - 1) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('abort'), which: fc.nat(operations - 1) }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('wait'), which: fc.integer({ min: 1, max: 20 }) }) },
)

/** Attempts that go as the next script says, and throw when a policy begins or ends one that it must not. */
class StrictAttempt implements Step {
  readonly #clock: VirtualClock
  readonly #next: () => Script
  readonly #owner: StepOwner
  #running: Script | null = null
  #timer: Timer | undefined

  constructor(clock: VirtualClock, next: () => Script, owner: StepOwner) {
    this.#clock = clock
    this.#next = next
    this.#owner = owner
  }

  begin(): void {
    if (this.#running) throw new Error('begun while it ran')
    const { afterMs } = (this.#running = this.#next())
    if (afterMs === null) this.#end()
    else if (afterMs !== never) this.#timer = this.#clock.after(afterMs * ms, () => this.#end())
  }

  cancel(): Lingering | null {
    if (!this.#running) throw new Error('cancelled while it did not run')
    const { lingersMs } = this.#running
    this.#running = null
    this.#timer?.cancel()
    if (lingersMs === 0) return null
    const told: ((nowNs: number) => void)[] = []
    let stopped = false
    this.#clock.after(lingersMs * ms, () => {
      stopped = true
      for (const tell of told) tell(this.#clock.nowNs())
    })
    return { whenStopped: (tell) => void (stopped ? tell(this.#clock.nowNs()) : told.push(tell)) }
  }

  #end(): void {
    const { outcome } = this.#running as Script
    this.#running = null
    this.#owner.ended(outcome, this.#clock.nowNs())
  }
}

/** One operation at a time that begins so often once more as soon as it has ended. */
function operationOf(client: Client, clock: VirtualClock, next: () => Script, index: number) {
  const content = {
    cacheKey: () => `request ${index % 2}`,
    describe: () => null,
    attempts: 0,
    keepAnswer: () => 1,
    answerWith: () => true,
  }
  const call: Call = { ...plainCall(`request ${index % 2}`), idempotent: index % 3 > 0, content }
  let running = false
  const told = { begun: 0, ended: 0, again: 2, last: null as Outcome | null }
  const ended = (outcome: Outcome): void => {
    if (!running) throw new Error('ended while it did not run')
    running = false
    told.ended++
    told.last = outcome
    if (call.deadlineNs !== never || call.target !== null) throw new Error('ended, and the call is not as it was')
    if (told.again-- > 0) begin()
  }
  const step = client.operation({
    rng: createRng(index),
    owner: { ended },
    attempt: (owner) => new StrictAttempt(clock, next, owner),
  })
  const begin = (): void => {
    if (running) return
    running = true
    told.begun++
    step.begin(call, clock.nowNs())
  }
  const abort = (): void => {
    told.again = 0
    if (!running) return
    step.cancel(clock.nowNs())
    call.deadlineNs = never
    ended(failure('aborted'))
  }
  return { told, begin, abort }
}

const attempt = (afterMs: number | null, outcome: Outcome = success): Script => ({ afterMs, outcome, lingersMs: 0 })
const [hangs, atOnce, soon] = [attempt(never), attempt(null), attempt(0)]
const [refused, reset] = [attempt(null, failure('status', 503)), attempt(null, failure('reset'))]
const hedge = (delay: string) => ({ hedge: { delay, maxHedges: 2 } })
const bulkhead = (maxConcurrent: number) => ({ bulkhead: { maxConcurrent, maxQueue: 5 } })
const commands = (waitMs: number) => [
  { do: 'begin', which: 1 },
  { do: 'wait', which: waitMs },
]

/** What chance seldom finds: what one attempt sets free lets another of the same operation end within the same call. */
const seldom: [RawPolicies[], Script[], { do: string; which: number }[]][] = [
  [[hedge('0ms'), hedge('5ms'), bulkhead(2)], [hangs, atOnce, hangs], commands(5)],
  [[hedge('0ms'), hedge('0ms'), bulkhead(2)], [soon, soon, hangs, atOnce], commands(1)],
  [[hedge('5ms'), { fallback: { timeout: '12ms', default: {} } }, bulkhead(1)], [atOnce, hangs], commands(12)],
  [
    [hedge('0ms'), hedge('0ms'), bulkhead(2), { hedge: { delay: '0ms', maxHedges: 1 } }],
    [atOnce, hangs, soon, soon, refused, hangs, refused, reset, soon],
    commands(1),
  ],
]

test('policies in any order, however often, end each operation once and give back all that they hold', () => {
  const property = fc.property(
    fc.array(policy, { minLength: 1, maxLength: 6 }),
    fc.array(script, { minLength: 1, maxLength: 12 }),
    fc.array(command, { maxLength: 40 }),
    (policies, scripts, events) => {
      const clock = createVirtualClock()
      const wheel = new TimerWheel(clock)
      const client = new Client(parseClient(policies), { wheel, rng: createRng(1) })
      let at = 0
      let next = (): Script => scripts[at++ % scripts.length] as Script
      const all = Array.from({ length: operations }, (_, index) => operationOf(client, clock, () => next(), index))
      for (const { do: what, which } of events) {
        if (what === 'begin') all[which]?.begin()
        else if (what === 'abort') all[which]?.abort()
        else clock.run(which * ms)
      }
      for (const { abort } of all) abort()
      expect(wheel.size).toBe(0)
      for (const { told } of all) expect(told.ended).toBe(told.begun)
      // What lingers comes to its end, and breakers let calls through again.
      clock.run(3_600_000 * ms)
      expect(clock.pending()).toBe(0)
      for (const { active, queued } of client.bulkheads()) expect([active, queued]).toEqual([0, 0])
      next = () => ({ afterMs: 0, outcome: success, lingersMs: 0 })
      const [, probe] = all
      probe?.begin()
      clock.run(3_600_000 * ms)
      expect(probe?.told.last).toMatchObject({ ok: true })
      expect(wheel.size).toBe(0)
    },
  )
  fc.assert(property, { numRuns: 100, seed: 2, examples: seldom })
})
