import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { policyFiles } from '../resilience/use/module.ts'
import type { Profile } from '../profile/profile.ts'

/** What a profile took from files, as sha256 by name: it shapes the measurement as much as the profile that names them. */
export function contentsOf({
  workload,
  policies,
  stressClient,
}: Pick<Profile, 'workload' | 'policies' | 'stressClient'>): Readonly<Record<string, string>> {
  const { feeds, script, connection, requests } = workload
  const bodies = requests.flatMap(({ message }) =>
    'body' in message && message.body.kind === 'file' ? [message.body.path] : [],
  )
  const files = [
    ...(script === null ? [] : [script]),
    ...('proto' in connection ? [connection.proto] : []),
    ...bodies,
    ...policyFiles([...policies.flatMap(({ client }) => client), ...stressClient]),
  ]
  return Object.fromEntries([
    ...feeds.map(({ name, rows }) => [`feed ${name}`, sha256(JSON.stringify(rows))]),
    ...namesOf(files).map(([name, own]) => [name, sha256(...own.map(contentOf))]),
  ])
}

/** Files of one name in different folders are told as one, in their order. */
function namesOf(files: readonly string[]): (readonly [name: string, files: readonly string[]])[] {
  return Object.entries(Object.groupBy(new Set(files), nameOf)).map(([name, own = []]) => [name, own])
}

/** Without the folder: two checkouts of the same files measure the same. */
function nameOf(file: string): string {
  return `file ${file.split(/[\\/]/u).at(-1) ?? file}`
}

function contentOf(file: string): Buffer | string {
  try {
    return readFileSync(file)
  } catch {
    // It was there when the run began; that it is gone is a difference, too.
    return ''
  }
}

function sha256(...contents: readonly (Buffer | string)[]): string {
  const hash = createHash('sha256')
  for (const content of contents) hash.update(content)
  return hash.digest('hex')
}
