import { pathToFileURL } from 'node:url'
import { SoakrigError } from '../../kernel/errors.ts'
import { isRecord } from '../../kernel/json.ts'
import { moduleFailureOf } from '../../kernel/module-failure.ts'
import type { ClientPolicies } from '../settings.ts'
import type { PolicyAction, PolicyFunction, PolicyOperation, UserPolicies, UserPolicy } from './user-policy.ts'

/** Counts the copies of modules that this process has made. */
let copies = 0

/** The paths of the modules that a client's policies come from, each once. */
export function policyFiles(client: ClientPolicies): readonly string[] {
  const files = client.flatMap(({ keyword, settings }) =>
    keyword === 'use' ? [(settings as { readonly file: string }).file] : [],
  )
  return [...new Set(files)]
}

/**
 * Makes what a client needs of its modules, with a state of its own: by the module's `createPolicy` where it has one, else
 * from a copy of the module that is evaluated anew; what that imports is shared. Rejects with `policy-not-usable` (107).
 */
export async function openUserPolicies(client: ClientPolicies): Promise<UserPolicies> {
  const opened = policyFiles(client).map(async (file) => [file, await openUserPolicy(file)] as const)
  return new Map(await Promise.all(opened))
}

/** Loads modules and looks at what they export, so that what is wrong is known before there is a load, and later it is quick. */
export async function checkPolicyModules(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const loaded = await load(file, '')
    if (typeof loaded['createPolicy'] !== 'function') policyOf(file, exportedOf(loaded))
  }
}

async function openUserPolicy(file: string): Promise<UserPolicy> {
  const { createPolicy } = await load(file, '')
  if (typeof createPolicy !== 'function') return policyOf(file, exportedOf(await load(file, `?copy=${++copies}`)))
  const action: PolicyAction = (operation, signal) => operation({ signal })
  const made = await (createPolicy as (action: PolicyAction) => unknown)(action)
  return policyOf(file, made)
}

function exportedOf(loaded: Readonly<Record<string, unknown>>): unknown {
  return loaded['policy'] ?? loaded['default']
}

async function load(file: string, query: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(file).href + query)) as Readonly<Record<string, unknown>>
  } catch (cause) {
    const { why, hint } = moduleFailureOf(cause)
    throw unusable(`the policy ${file} cannot be loaded: ${why}`, { hint, cause })
  }
}

/** How what was exported or made is run. */
function policyOf(file: string, subject: unknown): UserPolicy {
  if (typeof subject === 'function') return { subject, run: subject as PolicyFunction }
  if (isRecord(subject)) {
    const { execute, fire } = subject as { readonly execute?: unknown; readonly fire?: unknown }
    // As cockatiel's policies take it: the context that they pass on has the signal.
    if (typeof execute === 'function')
      return { subject, run: (operation, signal) => (subject as unknown as Executor).execute(operation, signal) }
    if (typeof fire === 'function')
      return { subject, run: (operation, signal) => (subject as unknown as Breaker).fire(operation, signal) }
  }
  const kind = subject === null ? 'null' : typeof subject
  throw unusable(`the policy ${file} is ${kind}, allowed: a function or a policy`, { hint: exportsHint })
}

interface Executor {
  execute(operation: PolicyOperation, signal: AbortSignal): Promise<unknown>
}

interface Breaker {
  fire(operation: PolicyOperation, signal: AbortSignal): Promise<unknown>
}

const exportsHint: string =
  'The default export, or one named policy, is a cockatiel policy, an opossum breaker or (operation, signal) => Promise; createPolicy makes one.'

function unusable(
  message: string,
  { hint, cause }: { readonly hint: string | undefined; readonly cause?: unknown },
): SoakrigError {
  return new SoakrigError(message, {
    code: 'policy-not-usable',
    exit: 'userScript',
    ...(hint !== undefined && { hint }),
    cause,
  })
}
