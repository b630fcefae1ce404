import { comma, digit, skipBlanks, spells, textIn, trimBlanks, wordOf } from './octets.ts'

const connectionName = wordOf('connection')
const lengthName = wordOf('content-length')
const codingName = wordOf('transfer-encoding')
const closeOption = wordOf('close')
const keepAliveOption = wordOf('keep-alive')
const chunkedCoding = wordOf('chunked')

/** A bit for the length of each name. */
const framingLengths = (1 << connectionName.length) | (1 << lengthName.length) | (1 << codingName.length)

const token = "[!#$%&'*+.^_`|~\\w-]+"
const quoted = '"(?:[\\t !#-\\[\\]-~\\x80-\\xff]|\\\\[\\t -~\\x80-\\xff])*"'
const parameter = `[ \\t]*;[ \\t]*${token}[ \\t]*=[ \\t]*(?:${token}|${quoted})`

/** A transfer coding and its parameters (RFC 9112, section 7). No two of its parts can match the same blanks. */
const codingPattern = new RegExp(`^(${token})((?:${parameter})*)$`, 'u')

/** What the headers of a response say about its body and its connection (RFC 9112, sections 6 and 9.3). */
export class Framing {
  /** Bytes of the body; -1 where no header says. */
  contentLength = -1
  /** The body is sent in chunks. */
  chunked = false
  /** The body has a transfer coding, whether chunked or not. */
  coded = false
  /** Options of `connection`. */
  close = false
  keepAlive = false
  #chunkedSeen = false

  reset(): void {
    this.contentLength = -1
    this.chunked = false
    this.coded = false
    this.close = false
    this.keepAlive = false
    this.#chunkedSeen = false
  }

  /** Reads a header line: its name, and behind the colon its value up to `end`. Returns what is wrong with it, or null. */
  header(view: DataView, nameAt: number, colonAt: number, end: number): string | null {
    if (spells(view, nameAt, colonAt, lengthName)) return this.#length(view, colonAt + 1, end)
    if (spells(view, nameAt, colonAt, codingName)) return this.#coding(view, colonAt + 1, end)
    if (spells(view, nameAt, colonAt, connectionName)) this.#connection(view, colonAt + 1, end)
    return null
  }

  #connection(view: DataView, start: number, end: number): void {
    if (this.#option(view, start, end)) return
    let at = start
    while (at <= end) {
      const next = elementEnd(view, at, end)
      this.#option(view, at, next)
      at = next + 1
    }
  }

  /** False for an option that says nothing here, or for several. */
  #option(view: DataView, start: number, end: number): boolean {
    const from = skipBlanks(view, start, end)
    const to = trimBlanks(view, from, end)
    if (spells(view, from, to, keepAliveOption)) this.keepAlive = true
    else if (spells(view, from, to, closeOption)) this.close = true
    else return false
    return true
  }

  /**
   * A list of equal lengths, in one header or in several, counts once (RFC 9110, section 8.6). With a transfer coding the
   * two contradict each other, which no honest server sends.
   */
  #length(view: DataView, start: number, end: number): string | null {
    if (this.coded) return 'both content-length and transfer-encoding'
    let at = start
    do {
      const from = skipBlanks(view, at, end)
      const to = skipDigits(view, from, end)
      const length = numberBetween(view, from, to)
      at = skipBlanks(view, to, end)
      const ended = at === end || view.getUint8(at) === comma
      if (from === to || !ended || length > Number.MAX_SAFE_INTEGER)
        return `content-length ${textBetween(view, start, end)}`
      if (this.contentLength >= 0 && this.contentLength !== length) return 'two different content-lengths'
      this.contentLength = length
    } while (at++ < end)
    return null
  }

  /**
   * Only `chunked` as the last coding ends a body before its connection (RFC 9112, section 6.3). Empty elements are ignored
   * (RFC 9110, section 5.6.1), but a value without any is refused, as llhttp does since 9.4; a comma within a quoted
   * parameter is refused together with its coding.
   */
  #coding(view: DataView, start: number, end: number): string | null {
    if (this.contentLength >= 0) return 'both content-length and transfer-encoding'
    if (skipBlanks(view, start, end) === end) return 'an empty transfer-encoding'
    this.coded = true
    let at = start
    while (at <= end) {
      const next = elementEnd(view, at, end)
      const from = skipBlanks(view, at, next)
      const to = trimBlanks(view, from, next)
      if (to > from && !this.#oneCoding(view, from, to)) return `transfer-encoding ${textBetween(view, start, end)}`
      at = next + 1
    }
    return null
  }

  /** Chunked has no parameters, and is applied at most once (RFC 9112, sections 6.1 and 7.1). */
  #oneCoding(view: DataView, from: number, to: number): boolean {
    this.chunked = spells(view, from, to, chunkedCoding)
    if (this.chunked) {
      const again = this.#chunkedSeen
      this.#chunkedSeen = true
      return !again
    }
    const [, name] = codingPattern.exec(textIn(view, from, to)) ?? []
    return name !== undefined && name.toLowerCase() !== 'chunked'
  }
}

/** False for most names that do not matter here, by their length. */
export function mayFrame(length: number): boolean {
  return ((framingLengths >> length) & 1) === 1
}

/** Whether a header frames a message, by its name. */
export function framesMessage(view: DataView, nameAt: number, colonAt: number): boolean {
  return spells(view, nameAt, colonAt, lengthName) || spells(view, nameAt, colonAt, codingName)
}

/** Where an element of a list ends: at a comma, or at the end. */
function elementEnd(view: DataView, start: number, end: number): number {
  let at = start
  while (at < end && view.getUint8(at) !== comma) at++
  return at
}

function skipDigits(view: DataView, start: number, end: number): number {
  let at = start
  while (at < end && view.getUint8(at) >= digit && view.getUint8(at) <= digit + 9) at++
  return at
}

/** The number that digits mean; exact as far as integers are. */
function numberBetween(view: DataView, start: number, end: number): number {
  let value = 0
  for (let at = start; at < end; at++) value = value * 10 + (view.getUint8(at) - digit)
  return value
}

function textBetween(view: DataView, start: number, end: number): string {
  const most = 80
  const text = textIn(view, start, Math.min(end, start + most)).trim()
  return JSON.stringify(end - start > most ? `${text}…` : text)
}
