import { fileURLToPath } from 'node:url'
import { messageOf } from './errors.ts'

/** Why a module of a user cannot be loaded, and what to do about it where that is known. */
export interface ModuleFailure {
  readonly why: string
  readonly hint?: string
}

/** What Node says of the words of a module where it reads a file as CommonJS. */
const moduleWords =
  /^Unexpected (?:token|identifier) '(?:export|import)'|^Cannot use (?:import statement|'import\.meta') outside|^await is only valid/u

const asModule: string =
  'Its nearest package.json says "type": "commonjs", so Node does not read it as a module: let its name end in .mts or .mjs, or say "type": "module".'

const byItself: string = 'The error does not say in which line: run the file by itself, with node, to see it.'

/** In words why a module cannot be loaded, with the file and line where the error tells them. */
export function moduleFailureOf(error: unknown): ModuleFailure {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const place = placeOf(stack)
  const why = place === null ? messageOf(error) : `${messageOf(error)} (${place})`
  if (!(error instanceof SyntaxError)) return { why }
  if (stack.includes('node:internal/modules/cjs/') && moduleWords.test(error.message)) return { why, hint: asModule }
  return place === null ? { why, hint: byItself } : { why }
}

/** Where it went wrong: of a mistake in the text its stack begins with that, else it is where something was thrown. */
function placeOf(stack: string): string | null {
  const [first = '', ...lines] = stack.split('\n')
  // What lies below the loader has asked for the module.
  const loader = lines.findIndex((line) => line.includes('node:internal/modules/'))
  const [thrown = ''] = lines.slice(0, Math.max(0, loader)).filter((line) => /^\s+at .*\/[^:]+:\d+:\d+\)?$/u.test(line))
  const text = /^(?:file:\/\/)?\/.*:\d+$/u.test(first) ? first : thrown
  const place = /(?<file>(?:file:\/\/)?\/[^()?]+?)(?:\?[^:]*)?:(?<line>\d+)(?::\d+)?\)?$/u.exec(text)?.groups
  if (!place) return null
  const { file = '', line } = place
  return `${file.startsWith('file:') ? fileURLToPath(file) : file}:${line}`
}
