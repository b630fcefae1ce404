import { isRecord } from '../../kernel/json.ts'
import { isHttpMethod } from '../protocols/http.ts'
import { type HarEntry, type HarPostData, harEntryOf } from './har-entry.ts'
import { headerOf, recordedHeaders } from './headers.ts'
import {
  badImport,
  type FoundRequest,
  type Imported,
  mixOf,
  noteOrigin,
  Notes,
  originOf,
  parseInput,
  scenarioOf,
} from './imported.ts'

/** How a recording becomes a workload. */
export interface HarOptions {
  /** Take the requests to this origin (`http://HOST:PORT`); the first one's when absent. */
  readonly origin?: string | undefined
  /** One scenario in the recorded order, with the recorded pauses, instead of a mix of requests. */
  readonly scenario?: boolean | undefined
}

interface Exchange {
  readonly url: URL
  readonly entry: HarEntry
}

const hint = 'Save it as "HAR with content" in the network panel of a browser.'

/** Makes a profile of a HAR 1.2 recording. Throws `bad-import` (104). */
export function importHar(text: string, { origin: wanted, scenario = false }: HarOptions = {}): Imported {
  const notes = new Notes()
  const exchanges = exchangesOf(text, notes)
  const origin = wanted === undefined ? exchanges[0]?.url.origin : originOf(wanted)
  const own = exchanges.filter(({ url }) => url.origin === origin)
  if (origin === undefined || own.length === 0) {
    const there = [...new Set(exchanges.map(({ url }) => url.origin))].join(', ')
    badImport(
      `the HAR file holds no request to ${origin ?? 'any http or https address'}`,
      there ? `It has requests to ${there}.` : hint,
    )
  }
  noteOthers(exchanges, origin, notes)
  noteOrigin(origin, notes)
  const requests = own.map((exchange, index) => requestOf(exchange, scenario ? own[index - 1] : undefined, notes))
  const connection = connectionOf(own, origin, notes)
  const make = scenario ? scenarioOf : mixOf
  return { document: make(origin, connection, requests), notes: notes.all }
}

/** Requests over HTTP of a method that there is. */
function exchangesOf(text: string, notes: Notes): Exchange[] {
  const document = parseInput(text, 'HAR file', hint)
  const log = isRecord(document) ? document['log'] : undefined
  const entries = isRecord(log) ? log['entries'] : undefined
  if (!Array.isArray(entries)) return badImport('the HAR file has no log.entries', hint)
  return entries.map(harEntryOf).flatMap((entry): Exchange[] => {
    const { method, url: address } = entry
    const url = URL.canParse(address) ? new URL(address) : undefined
    if (url && url.username !== '') notes.add(`left out the user in the address of ${url.host}`)
    if (url && /^https?:$/u.test(url.protocol) && isHttpMethod(method)) return [{ url, entry }]
    const what =
      url && /^https?:$/u.test(url.protocol) ? `of method ${method || '(none)'}` : `to ${url?.protocol ?? 'no address'}`
    notes.add(`left out requests ${what}`)
    return []
  })
}

function noteOthers(exchanges: readonly Exchange[], origin: string, notes: Notes): void {
  const counts = new Map<string, number>()
  for (const { url } of exchanges) if (url.origin !== origin) counts.set(url.origin, (counts.get(url.origin) ?? 0) + 1)
  for (const [other, count] of counts)
    notes.add(`left out ${count} ${count === 1 ? 'request' : 'requests'} to ${other}`)
}

function connectionOf(exchanges: readonly Exchange[], origin: string, notes: Notes): Record<string, unknown> {
  const versions = new Set(exchanges.map(({ entry }) => majorVersion(entry.httpVersion)))
  if (versions.has('3')) notes.add('HTTP/3 was recorded, which is not spoken here: HTTP/1.1 or 2 takes its place')
  const second = versions.has('2') && !versions.has('1')
  if (versions.has('2') && versions.has('1')) notes.add('HTTP/1.1 and HTTP/2 were recorded: all goes over HTTP/1.1')
  return { ...(second && { version: '2' }), ...(origin.startsWith('https:') && { tls: true }) }
}

/** `HTTP/2.0`, `h2` and the like by their first digit; none where nothing is said. */
function majorVersion(httpVersion: string): string {
  return /^h(?:ttp\/)?(\d)/iu.exec(httpVersion)?.[1] ?? ''
}

function requestOf({ url, entry }: Exchange, before: Exchange | undefined, notes: Notes): FoundRequest {
  const { method, headers, postData } = entry
  const kept = recordedHeaders(headers, notes)
  const body = bodyOf(postData, `${method} ${url.pathname}`, notes)
  const type = postData?.mimeType ?? ''
  const typed = body !== '' && type !== '' && headerOf(kept, 'content-type') === undefined
  return {
    method,
    path: url.pathname + url.search,
    headers: typed ? { ...kept, 'content-type': type } : kept,
    body,
    status: statusOf(entry, `${method} ${url.pathname}`, notes),
    ...(before && { pauseMs: pauseBetween(before.entry, entry) }),
  }
}

function statusOf({ status }: HarEntry, name: string, notes: Notes): number | undefined {
  if (Number.isInteger(status) && status >= 100 && status <= 599) return status
  notes.add(`${name} had no answer when it was recorded: any status from 200 to 399 is expected`)
  return undefined
}

function bodyOf(data: HarPostData | undefined, name: string, notes: Notes): string {
  if (!data) return ''
  const { mimeType, text, encoding, params } = data
  if (encoding === 'base64') {
    notes.add(`left out the body of ${name}: it is binary; put it into a file and write { "file": … }`)
    return ''
  }
  if (text !== '') return text
  if (params.length === 0) return ''
  if (/^multipart\//iu.test(mimeType) || params.some(({ isFile }) => isFile)) {
    notes.add(`left out the form of ${name}: its parts were not recorded as they were sent`)
    return ''
  }
  return new URLSearchParams(params.map(({ name: key, value }): [string, string] => [key, value])).toString()
}

/** From the end of the request before to the start of this one; requests that overlapped have no pause. */
function pauseBetween(before: HarEntry, entry: HarEntry): number {
  const pauseMs = entry.startedMs - before.startedMs - before.timeMs
  return Number.isFinite(pauseMs) ? Math.max(0, pauseMs) : 0
}
