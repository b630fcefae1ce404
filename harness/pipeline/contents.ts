import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Workload } from '../workload/workload.ts'

/** What a workload took from files, as sha256 by name: it shapes the measurement as much as the profile that names them. */
export function contentsOf({ feeds, script, connection, requests }: Workload): Readonly<Record<string, string>> {
  const bodies = requests.flatMap(({ message }) =>
    'body' in message && message.body.kind === 'file' ? [message.body.path] : [],
  )
  const files = [...(script === null ? [] : [script]), ...('proto' in connection ? [connection.proto] : []), ...bodies]
  return Object.fromEntries([
    ...feeds.map(({ name, rows }) => [`feed ${name}`, sha256(JSON.stringify(rows))]),
    ...files.map((file) => [nameOf(file), sha256(contentOf(file))]),
  ])
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

function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex')
}
