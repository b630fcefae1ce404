import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { isMainThread, threadId } from 'node:worker_threads'
import { installFaults, type PreloadReport } from '../../faults/preload/preload.ts'
import { isSoakrigError, messageOf } from '../../kernel/errors.ts'
import { faultsVariable, readPreloadSettings } from './settings.ts'

/**
 * Loaded before a program by `node --import soakrig/preload`: puts the rules of `SOAKRIG_FAULTS` before its network calls.
 * A program whose faults cannot be read is not started (exit code 104).
 */
try {
  const { report, ...settings } = readPreloadSettings(process.env[faultsVariable])
  const faults = await installFaults({
    ...settings,
    left: ({ host, port }) =>
      process.emitWarning(`${host}:${port} is not on this machine, so that no fault acts on it`, {
        code: 'SOAKRIG_LEFT_ALONE',
        detail: `Name it in allowHosts of ${faultsVariable} if it is yours to disturb.`,
      }),
  })
  process.once('beforeExit', () => void faults.settle())
  if (report !== null) {
    // From where it was started: the program may go elsewhere.
    const file = resolve(report)
    process.on('exit', () => writeReport(file, faults.read()))
  }
} catch (error) {
  if (!isSoakrigError(error)) throw error
  const problems = error.problems.map(({ where, message }) => `  ${where}: ${message}\n`)
  process.stderr.write(`${error.message}\n${problems.join('')}${error.hint ?? ''}\n`)
  process.exit(error.exitCode)
}

/**
 * Synchronously: nothing waits for a process that ends. Threads have a file of their own. What cannot be written is said,
 * but the program's exit code stays its own.
 */
function writeReport(file: string, report: PreloadReport): void {
  const name = file.replaceAll('{pid}', String(process.pid)) + (isMainThread ? '' : `.thread-${threadId}`)
  try {
    writeFileSync(name, `${JSON.stringify({ pid: process.pid, ...report }, null, 2)}\n`)
  } catch (error) {
    process.stderr.write(`the report of ${faultsVariable} could not be written: ${messageOf(error)}\n`)
  }
}
