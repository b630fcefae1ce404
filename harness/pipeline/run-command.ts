import type { ArmReading, Endpoint } from '../faults/relay/protocol.ts'
import { openRelay, type Relay } from '../faults/relay/relay.ts'
import { isAbort } from '../kernel/abort.ts'
import type { Clock } from '../kernel/clock.ts'
import { SoakrigError } from '../kernel/errors.ts'
import { newRunId } from '../kernel/host.ts'
import { addRules } from '../measure/rule-tally.ts'
import { openPreciseClock } from '../kernel/precise-clock.ts'
import { didYouMean } from '../kernel/suggest.ts'
import type { Policy, Profile } from '../profile/profile.ts'
import { dependencyArm } from '../run/dependencies.ts'
import { endLeftovers } from '../run/leftovers.ts'
import { openRunDirectory, type RunDirectory } from '../run/run-directory.ts'
import { type RunningTargetFaults, startTargetFaults } from '../run/target-faults.ts'
import { targetHandle } from '../run/target-handle.ts'
import { describeExit, loopback } from '../target/running.ts'
import { type RestartableTarget, startRestartable } from '../target/restartable.ts'
import { checkAddresses } from './addresses.ts'
import { type RunningCommand, startRunCommand } from './run-child.ts'
import {
  addressFor,
  commandArms,
  dependencyArms,
  policyOf,
  formatEndpoint,
  refuseClientFaults,
  refuseTargetFaults,
  type RunUpstream,
  targetArm,
  upstreamArm,
} from './run-paths.ts'
import { preloadRules, type RunPreload } from './run-preload.ts'
import { noCounts, ruleReport, type RunReport, whyNotFired } from './run-report.ts'

export interface RunCommandOptions {
  readonly profile: Profile
  readonly policy: string
  readonly upstreams: readonly RunUpstream[]
  /** Program and arguments; `{host}` and `{port}` in them are where the target is asked. */
  readonly command: readonly string[]
  /** The rules act inside the command instead, which is one of Node, on its own calls; nothing is relayed to it then. */
  readonly preload: boolean
  readonly resultsDir: string
  readonly allowedHosts: readonly string[]
  /** Aborts the start of what the command needs. */
  readonly signal: AbortSignal
  /** Hears when the command runs, to pass signals on to it. */
  readonly onStart: (command: RunningCommand) => void
}

/**
 * Runs a command under a policy: the target of the profile is started, and what it asks and what the command asks is
 * reached through relays in which the policy's rules act. The command has this process's standard streams. Rejects, before
 * it is started, with `unknown-policy`, `policy-without-fault`, `bad-fault`, `host-not-allowed` (104), with what the start
 * of a target rejects with, and with `command-not-found` (104).
 */
export async function runCommand(options: RunCommandOptions): Promise<RunReport> {
  const { profile, command, resultsDir, allowedHosts } = options
  if (command.length === 0)
    throw new SoakrigError('found no command', { code: 'bad-flag', exit: 'usage', hint: 'Give one after --.' })
  const policy = policyOf(profile, options.policy, (names) => didYouMean(options.policy, names))
  if (options.preload) refuseTargetFaults(policy.rules)
  else refuseClientFaults(policy.rules)
  await checkAddresses(profile, allowedHosts)
  using clock = openPreciseClock()
  await endLeftovers(resultsDir, clock)
  const directory = await openRunDirectory({ resultsDir, runId: newRunId(), clock })
  try {
    return await underFaults(options, policy, directory, clock)
  } catch (error) {
    if (!isAbort(error, options.signal)) throw error
    throw new SoakrigError('ended by a signal', { code: 'aborted', exit: 'aborted' })
  } finally {
    await directory.close({ keep: false })
  }
}

