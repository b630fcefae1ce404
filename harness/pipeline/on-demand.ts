import type { History } from '../compare/history.ts'
import type { Clock } from '../kernel/clock.ts'
import type { ExitCode } from '../kernel/exit-codes.ts'
import type { Check } from '../measure/check.ts'
import type { Profile } from '../profile/profile.ts'
import type { ServedBuiltin } from '../target/builtin/serve.ts'
import type { AnalyzeOptions } from './analyze.ts'
import type { Plan } from '../plan/plan.ts'
import type { CapacitySettings } from './capacity-plan.ts'
import type { DoctorOptions } from './doctor.ts'
import type { HistoryOptions } from './history.ts'
import type { InitOptions, InitOutcome } from './init.ts'
import type { MetricsEndpoint, MetricsOptions } from './metrics-endpoint.ts'
import type { RunOptions } from './options.ts'
import type { RunCommandOptions } from './run-command.ts'
import type { RunReport } from './run-report.ts'
import type { RunOutcome } from './run.ts'
import type { Search } from './search.ts'
import type { ServedRelay, ServeRelayOptions } from './serve-relay.ts'
import type { ServeTargetOptions } from './serve-target.ts'
import type { PolicyAdjuster } from './tune-adjust.ts'
import type { TuneSettings } from './tune-flags.ts'

/*
 * What the commands do. The code is loaded when it is first asked for: a command that only reads files, or finds a mistake
 * in its flags, starts in half the time.
 */

/** `carryOut` of `run.ts`. */
export const carryOut = async (options: RunOptions): Promise<RunOutcome> => (await import('./run.ts')).carryOut(options)

/** `CapacitySearch` of `capacity.ts`. */
export const openCapacitySearch = async (plan: Plan, settings: CapacitySettings): Promise<Search> =>
  new (await import('./capacity.ts')).CapacitySearch(plan, settings)

/** `ToleranceSearch` of `tune.ts`. */
export const openToleranceSearch = async (plan: Plan, settings: TuneSettings): Promise<Search> =>
  new (await import('./tune.ts')).ToleranceSearch(plan, settings)

/** `PolicyAdjuster` of `tune-adjust.ts`. */
export const openPolicyAdjuster = async (plan: Plan): Promise<PolicyAdjuster> =>
  new (await import('./tune-adjust.ts')).PolicyAdjuster(plan)

/** `runCommand` of `run-command.ts`. */
export const runCommand = async (options: RunCommandOptions): Promise<RunReport> =>
  (await import('./run-command.ts')).runCommand(options)

/** `serveRelay` of `serve-relay.ts`. */
export const serveRelay = async (options: ServeRelayOptions): Promise<ServedRelay> =>
  (await import('./serve-relay.ts')).serveRelay(options)

/** `serveMetrics` of `metrics-endpoint.ts`. */
export const serveMetrics = async (options: MetricsOptions): Promise<MetricsEndpoint> =>
  (await import('./metrics-endpoint.ts')).serveMetrics(options)

/** `serveTarget` of `serve-target.ts`. */
export const serveTarget = async (options: ServeTargetOptions): Promise<ServedBuiltin> =>
  (await import('./serve-target.ts')).serveTarget(options)

/** `diagnose` of `doctor.ts`. */
export const diagnose = async (options: DoctorOptions): Promise<readonly Check[]> =>
  (await import('./doctor.ts')).diagnose(options)

/** `initProfile` of `init.ts`. */
export const initProfile = async (options: InitOptions): Promise<InitOutcome> =>
  (await import('./init.ts')).initProfile(options)

/** `checkModules` of `modules.ts`. */
export const checkModules = async (profile: Profile, clock: Clock): Promise<void> =>
  (await import('./modules.ts')).checkModules(profile, clock)

/** `analyzeTraces` of `analyze.ts`. */
export const analyzeTraces = async (options: AnalyzeOptions): Promise<ExitCode> =>
  (await import('./analyze.ts')).analyzeTraces(options)

/** `findHistory` of `history.ts`. */
export const findHistory = async (options: HistoryOptions): Promise<History> =>
  (await import('./history.ts')).findHistory(options)
