/** The library's door: what the commands are made of, and what other programs may use. */
export { readResult } from './archive/read.ts'
export { replayDeadLetters } from './archive/replay.ts'
export type { ReplayReport } from './archive/replay.ts'
export type { Result, ResultDeadLetter } from './archive/result.ts'
export { compareResults } from './compare/compare.ts'
export type { Comparison } from './compare/comparison.ts'
export { checkDecisionLog } from './faults/decision-log.ts'
export type { DecisionLogReport } from './faults/decision-log.ts'
export { realClock } from './kernel/clock.ts'
export type { Clock } from './kernel/clock.ts'
export { isSoakrigError, SoakrigError } from './kernel/errors.ts'
export type { Problem } from './kernel/errors.ts'
export { exitCodes } from './kernel/exit-codes.ts'
export type { ExitCode } from './kernel/exit-codes.ts'
export { packageVersion } from './kernel/package-root.ts'
export type { DeadLetter } from './measure/dead-letter.ts'
export type { FailureBreach, FailureSamples } from './measure/failure-budget.ts'
export type { PolicyEvent } from './measure/policy-event.ts'
export type { ProgressEvent, ProgressListener } from './measure/progress.ts'
export { refuseWithoutComparison, refuseWithoutGate, withCheckouts } from './pipeline/ab.ts'
export type { Checkouts } from './pipeline/ab.ts'
export { wholeNumber } from './pipeline/bad-flag.ts'
export { readCalibration } from './pipeline/calibrate.ts'
export { compareFiles } from './pipeline/compare.ts'
export { capacitySettingsOf } from './pipeline/capacity-flags.ts'
export { capacityPlanOf, summariseCapacity } from './pipeline/capacity-plan.ts'
export { summarisePlan } from './pipeline/dry-run.ts'
export { loadProfileOf, parseEndpoint, parseTags } from './pipeline/flags.ts'
export { planRun } from './pipeline/plan-run.ts'
export { findResults, pinResult, unpinResult } from './pipeline/results.ts'
export { parseJsonFlag } from './pipeline/json-flag.ts'
export { parseReference } from './pipeline/reference-flag.ts'
export { refuseRequestFlags } from './pipeline/load-workload.ts'
export type {
  CallOptions,
  HttpCall,
  ScriptContext,
  ScriptData,
  ScriptHttp,
  TcpCall,
  WebSocketCall,
} from './load/script/context.ts'
export type { Script } from './load/script/module.ts'
export type { ScriptReply } from './load/script/reply.ts'
export { importKinds } from './pipeline/import-kinds.ts'
export type { ImportKind } from './pipeline/import-kinds.ts'
export type { InitOptions, InitOutcome } from './pipeline/init.ts'
export type { MetricsEndpoint, MetricsOptions } from './pipeline/metrics-endpoint.ts'
export {
  analyzeTraces,
  carryOut,
  checkModules,
  diagnose,
  findHistory,
  initProfile,
  openCapacitySearch,
  openPolicyAdjuster,
  openToleranceSearch,
  runCommand,
  serveMetrics,
  serveRelay,
  serveTarget,
} from './pipeline/on-demand.ts'
export type { GitState, RunOptions } from './pipeline/options.ts'
export type { RunOutcome } from './pipeline/run.ts'
export { parseDnsNames, parseJsonOrFile } from './pipeline/relay-flags.ts'
export type { RunCommandOptions } from './pipeline/run-command.ts'
export { parseRunUpstreams } from './pipeline/run-paths.ts'
export type { RunUpstream } from './pipeline/run-paths.ts'
export { checkRun, ruleLines, writeRunReport } from './pipeline/run-report.ts'
export type { RunReport } from './pipeline/run-report.ts'
export type { RelayEnd, ServedRelay, ServeRelayOptions } from './pipeline/serve-relay.ts'
export { parseFramingFlag } from './pipeline/target-flags.ts'
export { tuneSettingsOf } from './pipeline/tune-flags.ts'
export { summariseTune, tunePlanOf } from './pipeline/tune-plan.ts'
export { compileLoadPlan } from './plan/plan.ts'
export type { Plan, Stages } from './plan/plan.ts'
export { packageProfilesDirectory } from './profile/files.ts'
export { loadProfile, parseProfile } from './profile/parse.ts'
export type { ProfileFlags, ProfileOverrides, ProfilePlaces } from './profile/parse.ts'
export type { ModeName, Profile } from './profile/profile.ts'
export { profileJsonSchema } from './profile/schema.ts'
export {
  printAnalysis,
  printCalibration,
  printChecks,
  printComparison,
  printFailure,
  printHistory,
  printLine,
  printNote,
  printPlan,
  printResult,
  printResults,
  printValidation,
  showProgress,
} from './report/console.ts'
export { parseOutputs, writeOutputs } from './report/files.ts'
export { renderMarkdown } from './report/result-markdown.ts'
export { renderResult } from './report/result-text.ts'
export type { AttemptError } from './resilience/use/attempt-error.ts'
export type {
  PolicyAction,
  PolicyCall,
  PolicyFunction,
  PolicyOperation,
  PolicyOperationOptions,
} from './resilience/use/user-policy.ts'
export { BreakerRegistry } from './resilience/breaker/registry.ts'
export type { Breaker } from './resilience/breaker/breaker.ts'
export { healthOf, healthText } from './resilience/health.ts'
export type { Health, HealthFigures } from './resilience/health.ts'
export { BreakerMonitor } from './resilience/monitor.ts'
export type { AlertLimits, BreakerAlert } from './resilience/monitor.ts'
export { failure, statusFailure, success } from './resilience/outcome.ts'
export type { ErrorClass, Outcome } from './resilience/outcome.ts'
export { PoolClosedError, PooledClient } from './resilience/pool/pooled-client.ts'
export type { PooledClientOptions, PooledClientStats } from './resilience/pool/pooled-client.ts'
export type { PoolStats } from './resilience/pool/counts.ts'
export type { Connector } from './resilience/pool/promise-port.ts'
export type { ProgramPool } from './resilience/pool/settings.ts'
export { RequestClient } from './resilience/pool/request-client.ts'
export type { RequestClientOptions } from './resilience/pool/request-client.ts'
export type { RequestOptions, RequestStats } from './resilience/pool/requests.ts'
export { openClient } from './resilience/promise/open-client.ts'
export type { OpenClient, OpenClientOptions } from './resilience/promise/open-client.ts'
export { PolicyError } from './resilience/promise/policy-error.ts'
export type { Alternative, StandInOptions } from './resilience/promise/stand-ins.ts'
export { wrap } from './resilience/promise/wrap.ts'
export type { Wrapped, WrapOptions } from './resilience/promise/wrap.ts'
export { getPolicy, listPolicies, loadPolicies, registerPolicy, unregisterPolicy } from './resilience/registry.ts'
export type { RawClient } from './resilience/settings.ts'
export { FailureBudget } from './run/guards/failure-budget.ts'
export type { FailureBudgetSettings } from './run/guards/failure-budget.ts'
export { ProcessSupervisor } from './run/guards/process-supervisor.ts'
export type { EndedProcess } from './run/guards/process-supervisor.ts'
export { WatchdogError, withWatchdog } from './run/guards/watchdog.ts'
export type { WatchdogOptions } from './run/guards/watchdog.ts'
export { sabotages } from './run/sabotage.ts'
export type { Sabotage } from './run/sabotage.ts'
export { builtinNames as builtinTargets } from './target/builtin/builtins.ts'
