import { pathToFileURL } from 'node:url'
import { SoakrigError } from '../../kernel/errors.ts'
import { moduleFailureOf } from '../../kernel/module-failure.ts'
import type { ScriptContext } from './context.ts'

/** One iteration of a user's script. What it resolves to is of no interest; what it throws is a failure of the script. */
export type Script = (context: ScriptContext) => Promise<unknown>

/** Loads a script. Rejects with `script-not-usable` (107). */
export async function loadScript(file: string): Promise<Script> {
  const unusable = (message: string, hint?: string, cause?: unknown): SoakrigError =>
    new SoakrigError(message, {
      code: 'script-not-usable',
      exit: 'userScript',
      ...(hint !== undefined && { hint }),
      cause,
    })
  const loaded = (await import(pathToFileURL(file).href).catch((cause: unknown) => {
    const { why, hint } = moduleFailureOf(cause)
    throw unusable(`the script ${file} cannot be loaded: ${why}`, hint, cause)
  })) as { readonly default?: unknown }
  if (typeof loaded.default === 'function') return loaded.default as Script
  throw unusable(
    `the script ${file} exports ${typeof loaded.default} by default, allowed: a function`,
    'A script is a module whose default export is an async function: export default async ({ http, check }) => { … }',
  )
}
