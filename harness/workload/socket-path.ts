import { Buffer } from 'node:buffer'
import { resolve } from 'node:path'
import type { Problem } from '../kernel/errors.ts'
import { workingDirectory } from '../kernel/host.ts'
import { found } from '../kernel/json.ts'
import type { JsonSchema } from '../kernel/json-schema.ts'

/** `sun_path` of unix(7), without the zero that ends it. */
const longestBytes = 107

/** Schema of `socketPath`. */
export const socketPathSchema: JsonSchema = {
  type: 'string',
  minLength: 1,
  description: "Unix socket to connect to instead of the target's address; relative to the working directory",
}

/** What is wrong with the path of a unix socket; it need not be there yet, since the target makes it. */
export function socketPathProblems(raw: string, where: string): Problem[] {
  const bytes = Buffer.byteLength(resolve(workingDirectory(), raw))
  if (bytes <= longestBytes && !raw.includes('\0')) return []
  return [
    { where, message: `found ${found(raw)}, allowed: at most ${longestBytes} bytes (it has ${bytes}), none of them 0` },
  ]
}

/** The absolute path of a unix socket, or null for none. It starts where that of a target does: from the working directory. */
export function parseSocketPath(raw: string | undefined): string | null {
  return raw === undefined ? null : resolve(workingDirectory(), raw)
}
