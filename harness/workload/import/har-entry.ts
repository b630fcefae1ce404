import { isRecord, type JsonObject } from '../../kernel/json.ts'

/** What is looked at of an entry of HAR 1.2; empty or absent where a recorder has left it out or written something else. */
export interface HarEntry {
  /** Milliseconds since 1970; NaN where it is not said. */
  readonly startedMs: number
  readonly timeMs: number
  readonly method: string
  readonly url: string
  readonly httpVersion: string
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  readonly postData: HarPostData | undefined
  /** 0 for none. */
  readonly status: number
}

/** The body of a request as it was recorded. */
export interface HarPostData {
  readonly mimeType: string
  readonly text: string
  readonly encoding: string
  readonly params: readonly { readonly name: string; readonly value: string; readonly isFile: boolean }[]
}

/** Reads one of `log.entries`. */
export function harEntryOf(raw: unknown): HarEntry {
  const entry = recordOf(raw)
  const request = recordOf(entry['request'])
  const status = recordOf(entry['response'])['status']
  return {
    startedMs: Date.parse(textOf(entry['startedDateTime'])),
    timeMs: typeof entry['time'] === 'number' ? Math.max(0, entry['time']) : 0,
    method: textOf(request['method']),
    url: textOf(request['url']),
    httpVersion: textOf(request['httpVersion']),
    headers: recordsOf(request['headers']).map(({ name, value }) => ({ name: textOf(name), value: textOf(value) })),
    postData: isRecord(request['postData']) ? postDataOf(request['postData']) : undefined,
    status: typeof status === 'number' ? status : 0,
  }
}

function postDataOf({ mimeType, text, encoding, params }: JsonObject): HarPostData {
  return {
    mimeType: textOf(mimeType),
    text: textOf(text),
    encoding: textOf(encoding),
    params: recordsOf(params).map(({ name, value, fileName }) => ({
      name: textOf(name),
      value: textOf(value),
      isFile: typeof fileName === 'string',
    })),
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function recordOf(value: unknown): JsonObject {
  return isRecord(value) ? value : {}
}

function recordsOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? (value as unknown[]).filter(isRecord) : []
}
