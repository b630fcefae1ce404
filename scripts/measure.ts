import { resolve } from 'node:path'
import {
  carryOut,
  compilePlan,
  exitCodes,
  loadProfile,
  type MetricsEndpoint,
  packageProfilesDirectory,
  packageVersion,
  parseEndpoint,
  parseOutputs,
  parseTags,
  type Plan,
  printFailure,
  printNote,
  printPlan,
  printResult,
  type Profile,
  realClock,
  type RunOptions,
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

/** What only some commands can be told. */
interface MeasureChoices {
  readonly keepGoing?: boolean
  readonly strict?: boolean
  readonly sabotage?: Sabotage | undefined
  readonly search?: RunOptions['search']
}

/** The profile that a command names, with what its flags and the environment change in it. */
export function profileOf(flags: ProfileArguments): Promise<Profile> {
  const { profile, mode, duration, workers, connections, rate, processes, rounds, budget, seed, only, skip, cure } =
    flags
  const { 'max-error-rate': maxErrorRate, 'max-rss-delta-kb': maxRssDeltaKb } = flags
  return loadProfile(
    profile,
    {
      mode,
      flags: { duration, workers, connections, rate, processes, rounds, budget, maxErrorRate, maxRssDeltaKb, seed },
      env: environment(),
      only,
      skip,
      cure,
    },
    { cwd: process.cwd(), packageProfilesDir: packageProfilesDirectory() },
  )
}

/** Runs the stages of a profile's pipeline; the exit code is the verdict's. */
export async function measureProfile(kind: string, stages: Stages, flags: ProfileArguments): Promise<void> {
  const plan = compilePlan(await profileOf(flags), stages)
  if (flags['dry-run']) printPlan(summarisePlan(plan), flags)
  else
    await measure(kind, plan, flags, { keepGoing: flags['keep-going'], strict: flags.strict, sabotage: flags.sabotage })
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
  { keepGoing = false, strict = false, sabotage, search }: MeasureChoices = {},
): Promise<void> {
  const tags = parseTags(flags.tag ?? [])
  // Before the run, so that nothing is lost by a wrong flag.
  parseOutputs(flags.out ?? [])
  await using metrics = await metricsOf(flags)
  using signals = untilSignal()
  const live = showProgress(flags, plan.expectedNs / 1e6)
  const outcome = await carryOut({
    plan,
    kind,
    clock: realClock,
    signal: signals.signal,
    resultsDir: resolve(flags.results),
    allowedHosts: flags['allow-host'] ?? [],
    keepGoing,
    strict,
    sabotage: sabotage ?? null,
    version: packageVersion(),
    argv: process.argv.slice(2),
    tags,
    git: await gitState(),
    onProgress: live.update,
    ...(metrics && { metrics: metrics.totals }),
    ...(search && { search }),
  }).finally(() => live.done())
  if (outcome.failure !== null) printFailure(outcome.failure, { json: false })
  if (!flags.quiet) printNote(`result: ${outcome.file}`)
  printResult(outcome.result, flags)
  process.exitCode = outcome.result.run.exitCode
  try {
    await writeOutputs(outcome.result, flags.out ?? [])
  } catch (error) {
    // The answer stands; that it could not be written a second time only counts where nothing worse did.
    printFailure(error, { json: false })
    process.exitCode ||= exitCodes.environment
  }
}
