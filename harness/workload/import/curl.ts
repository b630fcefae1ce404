import { isRecord, type JsonObject } from '../../kernel/json.ts'
import { type CurlContext, draftOf } from './curl-draft.ts'
import { type CurlOption, curlOptions } from './curl-options.ts'
import { type CurlCommand, requestsOf } from './curl-request.ts'
import { badImport, type Imported, mixOf, noteOrigin, Notes, originOf } from './imported.ts'
import { asShellText, shellWords, withReferences } from './shell-words.ts'

/** How command lines become a workload. */
export interface CurlOptions {
  /** Take the requests to this origin (`http://HOST:PORT`); the first one's when absent. */
  readonly origin?: string | undefined
  /** The path of a file that a command names, as the profile has to name it; as it is when absent. */
  readonly placed?: ((file: string) => string) | undefined
}

const hint = 'It is to hold command lines such as: curl -X POST http://127.0.0.1:8080/cart -d "item=1"'

/** Makes a profile of cURL command lines. Throws `bad-import` (104). */
export function importCurl(text: string, { origin: wanted, placed = (file) => file }: CurlOptions = {}): Imported {
  const notes = new Notes()
  const { commands: all, notes: ofShell } = shellWords(text)
  if (/\^\s*\r?\n|\^"/u.test(text)) notes.add('quoting of cmd.exe (^) is not read: copy the command "as cURL (bash)"')
  for (const note of ofShell) notes.add(note)
  const commands = all.flatMap((words) => commandOf(words, { notes, placed }))
  const origin = wanted === undefined ? commands[0]?.url.origin : originOf(wanted)
  const own = commands.filter(({ url }) => url.origin === origin)
  if (origin === undefined || own.length === 0)
    return badImport(`there is no curl command for ${origin ?? 'any url'}`, hint)
  for (const { url } of commands) if (url.origin !== origin) notes.add(`left out a request to ${url.origin}`)
  noteOrigin(origin, notes)
  const connections = new Set(own.map(({ connection }) => JSON.stringify(connection)))
  if (connections.size > 1) notes.add('the commands differ in how they connect: all do it as the first does')
  const requests = own.map(({ request }) => request)
  const document = referring(mixOf(origin, own[0]?.connection ?? {}, requests), notes) as JsonObject
  return { document, notes: notes.all }
}

/** The same with the shell's variables as references to the environment; names only say which they are. */
function referring(value: unknown, notes: Notes, key = ''): unknown {
  if (typeof value === 'string') {
    return withReferences(value, (name) => {
      notes.add(`the shell's variable $${name} is taken from the environment`)
      return key === 'name' ? `$${name}` : `\${env:${name}}`
    })
  }
  if (Array.isArray(value)) return value.map((item) => referring(item, notes))
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, referring(item, notes, name)]))
}

/** The requests of one command of the shell; those of other programs are left out. */
function commandOf(words: readonly string[], context: CurlContext): CurlCommand[] {
  const from = words.findIndex((word) => !/^\w+=/u.test(word))
  const program = words[from] ?? ''
  if (!/^(.*\/)?curl(\.exe)?$/u.test(program)) {
    const why = program === '' ? 'an unquoted & or ; ends a command, in a url as well' : 'it is not curl'
    context.notes.add(`left out ${JSON.stringify(asShellText(program || words.join(' ')))}: ${why}`)
    return []
  }
  const parts: CurlOption[][] = [[]]
  for (const option of curlOptions(words.slice(from + 1))) {
    if (option.name === 'next') parts.push([])
    else parts.at(-1)?.push(option)
  }
  return parts.flatMap((options) => requestsOf(draftOf(options, context), context))
}
