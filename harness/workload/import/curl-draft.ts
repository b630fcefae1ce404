import { Buffer } from 'node:buffer'
import { isHeaderName, isHeaderValue } from '../header-rules.ts'
import type { CurlData } from './curl-data.ts'
import { type CurlOption, outputOptions } from './curl-options.ts'
import { addHeader } from './headers.ts'
import type { Notes } from './imported.ts'
import { asShellText } from './shell-words.ts'

/** What the options of one command have said. */
export interface CurlDraft {
  readonly urls: string[]
  readonly headers: Record<string, string>
  /** Headers of other options, by lower-case name: one of `--header` takes the place of each. */
  readonly implied: Record<string, string>
  readonly removed: Set<string>
  readonly data: CurlData[]
  readonly connection: Record<string, unknown>
  readonly tls: Record<string, unknown>
  method: string | undefined
  get: boolean
  head: boolean
  upload: string | undefined
}

/** What options are read with. */
export interface CurlContext {
  readonly notes: Notes
  readonly placed: (file: string) => string
}

/** Reads the options of one command. */
export function draftOf(options: readonly CurlOption[], context: CurlContext): CurlDraft {
  const draft: CurlDraft = {
    urls: [],
    headers: {},
    implied: {},
    removed: new Set(),
    data: [],
    connection: {},
    tls: {},
    method: undefined,
    get: false,
    head: false,
    upload: undefined,
  }
  for (const { name, value } of options) take(draft, name, value ?? '', context)
  return draft
}

type Take = (draft: CurlDraft, value: string, context: CurlContext) => void

const data =
  (option: string): Take =>
  (draft, value) =>
    void draft.data.push({ option, value })

const file =
  (key: string): Take =>
  (draft, value, { placed }) => {
    draft.tls[key] = placed(value)
  }

/** What each option does to the request; options that are not here are noted. */
const taken: Readonly<Record<string, Take>> = {
  url: (draft, value) => void draft.urls.push(value),
  request: (draft, value) => {
    draft.method = value
  },
  get: (draft) => {
    draft.get = true
  },
  head: (draft) => {
    draft.head = true
  },
  header: takeHeader,
  data: data('data'),
  'data-ascii': data('data'),
  'data-raw': data('data-raw'),
  'data-binary': data('data-binary'),
  'data-urlencode': data('data-urlencode'),
  json: data('json'),
  'upload-file': (draft, value) => {
    draft.upload = value
  },
  user: takeUser,
  'oauth2-bearer': (draft, value) => {
    draft.implied['authorization'] = `Bearer ${value}`
  },
  cookie: takeCookie,
  'user-agent': (draft, value) => {
    draft.implied['user-agent'] = value
  },
  referer: (draft, value) => {
    draft.implied['referer'] = value.replace(/;auto$/u, '')
  },
  range: (draft, value) => {
    draft.implied['range'] = `bytes=${value}`
  },
  compressed: (draft, _, { notes }) => {
    draft.implied['accept-encoding'] = 'deflate, gzip, br, zstd'
    notes.add('--compressed: answers are asked for compressed, and are not unpacked for checks')
  },
  insecure: (draft) => {
    draft.tls['verify'] = false
  },
  cacert: file('ca'),
  cert: file('cert'),
  key: file('key'),
  http2: (draft) => {
    draft.connection['version'] = '2'
  },
  'http2-prior-knowledge': (draft) => {
    draft.connection['version'] = '2'
  },
  'http1.1': (draft) => {
    draft.connection['version'] = '1.1'
  },
  'unix-socket': (draft, value) => {
    draft.connection['socketPath'] = value
  },
  'max-time': (draft, value, { notes }) => {
    if (Number(value) > 0) draft.connection['timeout'] = `${Number(value)}s`
    else notes.add(`--max-time ${value} is no limit`)
  },
}

function take(draft: CurlDraft, name: string, value: string, context: CurlContext): void {
  const known = Object.hasOwn(taken, name) ? taken[name] : undefined
  if (known) return known(draft, value, context)
  const shown = `--${name}${value === '' ? '' : ` ${JSON.stringify(asShellText(value))}`}`
  if (outputOptions.has(name)) context.notes.add(`left out ${shown}: it only changes what curl shows or keeps`)
  else context.notes.add(`left out ${shown}: there is nothing like it here`)
}

function takeHeader(draft: CurlDraft, value: string, { notes }: CurlContext): void {
  const [, name = '', separator, rest = ''] = /^([^:;]*)([:;])\s*(.*)$/su.exec(value) ?? []
  if (separator === undefined || !isHeaderName(name) || !isHeaderValue(asShellText(rest))) {
    notes.add(`left out the header ${JSON.stringify(asShellText(value))}: it is no header of one line`)
  } else if (/^(content-length|transfer-encoding|connection)$/iu.test(name)) {
    notes.add(`left out the header ${name}, which soakrig sends itself`)
  } else if (separator === ':' && rest === '') draft.removed.add(name.toLowerCase())
  else addHeader(draft.headers, name, separator === ';' ? '' : rest.trimEnd())
}

function takeUser(draft: CurlDraft, value: string, { notes }: CurlContext): void {
  if (value.includes('\uFDD0')) {
    notes.add(`left out --user ${asShellText(value)}: a variable cannot be encoded here; add a header authorization`)
    return
  }
  const pair = value.includes(':') ? value : `${value}:`
  if (pair !== value) notes.add('--user without a password: curl would ask for it, an empty one is sent')
  draft.implied['authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`
}

function takeCookie(draft: CurlDraft, value: string, { notes }: CurlContext): void {
  if (!value.includes('=')) {
    notes.add(`left out --cookie ${value}: cookies from a file; "cookies": true keeps those that the target sets`)
    return
  }
  const before = draft.implied['cookie']
  draft.implied['cookie'] = before === undefined ? value : `${before}; ${value}`
}
