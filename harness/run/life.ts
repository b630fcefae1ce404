import type { RelayArm } from '../faults/relay/protocol.ts'
import type { Rule } from '../faults/rule.ts'
import type { TargetHandle } from '../faults/target-fault.ts'
import type { Clock } from '../kernel/clock.ts'
import { resolveAllowed } from '../kernel/loopback.ts'
import type { PhaseKind } from '../measure/arm.ts'
import type { Arm } from '../plan/arms.ts'
import type { Plan } from '../plan/plan.ts'
import type { LaunchContext } from '../target/launch.ts'
import { type RestartableTarget, startRestartable } from '../target/restartable.ts'
import { loopback } from '../target/running.ts'
import { createProcessSampler, createSampler, type TreeSample } from '../target/sample.ts'
import { quietPort } from '../target/sockets.ts'
import { createRequestCounter, type RequestCounter } from '../target/stats.ts'
import { type Dependencies, dependencyArm, startDependencies } from './dependencies.ts'
import { type OtherTargets, startOthers } from './other-targets.ts'
import { type DialledHost, dialledHost, hasResolver, relayArmsOf, resolverArm } from './relay-arms.ts'
import { type RelayHandle, type RelayHandleOptions, startRelay } from './relay.ts'
import type { RunDirectory } from './run-directory.ts'
import type { Sabotage } from './sabotage.ts'
import { hasTargetFaults } from './target-faults.ts'
import { targetHandle } from './target-handle.ts'

/** The relay in which an arm's faults act. */
export interface ArmRelay {
  readonly handle: RelayHandle
  /** What belongs to the arm in it: first its path or its dependency, where it has one, then its resolver. */
  readonly names: readonly [string, ...string[]]
  /** Whether others use it too, so that it is never without connections. */
  readonly shared: boolean
  /** CPU that the relay has used so far, in ms. */
  readonly cpuMs: () => Promise<number>
}

/** One life of the target, with the relays around it and all that reads from them. */
export interface TargetLife extends AsyncDisposable {
  /** Counts the lives of the run. */
  readonly index: number
  readonly target: RestartableTarget
  /** Those beside it. */
  readonly others: OtherTargets
  /** As clients that do not pass the relay dial it. */
  readonly dialled: DialledHost
  /** Null where no arm goes through it. */
  readonly relay: RelayHandle | null
  /** Null where the target has none. */
  readonly dependencies: Dependencies | null
  /** For faults on the target itself. */
  readonly handle: TargetHandle
  readonly counter: RequestCounter | null
  /** Why the target's own count cannot be used, though it has one. */
  readonly counterProblem: string | null
  /** The rules that are in force for an arm: none of a policy under the sabotage that turns faults off. */
  rulesOf(arm: Arm): readonly Rule[]
  /** Where the faults of an arm act; null where it passes no relay. */
  relayOf(arm: Arm): ArmRelay | null
  sampleTarget(): Promise<TreeSample | null>
  /** Opens what one more arm needs in the relay, which it has where it was started with an arm that passes it. */
  openArm(arm: Arm): Promise<void>
  closeArm(arm: Arm): Promise<void>
  /** What its processes hold for themselves, as `Sampler.anonymousKb`; null where nobody may look. */
  anonymousKb(): number | null
}

export interface LifeOptions {
  readonly profile: Plan['profile']
  readonly arms: readonly Arm[]
  readonly directory: RunDirectory
  readonly index: number
  /** Of its directory; unique in the run. */
  readonly name: string
  readonly allowedHosts: readonly string[]
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly sabotage: Sabotage | null
}

/** Phases in which policies are measured. */
const ofPolicies: readonly PhaseKind[] = ['policy', 'tune', 'adjusted']

/** A process that never was. */
const nobody = { pid: 2 ** 31 - 1, startTicks: -1 }

/**
 * Starts the relay in front of the target's dependencies, the target, and the relay with a listener for each arm that
 * passes it. Errors: those of `startRestartable`, and of a relay that cannot listen.
 */
export async function startLife(options: LifeOptions): Promise<TargetLife> {
  const held: AsyncDisposable[] = []
  const dispose = async (): Promise<void> => {
    const last = held.pop()
    if (!last) return
    try {
      await last[Symbol.asyncDispose]()
    } finally {
      await dispose()
    }
  }
  const hold = <Held extends AsyncDisposable | null>(started: Held): Held => {
    if (started) held.push(started)
    return started
  }
  try {
    const dependencies = hold(await startDependencies(options.profile.dependencies, relayOptions(options)))
    const target = hold(await startRestartable(options.profile.target, await launchContext(options, dependencies)))
    const others = hold(await openOthers(options, dependencies))
    const dialled = dialledHost(target, await resolveAllowed(target.host, options.allowedHosts))
    const relay = hold(await openRelay(options, dialled))
    return {
      ...(await meter(options, { dependencies, target, others, dialled, relay })),
      [Symbol.asyncDispose]: dispose,
    }
  } catch (error) {
    await dispose()
    throw error
  }
}

async function launchContext(options: LifeOptions, dependencies: Dependencies | null): Promise<LaunchContext> {
  const { profile, directory, name } = options
  const mayDie = hasTargetFaults(profile.policies.flatMap(({ rules }) => rules))
  const port = mayDie ? await quietPort(loopback, `${directory.runId}/${name}`) : undefined
  return { ...sharedContext(options, dependencies), directory: directory.directory(name), port }
}