async function underFaults(
  options: RunCommandOptions,
  policy: Policy,
  directory: RunDirectory,
  clock: Clock,
): Promise<RunReport> {
  const { profile, upstreams, signal, onStart, allowedHosts } = options
  const { seed } = profile
  await using relay = await openRelay({
    arms: dependencyArms(profile, policy),
    seed,
    clock,
    allowedHosts,
    log: null,
  })
  const portOf = (arm: string): number => relay.ports[arm] ?? 0
  const dependencies = Object.fromEntries(
    profile.dependencies.map(({ name, env }) => [env, String(portOf(dependencyArm(name)))]),
  )
  const onProcess: RunDirectory['record'] = (record) => directory.record(record)
  const { runId } = directory
  const context = { clock, runId, directory: directory.directory('life-0'), signal, seed, env: dependencies, onProcess }
  await using target = await startRestartable(profile.target, context)
  const preload = options.preload ? preloadRules(policy, { seed, allowedHosts, directory: directory.path }) : null
  for (const arm of preload ? [] : commandArms(profile, policy, target, upstreams)) await relay.open(arm)
  signal.throwIfAborted()
  const originNs = clock.nowNs()
  for (const arm of Object.keys(relay.ports)) relay.setSlice(arm, 0, originNs)
  let failure: Error | null = null
  void target.exited.then((exit) => {
    failure ??= new SoakrigError(`the target ended ${describeExit(exit)} while the command ran`, {
      code: 'target-died',
      exit: 'targetDied',
    })
  })
  const onTarget = startTargetFaults(policy.rules, {
    handle: targetHandle(target, null, { clock, runId, onProcess }),
    clock,
    originNs,
    untilNs: Number.POSITIVE_INFINITY,
    failed: (error) => (failure ??= error instanceof Error ? error : new Error(String(error))),
  })
  try {
    const asked = preload ? directly(target, upstreams) : throughRelay(relay, upstreams)
    const env = { ...dependencies, ...environmentOf(asked, target), ...preload?.env }
    const running = startRunCommand(expanded(options.command, asked.target), env)
    onStart(running)
    const exitCode = await running.exited
    await onTarget.stop()
    // A command that failed says so itself; one that passed says nothing of a target that was not there.
    if (failure !== null && exitCode === 0) throw failure as Error
    return reportOf(options, policy, exitCode, { readings: relay.read(null), onTarget, preload })
  } finally {
    await onTarget.stop()
  }
}

/** Where a command finds what it asks. */
interface Asked {
  readonly target: Endpoint
  /** By the variable that says so. */
  readonly upstreams: Readonly<Record<string, Endpoint>>
}

function throughRelay({ ports }: Relay, upstreams: readonly RunUpstream[]): Asked {
  const at = (arm: string): Endpoint => ({ host: loopback, port: ports[arm] ?? 0 })
  return {
    target: at(targetArm),
    upstreams: Object.fromEntries(upstreams.map(({ env }) => [env, at(upstreamArm(env))])),
  }
}

function directly({ host, port }: RestartableTarget, upstreams: readonly RunUpstream[]): Asked {
  return {
    target: { host, port },
    upstreams: Object.fromEntries(upstreams.map(({ env, upstream }) => [env, upstream])),
  }
}

function expanded(command: readonly string[], { host, port }: Endpoint): readonly string[] {
  return command.map((text) => text.replaceAll('{host}', host).replaceAll('{port}', String(port)))
}

function environmentOf({ target, upstreams }: Asked, { url }: RestartableTarget): Record<string, string> {
  const [scheme = 'http'] = url.split(':', 1)
  return {
    SOAKRIG_HOST: target.host,
    SOAKRIG_PORT: String(target.port),
    SOAKRIG_URL: `${scheme}://${formatEndpoint(target)}`,
    ...Object.fromEntries(Object.entries(upstreams).map(([env, endpoint]) => [env, addressFor(env, endpoint)])),
  }
}

interface Counted {
  readonly readings: Readonly<Record<string, ArmReading>>
  readonly onTarget: RunningTargetFaults
  readonly preload: RunPreload | null
}

function reportOf(
  { command }: RunCommandOptions,
  { name, rules: declared }: Policy,
  exitCode: number,
  { readings, onTarget: { tallies }, preload }: Counted,
): RunReport {
  const inCommand = preload?.read()
  const counts = [...Object.values(readings).map(({ rules }) => rules), inCommand ?? {}].reduce(addRules, {})
  const rules = [
    ...declared.map((rule) => ruleReport(rule.name, counts[`${name}/${rule.name}`] ?? noCounts)),
    ...(Object.keys(tallies).length > 0 ? [ruleReport('target', { connections: null, matched: null, tallies })] : []),
  ]
  const paths = Object.entries(readings).map(([path, { accepted, bytesUp, bytesDown }]) => ({
    path,
    connections: accepted,
    bytesUp,
    bytesDown,
  }))
  const notFired = inCommand === null ? 'no process of Node took its rules' : whyNotFired(rules, declared)
  return { policy: name, command, exitCode, rules, paths, notFired }
}
