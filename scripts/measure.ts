import { resolve } from 'node:path'
import {
  carryOut,
  exitCodes,
  loadProfile,
  type MetricsEndpoint,
  openPolicyAdjuster,
  packageProfilesDirectory,
  packageVersion,
  parseEndpoint,
  parseOutputs,
  parseReference,
  parseTags,
  type Plan,
  planRun,
  printFailure,
  printNote,
  printPlan,
  printResult,
  type Profile,
  realClock,
  refuseWithoutGate,
  type RunOptions,
  type RunOutcome,
  type Sabotage,
  serveMetrics,
  showProgress,
  type Stages,
  summarisePlan,
  writeOutputs,
} from '../harness/index.ts'
import { environment, gitState } from './flags.ts'
import { untilSignal } from './signals.ts'

/** Flags as yargs gives them to a command that measures. */
export interface RunArguments {
  readonly json: boolean
  readonly quiet: boolean
  readonly results: string
  readonly out: readonly string[] | undefined
  readonly tag: readonly string[] | undefined
  readonly 'allow-host': readonly string[] | undefined
  readonly 'max-error-rate': string | undefined
  readonly metrics: string | undefined
  readonly seed: string | undefined
}

/** Flags as yargs gives them to a command that measures a profile. */
export interface ProfileArguments extends RunArguments {
  readonly profile: string | undefined
  readonly mode: 'smoke' | 'long'
  readonly duration: string | undefined
  readonly workers: string | undefined
  readonly connections: string | undefined
  readonly rate: string | undefined
  readonly processes: string | undefined
  readonly rounds: string | undefined
  readonly budget: string | undefined
  readonly 'max-rss-delta-kb': string | undefined
  readonly only: readonly string[] | undefined
  readonly cure: string | undefined
  readonly skip: readonly string[] | undefined
  readonly 'keep-going': boolean
  readonly strict: boolean
  readonly 'dry-run': boolean
  readonly sabotage: Sabotage | undefined
}

/** Flags as yargs gives them to a command that compares builds. */
export interface GateArguments {
  readonly base?: string | undefined
  readonly head?: string | undefined
  readonly 'gate-rounds'?: string | undefined
}

/** Flags as yargs gives them to a command whose runs are held against former ones. */
export interface ReferenceArguments {
  readonly reference?: string | undefined
  readonly 'require-reference'?: boolean
}

/** Flags as yargs gives them to a command that measures policies. */
export interface PolicyArguments {
  readonly tune?: boolean
}

/** What a profile is loaded by: of the flags those that a command has. */
export type ProfileChoice = Pick<ProfileArguments, 'profile' | 'mode'> & Partial<ProfileArguments> & GateArguments

/** What only some commands can be told. */
interface MeasureChoices {
  readonly keepGoing?: boolean
  readonly strict?: boolean
  readonly sabotage?: Sabotage | undefined
  readonly search?: RunOptions['search']
  readonly adjuster?: RunOptions['adjuster'] | undefined
  readonly reference?: RunOptions['reference']
  readonly requireReference?: boolean
  /** The commit of the build under test, where it is not that of the working directory. */
  readonly git?: RunOptions['git']
}

/** The profile that a command names, with what its flags and the environment change in it. */
export function profileOf(flags: ProfileChoice): Promise<Profile> {
  const { profile, mode, duration, workers, connections, rate, processes, rounds, budget, seed } = flags
  const { only, skip, cure, base, head } = flags
  const { 'max-error-rate': maxErrorRate, 'max-rss-delta-kb': maxRssDeltaKb, 'gate-rounds': gateRounds } = flags
  const ofLoad = { duration, workers, connections, rate, processes }
  return loadProfile(
    profile,
    {
      mode,
      flags: { ...ofLoad, rounds, gateRounds, budget, maxErrorRate, maxRssDeltaKb, seed },
      env: environment(),
      builds: { base, head },
      only,
      skip,
      cure,
    },
    { cwd: process.cwd(), packageProfilesDir: packageProfilesDirectory() },
  )
}

/** Runs the stages of a profile's pipeline; the exit code is the verdict's. */
export async function measureProfile(
  kind: string,
  stages: Stages,
  flags: ProfileArguments & GateArguments & ReferenceArguments & PolicyArguments,
): Promise<void> {
  // Before anything else, so that a wrong flag costs nothing.
  const reference = flags.reference === undefined ? undefined : parseReference(flags.reference)
  const profile = await profileOf(flags)
  if (flags.base !== undefined) refuseWithoutGate(profile.mode)
  const plan = planRun(profile, stages)
  if (flags['dry-run']) printPlan(summarisePlan(plan), flags)
  else
    await measure(kind, plan, flags, {
      adjuster: flags.tune ? await openPolicyAdjuster(plan) : undefined,
      keepGoing: flags['keep-going'],
      strict: flags.strict,
      sabotage: flags.sabotage,
      reference,
      requireReference: flags['require-reference'] ?? false,
    })
}

/** Serves the metrics where the flags ask for them, and says where, which nobody else knows of port 0. */
async function metricsOf(flags: RunArguments): Promise<MetricsEndpoint | null> {
  if (flags.metrics === undefined) return null
  const listen = parseEndpoint('--metrics', flags.metrics)
  const endpoint = await serveMetrics({ listen, allowedHosts: flags['allow-host'] ?? [] })
  printNote(`metrics at ${endpoint.url}`)
  return endpoint
}

/** Carries out a plan, shows and archives its result, and sets the exit code. */
export async function measure(
  kind: string,
  plan: Plan,
  flags: RunArguments,
  choices: MeasureChoices = {},
): Promise<void> {
  // Before the run, so that nothing is lost by a wrong flag.
  parseOutputs(flags.out ?? [])
  using signals = untilSignal()
  const outcome = await conduct(kind, plan, flags, signals.signal, choices)
  if (!flags.quiet) printNote(`result: ${outcome.file}`)
  printResult(outcome.result, flags)
  process.exitCode = outcome.exitCode
  try {
    await writeOutputs(outcome.result, flags.out ?? [])
  } catch (error) {
    // The answer stands; that it could not be written a second time only counts where nothing worse did.
    printFailure(error, { json: false })
    process.exitCode ||= exitCodes.environment
  }
}

/** Carries out a plan, shows how it goes, and archives its result. */
export async function conduct(
  kind: string,
  plan: Plan,
  flags: RunArguments,
  signal: AbortSignal,
  { keepGoing = false, strict = false, sabotage, search, adjuster, git, ...held }: MeasureChoices = {},
): Promise<RunOutcome> {
  const tags = parseTags(flags.tag ?? [])
  await using metrics = await metricsOf(flags)
  const live = await showProgress(flags, {
    expectedMs: plan.expectedNs / 1e6,
    atMost: (plan.gate?.looks.length ?? 0) > 1,
  })
  const outcome = await carryOut({
    plan,
    kind,
    clock: realClock,
    signal,
    resultsDir: resolve(flags.results),
    allowedHosts: flags['allow-host'] ?? [],
    keepGoing,
    strict,
    sabotage: sabotage ?? null,
    version: packageVersion(),
    argv: process.argv.slice(2),
    tags,
    git: git === undefined ? await gitState() : git,
    onProgress: live.update,
    ...(metrics && { metrics: metrics.totals }),
    ...(search && { search }),
    ...(adjuster && { adjuster }),
    ...held,
  }).finally(() => live.done())
  if (outcome.failure !== null) printFailure(outcome.failure, { json: false })
  return outcome
}
