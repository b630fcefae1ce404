/** The library's door: what the commands are made of, and what other programs may use. */
export { readResult } from './archive/read.ts'
export type { Result } from './archive/result.ts'
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
export type { ProgressEvent, ProgressListener } from './measure/progress.ts'
export { diagnose } from './pipeline/doctor.ts'
export { summarisePlan } from './pipeline/dry-run.ts'
export { loadProfileOf, parseEndpoint, parseTags } from './pipeline/flags.ts'
export { parseJsonFlag } from './pipeline/json-flag.ts'
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
export { importKinds, initProfile } from './pipeline/init.ts'
export type { ImportKind, InitOptions, InitOutcome } from './pipeline/init.ts'
export type { GitState, RunOptions } from './pipeline/options.ts'
export { carryOut } from './pipeline/run.ts'
export type { RunOutcome } from './pipeline/run.ts'
export { parseDnsNames, parseJsonOrFile } from './pipeline/relay-flags.ts'
export { runCommand } from './pipeline/run-command.ts'
export type { RunCommandOptions } from './pipeline/run-command.ts'
export { parseRunUpstreams } from './pipeline/run-paths.ts'
export type { RunUpstream } from './pipeline/run-paths.ts'
export { checkRun, ruleLines, writeRunReport } from './pipeline/run-report.ts'
export type { RunReport } from './pipeline/run-report.ts'
export { serveRelay } from './pipeline/serve-relay.ts'
export type { RelayEnd, ServedRelay, ServeRelayOptions } from './pipeline/serve-relay.ts'
export { builtinTargets, parseFramingFlag, serveTarget } from './pipeline/serve-target.ts'
export { compileLoadPlan, compilePlan } from './plan/plan.ts'
export type { Plan, Stages } from './plan/plan.ts'
export { packageProfilesDirectory } from './profile/files.ts'
export { loadProfile, parseProfile } from './profile/parse.ts'
export type { ProfileFlags, ProfileOverrides, ProfilePlaces } from './profile/parse.ts'
export type { ModeName, Profile } from './profile/profile.ts'
export { profileJsonSchema } from './profile/schema.ts'
export {
  printChecks,
  printComparison,
  printFailure,
  printLine,
  printNote,
  printPlan,
  printResult,
  printValidation,
  showProgress,
} from './report/console.ts'
export { parseOutputs, writeOutputs } from './report/files.ts'
export { renderMarkdown } from './report/result-markdown.ts'
export { renderResult } from './report/result-text.ts'
export { sabotages } from './run/life.ts'
export type { Sabotage } from './run/life.ts'
