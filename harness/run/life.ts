import type { Arm } from '../plan/arms.ts'
import type { RelayArm } from '../faults/relay/protocol.ts'
import { noFaults } from '../faults/faults.ts'
import type { Clock } from '../kernel/clock.ts'
import { createProcessSampler, createSampler, type Sampler, type TreeSample } from '../target/sample.ts'
import { type ProcessRecord, type RunningTarget, startTarget } from '../target/launch.ts'
import type { TargetSettings } from '../target/settings.ts'
import { createRequestCounter, type RequestCounter } from '../target/stats.ts'
import { type RelayHandle, startRelay } from './relay.ts'
import type { RunDirectory } from './run-directory.ts'

/** Breaks a run behind its own back, to prove that it notices; recorded in the result. */
export const sabotages = ['fault-off', 'stats-skew', 'lost-pid'] as const
export type Sabotage = (typeof sabotages)[number]

/** One life of the target, with the relay in front of it and all that reads from them. */
export interface TargetLife extends AsyncDisposable {
  readonly target: RunningTarget
  /** Null where no arm goes through it. */
  readonly relay: RelayHandle | null
  readonly counter: RequestCounter | null
  /** Why the target's own count cannot be used, though it has one. */
  readonly counterProblem: string | null
  sampleTarget(): Promise<TreeSample | null>
  /** CPU that the relay has used so far, in ms. */
  relayCpuMs(): Promise<number | null>
}

export interface LifeOptions {
  readonly settings: TargetSettings
  readonly arms: readonly Arm[]
  readonly directory: RunDirectory
  readonly index: number
  readonly seed: number
  readonly allowedHosts: readonly string[]
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly sabotage: Sabotage | null
}

/** A process that never was. */
const nobody = { pid: 2 ** 31 - 1, startTicks: -1 }

/** Starts the target, and the relay with a listener for each arm that passes it. Errors: those of `startTarget`. */
export async function startLife(options: LifeOptions): Promise<TargetLife> {
  const { settings, arms, directory, index, seed, clock, signal, sabotage } = options
  const onProcess = (record: ProcessRecord): void => directory.record(record)
  const target = await startTarget(settings, {
    clock,
    runId: directory.runId,
    directory: directory.directory(`life-${index}`),
    signal,
    seed,
    onProcess,
  })
  let relay: RelayHandle | null = null
  try {
    const relayed = arms.filter(({ path }) => path === 'relay')
    relay = relayed.length > 0 ? await openRelay(options, relayed, target, onProcess) : null
    const opened = relay
    const counter = createRequestCounter(settings.stats, target, clock) ?? null
    const calibrated = await counter?.calibrate()
    const root = sabotage === 'lost-pid' ? nobody : target.root
    const sampler = root ? createSampler({ root, clock, onProcess }) : null
    // The first sample of a process has no CPU to speak of.
    await sampler?.sample()
    const ofRelay = opened ? createProcessSampler(opened.pid, clock) : null
    return {
      target,
      relay: opened,
      counter: counter && sabotage === 'stats-skew' ? skewed(counter) : counter,
      counterProblem: calibrated && 'problem' in calibrated ? calibrated.problem : null,
      sampleTarget: async () => (await sampler?.sample()) ?? null,
      relayCpuMs: async () => cpuOf(ofRelay),
      async [Symbol.asyncDispose]() {
        try {
          await opened?.[Symbol.asyncDispose]()
        } finally {
          await target.stop()
        }
      },
    }
  } catch (error) {
    await relay?.[Symbol.asyncDispose]()
    await target.stop()
    throw error
  }
}

async function cpuOf(sampler: Sampler | null): Promise<number | null> {
  return sampler ? (await sampler.sample()).cpuMs : null
}

function openRelay(
  { directory, seed, allowedHosts, clock, sabotage }: LifeOptions,
  arms: readonly Arm[],
  { host, port }: RunningTarget,
  onProcess: (record: ProcessRecord) => void,
): Promise<RelayHandle> {
  const off = (arm: Arm): boolean => sabotage === 'fault-off' && arm.phaseKind === 'policy'
  const relayArms = arms.map((arm): RelayArm => ({
    arm: arm.id,
    upstream: { host, port },
    faults: off(arm) ? noFaults : arm.faults,
    listen: { host: '127.0.0.1', port: 0 },
  }))
  return startRelay({ arms: relayArms, seed, allowedHosts, clock, runId: directory.runId, onProcess })
}

/** A target that forgets every twentieth request. */
function skewed(counter: RequestCounter): RequestCounter {
  return {
    ...counter,
    requestsBetween(before, after) {
      const between = counter.requestsBetween(before, after)
      return 'problem' in between ? between : { ...between, requests: Math.floor(between.requests * 0.95) }
    },
  }
}
