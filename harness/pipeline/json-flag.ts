import { messageOf } from '../kernel/errors.ts'
import { badFlag } from './bad-flag.ts'

/** JSON as a flag holds it. Throws `bad-flag` (104). */
export function parseJsonFlag(flag: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw badFlag(flag, text, `JSON (${messageOf(error)})`, error)
  }
}
