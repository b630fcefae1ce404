import { startBuiltin } from './kinds/builtin.ts'
import { startCommand } from './kinds/command.ts'
import { attachToUrl } from './kinds/url.ts'
import type { LaunchContext, RunningTarget } from './running.ts'
import type { TargetSettings } from './settings.ts'

export type { ProcessRecord } from './proc.ts'
export type { LaunchContext, RunningTarget, TargetExit } from './running.ts'

/**
 * Starts the target and resolves when it serves. Rejects with `target-not-found`, `prepare-failed`, `target-died` or
 * `target-not-ready` (113), `cwd-not-found` (104) or `port-taken` (106); then nothing of it runs any more.
 */
export function startTarget(settings: TargetSettings, context: LaunchContext): Promise<RunningTarget> {
  switch (settings.kind) {
    case 'builtin':
      return startBuiltin(settings, context)
    case 'command':
      return startCommand(settings, context)
    case 'url':
      return attachToUrl(settings, context)
  }
}