/** What all targets of a life are started with. */
function sharedContext(
  { profile, directory, clock, signal }: LifeOptions,
  dependencies: Dependencies | null,
): Omit<LaunchContext, 'directory'> {
  const { runId } = directory
  return {
    clock,
    runId,
    signal,
    seed: profile.seed,
    env: dependencies?.env,
    onProcess: (record) => directory.record(record),
  }
}

function openOthers(options: LifeOptions, dependencies: Dependencies | null): Promise<OtherTargets> {
  const { profile, directory } = options
  const shared = sharedContext(options, dependencies)
  return startOthers(profile.others, (name) => ({
    ...shared,
    directory: directory.directory(`${options.name}-${name}`),
  }))
}

function relayOptions({ profile, allowedHosts, clock, directory }: LifeOptions): Omit<RelayHandleOptions, 'arms'> {
  const { seed } = profile
  return { seed, allowedHosts, clock, runId: directory.runId, onProcess: (record) => directory.record(record) }
}

async function openRelay(options: LifeOptions, dialled: DialledHost): Promise<RelayHandle | null> {
  const relayArms = relayArmsIn(options, options.arms, dialled)
  return relayArms.length > 0 ? startRelay({ ...relayOptions(options), arms: relayArms }) : null
}

function relayArmsIn(options: LifeOptions, arms: readonly Arm[], dialled: DialledHost): readonly RelayArm[] {
  const transport = options.profile.workload.protocol === 'udp' ? 'udp' : 'tcp'
  return relayArmsOf(arms, dialled, transport, rulesIn(options))
}

/** Opens and closes arms of a relay while it serves. */
function armsIn(
  options: LifeOptions,
  { relay, dialled }: Pick<TargetLife, 'relay' | 'dialled'>,
): Pick<TargetLife, 'openArm' | 'closeArm'> {
  return {
    async openArm(arm) {
      const wanted = relayArmsIn(options, [arm], dialled)
      if (wanted.length > 0 && !relay) throw new Error('an arm that passes the relay needs one')
      for (const one of wanted) await relay?.open(one)
    },
    async closeArm(arm) {
      for (const one of relayArmsIn(options, [arm], dialled)) await relay?.close(one.arm)
    },
  }
}

function rulesIn({ sabotage }: LifeOptions): TargetLife['rulesOf'] {
  return ({ phaseKind, rules }) => (sabotage === 'fault-off' && ofPolicies.includes(phaseKind) ? [] : rules)
}

/** What reads from a life: counts, memory, CPU. */
async function meter(
  options: LifeOptions,
  life: Pick<TargetLife, 'dependencies' | 'target' | 'others' | 'dialled' | 'relay'>,
): Promise<Omit<TargetLife, typeof Symbol.asyncDispose>> {
  const { profile, directory, clock, sabotage } = options
  const { target, relay, dependencies } = life
  const onProcess: LaunchContext['onProcess'] = (record) => directory.record(record)
  const counter = createRequestCounter(profile.target.stats, target, clock) ?? null
  const calibrated = await counter?.calibrate()
  const lost = sabotage === 'lost-pid'
  const root = lost ? nobody : target.root
  const sampler = root ? createSampler({ root, clock, onProcess }) : null
  // The first sample of a process has no CPU to speak of.
  await sampler?.sample()
  const ofPath = relayMeter(relay, false, clock)
  const ofDependencies = relayMeter(dependencies?.relay ?? null, true, clock)
  return {
    ...life,
    ...armsIn(options, life),
    index: options.index,
    handle: targetHandle(target, lost ? null : sampler, { clock, runId: directory.runId, onProcess }),
    counter: counter && sabotage === 'stats-skew' ? skewed(counter) : counter,
    counterProblem: calibrated && 'problem' in calibrated ? calibrated.problem : null,
    rulesOf: rulesIn(options),
    relayOf: ({ id, path, at, rules }) =>
      at === null
        ? ofPath([...(path === 'relay' ? [id] : []), ...(hasResolver(rules) ? [resolverArm(id)] : [])])
        : ofDependencies([dependencyArm(at)]),
    sampleTarget: async () => (await sampler?.sample()) ?? null,
    anonymousKb: () => sampler?.anonymousKb() ?? null,
  }
}

/** Gives a relay as that of an arm, by what belongs to the arm in it; null for nothing. */
function relayMeter(
  handle: RelayHandle | null,
  shared: boolean,
  clock: Clock,
): (names: readonly string[]) => ArmRelay | null {
  if (!handle) return () => null
  const sampler = createProcessSampler(handle.pid, clock)
  const cpuMs = async (): Promise<number> => (await sampler.sample()).cpuMs
  return ([first, ...others]) => (first === undefined ? null : { handle, names: [first, ...others], shared, cpuMs })
}

/** A target that forgets every twentieth request. */
function skewed(counter: RequestCounter): RequestCounter {
  return {
    ...counter,
    requestsBetween(before, after) {
      const between = counter.requestsBetween(before, after)
      return 'requests' in between ? { ...between, requests: Math.floor(between.requests * 0.95) } : between
    },
  }
}
