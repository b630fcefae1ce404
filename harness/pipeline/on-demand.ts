import type { Check } from '../measure/check.ts'
import type { ServedBuiltin } from '../target/builtin/serve.ts'
import type { DoctorOptions } from './doctor.ts'
import type { InitOptions, InitOutcome } from './init.ts'
import type { MetricsEndpoint, MetricsOptions } from './metrics-endpoint.ts'
import type { RunOptions } from './options.ts'
import type { RunCommandOptions } from './run-command.ts'
import type { RunReport } from './run-report.ts'
import type { RunOutcome } from './run.ts'
import type { ServedRelay, ServeRelayOptions } from './serve-relay.ts'
import type { ServeTargetOptions } from './serve-target.ts'

/*
 * What the commands do. The code is loaded when it is first asked for: a command that only reads files, or finds a mistake
 * in its flags, starts in half the time.
 */

/** `carryOut` of `run.ts`. */
export const carryOut = async (options: RunOptions): Promise<RunOutcome> => (await import('./run.ts')).carryOut(options)

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
