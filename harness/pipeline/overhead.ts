import { Bench } from 'tinybench'
import { realClock } from '../kernel/clock.ts'
import { createRng } from '../kernel/rng.ts'
import { TimerWheel } from '../kernel/timer-wheel.ts'
import type { Arm } from '../plan/arms.ts'
import { Client } from '../resilience/client.ts'
import { success } from '../resilience/outcome.ts'
import type { PoolPort } from '../resilience/pool/places.ts'
import type { Pool } from '../resilience/pool/pool.ts'
import type { ClientPolicies } from '../resilience/settings.ts'
import { type MakeStep, plainCall, type StepOwner } from '../resilience/step.ts'
import { policyFiles } from '../resilience/use/module.ts'

/** Operations per call of a task: a call of its own would cost more than what is measured. */
const batch = 1000
const warmupMs = 20
const measuredMs = 60

/** What a client's policies cost, in ns of an operation that succeeds at once, or why that could not be measured. */
export type Overhead = { readonly ns: number; readonly whyNone: null } | { readonly ns: null; readonly whyNone: string }

const ownPolicy: Overhead = { ns: null, whyNone: 'a policy of your own is measured in its arms only' }
const notAtOnce: Overhead = { ns: null, whyNone: 'operations do not all succeed at once, such as under a rate limit' }

/**
 * What the client's policies of each arm cost, by the arm's id: the median over batches, less that of an operation without
 * policies.
 */
export async function measureOverheads(arms: readonly Arm[]): Promise<ReadonlyMap<string, Overhead>> {
  const withClient = arms.filter(({ client }) => client.length > 0)
  if (withClient.length === 0) return new Map()
  const keyOf = ({ client }: Arm): string => JSON.stringify(client)
  // Policies of one's own are promises, and none is loaded here.
  const staged = withClient.filter(({ client }) => policyFiles(client).length === 0)
  const clients = new Map(staged.map((arm) => [keyOf(arm), arm.client]))
  const wheel = new TimerWheel(realClock)
  const bench = new Bench({ time: measuredMs, warmupTime: warmupMs })
  const loops = new Map([['', operationsOf([], wheel)]])
  for (const [key, client] of clients) loops.set(key, operationsOf(client, wheel))
  // What does not even get through once is not run a million times.
  const usable = [...loops].filter(([, loop]) => loop.run())
  for (const [key, loop] of usable) bench.add(key, () => void loop.run())
  await bench.run()
  wheel.clear()
  const nsOf = (key: string): number | null => {
    const result = bench.getTask(key)?.result
    return result && 'latency' in result && loops.get(key)?.failed() === false
      ? (result.latency.p50 * 1e6) / batch
      : null
  }
  const plain = nsOf('')
  return new Map(
    withClient.map((arm): [string, Overhead] => {
      if (!staged.includes(arm)) return [arm.id, ownPolicy]
      const own = nsOf(keyOf(arm))
      return [arm.id, own === null || plain === null ? notAtOnce : { ns: own - plain, whyNone: null }]
    }),
  )
}

/** Operations in batches; false, and failed from then on, where one did not succeed at once. */
function operationsOf(client: ClientPolicies, wheel: TimerWheel) {
  const call = plainCall('overhead')
  let inside: StepOwner | undefined
  let begun = 0
  let succeeded = 0
  let failed = false
  const made = new Client(client, { wheel, rng: createRng(1) })
  const pool = made.connections?.pool(connectedAtOnce, Number.POSITIVE_INFINITY)
  const attempt: MakeStep = (owner) => ({
    begin() {
      begun++
      inside = owner
    },
    cancel: () => null,
  })
  const step = made.operation({
    rng: createRng(2),
    owner: { ended: ({ ok }) => void (ok && succeeded++) },
    attempt: pool ? leasing(pool, attempt) : attempt,
  })
  return {
    failed: () => failed,
    run(): boolean {
      const nowNs = realClock.nowNs()
      const before = succeeded
      for (let done = 0; done < batch && !failed; done++) {
        const begunBefore = begun
        step.begin(call, nowNs)
        // What is refused begins nothing inside.
        if (begun > begunBefore) inside?.ended(success, nowNs)
        failed = succeeded !== before + done + 1
      }
      if (failed) step.cancel(nowNs)
      return !failed
    },
  }
}

const connectedAtOnce: PoolPort<object, unknown> = {
  connect(events, nowNs) {
    events.opened(nowNs)
    return events
  },
  close() {},
}

/** Attempts with connections of a pool, as drivers make them: taken as they begin, given back before their ends are told. */
function leasing(pool: Pool<object>, attempt: MakeStep): MakeStep {
  return (owner) => {
    const claim = pool.claim({ granted() {}, refused() {} })
    const giveBack = (nowNs: number): void => {
      if (claim.held) pool.release(claim, nowNs)
      else pool.destroy(claim, nowNs)
    }
    const step = attempt({
      ended(outcome, nowNs) {
        giveBack(nowNs)
        owner.ended(outcome, nowNs)
      },
    })
    return {
      begin(call, nowNs) {
        pool.acquire(claim, nowNs)
        step.begin(call, nowNs)
      },
      cancel(nowNs) {
        giveBack(nowNs)
        return step.cancel(nowNs)
      },
    }
  }
}
