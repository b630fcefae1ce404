import type { Notes } from './imported.ts'

/** One of `-d`, `--data-raw`, `--data-binary`, `--data-urlencode` and `--json`, as it was given. */
export interface CurlData {
  readonly option: string
  readonly value: string
}

/** What all data options of a command send together. */
export interface CurlBody {
  readonly body: string | { readonly file: string }
  /** True where one of them was `--json`. */
  readonly json: boolean
}

/** Puts the data options of a command together, as curl does: joined by `&`, JSON by nothing. */
export function curlBody(data: readonly CurlData[], notes: Notes, placed: (file: string) => string): CurlBody {
  const json = data.some(({ option }) => option === 'json')
  const [only] = data
  const file = only && data.length === 1 ? fileOf(only) : undefined
  if (file !== undefined && only?.option !== 'data-urlencode') {
    if (only?.option === 'data' || only?.option === 'data-ascii')
      notes.add(`curl takes line breaks out of ${file}: it is sent as it is here`)
    return { body: { file: placed(file) }, json }
  }
  const parts = data.flatMap((one) => {
    const text = textOf(one, notes)
    return text === undefined ? [] : [{ option: one.option, text }]
  })
  const body = parts.reduce((sum, { option, text }, index) => {
    const separator = index === 0 || option === 'json' ? '' : '&'
    return sum + separator + text
  }, '')
  return { body, json }
}

/** The file that an option names; `--data-raw` names none. */
function fileOf({ option, value }: CurlData): string | undefined {
  return option !== 'data-raw' && value.startsWith('@') ? value.slice(1) : undefined
}

function textOf(data: CurlData, notes: Notes): string | undefined {
  const { option, value } = data
  if (option === 'data-urlencode') return urlEncoded(value, notes)
  const file = fileOf(data)
  if (file === undefined) return value
  notes.add(`left out the data from ${file}: a file cannot be sent together with other data`)
  return undefined
}

/** `content`, `=content` or `name=content`; `@file` and `name@file` would be encoded by curl. */
function urlEncoded(value: string, notes: Notes): string | undefined {
  const at = value.search(/[=@]/u)
  if (at >= 0 && value[at] === '@') {
    notes.add(`left out --data-urlencode ${value}: the contents of a file cannot be encoded here`)
    return undefined
  }
  if (at < 0) return encoded(value)
  return (at === 0 ? '' : `${value.slice(0, at)}=`) + encoded(value.slice(at + 1))
}

/** Percent-encoded as RFC 3986 says, which is what curl does; references to variables stay. */
function encoded(text: string): string {
  return text
    .split(/(\uFDD0\w+\uFDD1)/u)
    .map((part) => (part.startsWith('\uFDD0') ? part : strictlyEncoded(part)))
    .join('')
}

function strictlyEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(
    /[!'()*]/gu,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
