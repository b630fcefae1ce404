import { readFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { messageOf, type Problem, SoakrigError } from '../kernel/errors.ts'
import { copyOf, found, isRecord, step } from '../kernel/json.ts'
import { readJson } from '../kernel/jsonc.ts'
import { didYouMean } from '../kernel/suggest.ts'
import { badPolicy, checkClient } from './checked-client.ts'
import type { RawClient } from './settings.ts'

/**
 * Policies by name, for the whole process: their settings, not their state. Whoever opens one has windows, slots and
 * tokens of its own; what several functions are to share is opened once, by `openClient`.
 */
const registered = new Map<string, RawClient>()

/**
 * Gives a client's policies a name. The same settings may be registered again; others under a known name are an error.
 * Throws `bad-policy` or `policy-conflict` (104); nothing is changed then.
 */
export function registerPolicy(name: string, client: RawClient): void {
  const unnamed = nameProblems(name, '')
  if (unnamed.length > 0) throw badPolicy('without a name', unnamed)
  const { client: checked, problems } = checkClient(client)
  if (!checked) throw badPolicy(name, problems)
  refuseConflict(name, checked)
  registered.set(name, checked)
}

/** The names, sorted. */
export function listPolicies(): readonly string[] {
  return [...registered.keys()].toSorted()
}

/** A copy of the settings under a name; changing it changes nothing. Throws `unknown-policy` (104). */
export function getPolicy(name: string): RawClient {
  const client = registered.get(name)
  if (!client) throw unknownPolicy(name)
  return copyOf(client) as RawClient
}

/** Takes a name away; what was opened under it goes on. Throws `unknown-policy` (104). */
export function unregisterPolicy(name: string): void {
  if (!registered.delete(name)) throw unknownPolicy(name)
}

/**
 * Registers what a file of JSON with comments maps names to: all of it or, where anything is wrong, nothing. Gives the
 * names in their order. Rejects with `bad-policy` (104), all problems at once, each with its pointer; `policy-conflict`
 * (104); `policy-file` (104) where it cannot be read.
 */
export async function loadPolicies(file: string): Promise<readonly string[]> {
  const { document, problems } = readJson(await textOf(file), file)
  if (problems.length > 0) throw badPolicy(file, problems)
  if (!isRecord(document)) {
    throw badPolicy(file, [{ where: '/', message: `found ${found(document)}, allowed: an object of policies by name` }])
  }
  const clients = new Map<string, RawClient>()
  const wrong: Problem[] = []
  for (const [name, raw] of Object.entries(document)) {
    const checked = checkClient(raw, step(name))
    wrong.push(...nameProblems(name, step(name)), ...checked.problems)
    if (checked.client) clients.set(name, checked.client)
  }
  if (wrong.length > 0) throw badPolicy(file, wrong)
  for (const [name, client] of clients) refuseConflict(name, client)
  for (const [name, client] of clients) registered.set(name, client)
  return [...clients.keys()]
}

function nameProblems(name: unknown, where: string): Problem[] {
  if (typeof name === 'string' && name !== '') return []
  return [{ where, message: `found ${found(name)} as a name, allowed: text that is not empty` }]
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    const message = `the policies ${file} could not be read: ${messageOf(cause)}`
    throw new SoakrigError(message, { code: 'policy-file', exit: 'usage', cause })
  }
}

function refuseConflict(name: string, client: RawClient): void {
  const known = registered.get(name)
  if (known === undefined || isDeepStrictEqual(known, client)) return
  throw new SoakrigError(`the policy ${name} is registered with other settings`, {
    code: 'policy-conflict',
    exit: 'usage',
    hint: 'Unregister it first, or use another name.',
  })
}

function unknownPolicy(name: string): SoakrigError {
  const names = listPolicies()
  const known = names.length === 0 ? 'none is registered' : `registered: ${names.join(', ')}`
  const message = `no policy ${JSON.stringify(name)}, ${known}${didYouMean(name, names)}`
  return new SoakrigError(message, { code: 'unknown-policy', exit: 'usage' })
}
