import { Buffer } from 'node:buffer'
import type { JsonObject } from '../../kernel/json.ts'
import { isHttpMethod } from '../protocols/http.ts'
import { type CurlBody, curlBody } from './curl-data.ts'
import type { CurlContext, CurlDraft } from './curl-draft.ts'
import { headerOf, noteSecrets } from './headers.ts'
import type { FoundRequest, Notes } from './imported.ts'
import { asShellText } from './shell-words.ts'

/** One request of a curl command, and how it connects. */
export interface CurlCommand {
  readonly url: URL
  readonly request: FoundRequest
  readonly connection: JsonObject
}

/** The requests that the options of one command ask for: one for each url. */
export function requestsOf(draft: CurlDraft, context: CurlContext): CurlCommand[] {
  if (draft.urls.length === 0) context.notes.add('left out a curl command without a url')
  return draft.urls.flatMap((address) => {
    const url = urlOf(address, context.notes)
    return url ? [requestOf(url, draft, context)] : []
  })
}

/** A url as curl reads it: without a scheme it is http. */
function urlOf(address: string, notes: Notes): URL | undefined {
  const text = /^[a-z][a-z0-9+.-]*:\/\//iu.test(address) ? address : `http://${address}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/u.test(url.protocol) || /\uFDD0|%EF%B7%90/iu.test(url.host)) {
    notes.add(`left out ${JSON.stringify(asShellText(address))}: it is no http or https url that can be read here`)
    return undefined
  }
  if (/[[\]{}]/u.test(address.replace(/^[^/]*\/\/[^/]*/u, '')))
    notes.add(`the pattern in ${asShellText(address)} is not expanded`)
  return url
}

function requestOf(url: URL, draft: CurlDraft, { notes, placed }: CurlContext): CurlCommand {
  const sent = curlBody(draft.data, notes, placed)
  const body = bodyOf(draft, sent, placed)
  const headers = headersOf(url, draft, sent, body !== '' && draft.upload === undefined)
  noteSecrets(headers, notes)
  const tls = Object.keys(draft.tls).length > 0 ? draft.tls : true
  return {
    url,
    request: {
      method: methodOf(draft, body, notes),
      path: uploadPath(url, draft) + searchOf(url, draft, sent, notes),
      headers,
      body,
      status: undefined,
    },
    connection: { ...draft.connection, ...(url.protocol === 'https:' && { tls }) },
  }
}

function bodyOf(draft: CurlDraft, { body }: CurlBody, placed: CurlContext['placed']): FoundRequest['body'] {
  if (draft.upload !== undefined) return { file: placed(draft.upload) }
  return draft.get ? '' : body
}

/** The query; `--get` puts the data into it. */
function searchOf(url: URL, draft: CurlDraft, { body }: CurlBody, notes: Notes): string {
  if (!draft.get || body === '') return url.search
  if (typeof body === 'string') return `${url.search || '?'}${url.search.length > 1 ? '&' : ''}${body}`
  notes.add('left out a file that was to go into the query')
  return url.search
}

function methodOf({ method, get, head, upload, data }: CurlDraft, body: FoundRequest['body'], notes: Notes): string {
  const byOptions = upload !== undefined ? 'PUT' : get || (body === '' && data.length === 0) ? 'GET' : 'POST'
  const wanted = method ?? (head ? 'HEAD' : byOptions)
  if (isHttpMethod(wanted)) return wanted
  notes.add(`the method ${wanted} is not known here: GET takes its place`)
  return 'GET'
}

/** curl puts the file's name behind a path that ends with a slash. */
function uploadPath({ pathname }: URL, { upload }: CurlDraft): string {
  const name = upload?.split('/').at(-1)
  return name !== undefined && pathname.endsWith('/') ? pathname + encodeURIComponent(name) : pathname
}

/** The headers that were asked for, and those that curl adds for a body or for the user in a url. */
function headersOf(
  url: URL,
  { headers, implied, removed }: CurlDraft,
  { json }: CurlBody,
  hasBody: boolean,
): Record<string, string> {
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  const added = {
    ...(hasBody && { 'content-type': json ? 'application/json' : 'application/x-www-form-urlencoded' }),
    ...(json && { accept: 'application/json' }),
    ...(user !== ':' && { authorization: `Basic ${Buffer.from(user).toString('base64')}` }),
    ...implied,
  }
  const missing = Object.entries(added).filter(([name]) => headerOf(headers, name) === undefined && !removed.has(name))
  return { ...headers, ...Object.fromEntries(missing) }
}
