import { createRng, type Rng } from '../kernel/rng.ts'
import { TimerWheel } from '../kernel/timer-wheel.ts'
import { nsPerSecond } from '../kernel/units.ts'
import { createVirtualClock } from '../kernel/virtual-clock.ts'
import type { LoadSeries } from '../measure/load-series.ts'
import { createArrivals } from '../plan/pacer/arrivals.ts'
import { Client } from '../resilience/client.ts'
import type { Outcome } from '../resilience/outcome.ts'
import type { PolicyCounters } from '../resilience/policy.ts'
import type { ClientPolicies } from '../resilience/settings.ts'
import type { Call, Step, StepOwner } from '../resilience/step.ts'
import { ServiceQueue, type ServiceQueueSettings, type ServiceQueueStats } from '../target/builtin/service-queue.ts'
import type { Curve } from '../workload/model.ts'
import { type AttemptWorld, SimulatedAttempt, type SimulatedNetwork, type SimulatedSpan } from './attempt.ts'
import { simulatedPool } from './connections.ts'
import { SimulationRecorder, type SimulatedTotals } from './recorder.ts'

/** A client, a network and a target, and the load between them. Plain data. */
export interface SimulatedScenario {
  readonly client: ClientPolicies
  readonly network: SimulatedNetwork
  readonly target: ServiceQueueSettings
  /** Operations that begin per second, whatever becomes of those before them. */
  readonly perSecond: Curve
  readonly arrival: 'constant' | 'poisson'
  /** In whole seconds, into which the series is divided. */
  readonly durationNs: number
  /** When the target serves nobody, and for how long. */
  readonly stalls: readonly SimulatedSpan[]
}

/** What came of it. The same scenario and seed give the same, on any machine. */
export interface Simulation {
  readonly series: LoadSeries
  readonly totals: SimulatedTotals
  readonly counters: PolicyCounters
  readonly peaks: Readonly<Record<string, number>>
  readonly target: ServiceQueueStats
}

/**
 * Runs a scenario in virtual time: the very policies, pacer and service queue that real runs have, over a network that only
 * delays and loses. It cannot show what a real client and target cost (CPU, sockets, handshakes, head-of-line blocking),
 * and a target without a limit of its queue waits as long as it takes.
 */
export function simulate(scenario: SimulatedScenario, seed: number | string): Simulation {
  const { network, durationNs } = scenario
  const clock = createVirtualClock()
  const wheel = new TimerWheel(clock)
  const rng = createRng(seed).fork('simulate')
  const target = new ServiceQueue(scenario.target, { clock, rng: rng.fork('target') })
  const recorder = new SimulationRecorder(clock, target, durationNs)
  const client = new Client(scenario.client, { wheel, rng: rng.fork('client') })
  const pool = simulatedPool(client, clock, network.delayNs)
  const world: AttemptWorld = { clock, rng: rng.fork('network'), network, target, pool, recorder }
  for (const { atNs, forNs } of scenario.stalls) clock.after(atNs, () => target.stall(forNs))
  recorder.follow(Math.floor(durationNs / nsPerSecond))

  const idle: SimulatedOperation[] = []
  let made = 0
  const arrivals = createArrivals({
    perSecond: scenario.perSecond,
    arrival: scenario.arrival,
    rng: rng.fork('arrivals'),
    shard: { index: 0, count: 1 },
  })
  const next = (): void => {
    const dueNs = arrivals.next()
    if (dueNs >= durationNs) return
    clock.after(dueNs - clock.nowNs(), () => {
      recorder.totals.operations++
      const operation = idle.pop() ?? new SimulatedOperation(client, rng.fork('operation', made++), world, idle)
      operation.begin(clock.nowNs())
      next()
    })
  }
  next()
  clock.run(durationNs)
  return {
    series: recorder.series(),
    totals: recorder.totals,
    counters: client.counters(),
    peaks: client.takePeaks(),
    target: target.stats(),
  }
}

/** One operation at a time, used again for the next. */
class SimulatedOperation implements Call, StepOwner {
  readonly idempotent = true
  readonly request = 'simulated'
  readonly content = null
  target: string | null = null
  deadlineNs = Number.POSITIVE_INFINITY
  readonly #step: Step
  readonly #recorder: SimulationRecorder
  readonly #idle: SimulatedOperation[]

  constructor(client: Client, rng: Rng, world: AttemptWorld, idle: SimulatedOperation[]) {
    this.#recorder = world.recorder
    this.#idle = idle
    this.#step = client.operation({ rng, owner: this, attempt: (owner) => new SimulatedAttempt(world, owner) })
  }

  begin(nowNs: number): void {
    this.target = null
    this.deadlineNs = Number.POSITIVE_INFINITY
    this.#step.begin(this, nowNs)
  }

  ended(outcome: Outcome): void {
    this.#recorder.ended(outcome)
    this.#idle.push(this)
  }
}
