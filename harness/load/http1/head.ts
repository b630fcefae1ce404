import { Buffer } from 'node:buffer'
import { framesMessage, Framing, mayFrame } from './framing.ts'
import { colon, cr, digit, isBlank, lf, named, skipField, skipToken } from './octets.ts'

/** What a reader returns while its last line has not come, or when there is a problem. */
export const incomplete = -1

const noStatusLine = 'no HTTP/1.0 or HTTP/1.1 status line'

/** What may stand at each place of the beginning of a status line. No status is below 100 (RFC 9110, section 15). */
const statusLine = ['H', 'T', 'T', 'P', '/', '1', '.', '01', ' ', '123456789', '0123456789', '0123456789', ' \r']

/** How most of them begin, as numbers. */
const http = Buffer.from('HTTP').readInt32LE()
const version11 = Buffer.from('/1.1').readInt32LE()

/** The places of the beginning of a status line where an octet may stand, a bit for each. */
const placesOf = Uint16Array.from({ length: 256 }, (_, octet) => {
  const letter = String.fromCharCode(octet)
  return statusLine.reduce((places, letters, place) => (letters.includes(letter) ? places | (1 << place) : places), 0)
})

const states = { status: 0, reason: 1, reasonLf: 2, name: 3, value: 4, valueLf: 5, blankLf: 6 }

/**
 * Reads the lines of a head, or of the trailers behind a chunked body, up to the blank line (RFC 9112, sections 4 and 5).
 * It goes on where it stopped, as long as what it has read so far stays in front of the new bytes. The first malformed byte
 * is the problem, wherever the bytes are split. Folded lines and lines without CR are malformed.
 */
export class HeadReader {
  readonly framing = new Framing()
  /** Of a head; 100 to 999 once its first line has been read. */
  status = 0
  /** HTTP/1.1, whose connections stay open unless a header says otherwise; else HTTP/1.0. */
  persistent = false
  /** What is malformed, or null. */
  problem: string | null = null
  #state = states.status
  #trailers = false
  /** -1 before the first byte. */
  #lineAt = -1
  #colonAt = 0

  /** Begins a head with the bytes that come next. */
  begin(): void {
    this.#state = states.status
    this.#trailers = false
    this.#lineAt = -1
    this.problem = null
    this.framing.reset()
  }

  /** Begins a section of trailers; `framing` stays what the head said. */
  beginTrailers(): void {
    this.#state = states.name
    this.#trailers = true
    this.#lineAt = -1
    this.problem = null
  }

  /** What has been read was moved so many bytes to the front. */
  moved(bytes: number): void {
    this.#lineAt -= bytes
    this.#colonAt -= bytes
  }

  /** Reads on from `from`; returns where the section ends, or `incomplete`. */
  read(view: DataView, from: number, end: number): number {
    if (this.#lineAt < 0) this.#lineAt = from
    if (this.#state > states.reasonLf) return this.#fields(view, from, end)
    const at = this.#statusLine(view, from, end)
    return at === incomplete ? incomplete : this.#fields(view, at, end)
  }

  #statusLine(view: DataView, from: number, end: number): number {
    let at = from
    if (this.#state === states.status) {
      if (!this.#version(view, this.#lineAt, end)) return this.#fail(noStatusLine)
      // The first bytes are looked at again when more have come.
      if (end - this.#lineAt < statusLine.length) return incomplete
      at = this.#lineAt + statusLine.length
      this.#state = view.getUint8(at - 1) === cr ? states.reasonLf : states.reason
    }
    if (this.#state === states.reason) {
      at = skipField(view, at, end)
      if (at === end) return incomplete
      if (view.getUint8(at) !== cr) return this.#fail(wrongOctet('a status', view.getUint8(at)))
      at++
      this.#state = states.reasonLf
    }
    if (at === end) return incomplete
    if (view.getUint8(at) !== lf) return this.#fail('a status line with CR and no LF')
    this.#state = states.name
    this.#lineAt = at + 1
    return at + 1
  }

  /** `HTTP/1.x NNN` and the space or CR behind it, as far as they have come. */
  #version(view: DataView, start: number, end: number): boolean {
    const length = Math.min(end - start, statusLine.length)
    const whole =
      length === statusLine.length &&
      view.getInt32(start, true) === http &&
      view.getInt32(start + 4, true) === version11
    for (let i = whole ? 8 : 0; i < length; i++)
      if ((((placesOf[view.getUint8(start + i)] as number) >> i) & 1) === 0) return false
    if (length < statusLine.length) return true
    this.status = digitAt(view, start + 9) * 100 + digitAt(view, start + 10) * 10 + digitAt(view, start + 11)
    this.persistent = view.getUint8(start + 7) !== digit
    return true
  }

  #fields(view: DataView, from: number, end: number): number {
    let at = from
    let state = this.#state
    let line = this.#lineAt
    let colonAt = this.#colonAt
    while (at < end) {
      if (state === states.name) {
        at = skipToken(view, at, end)
        if (at === end) break
        const octet = view.getUint8(at)
        if (octet !== (at > line ? colon : cr)) return this.#fail(wrongName(octet, at === line))
        state = at > line ? states.value : states.blankLf
        colonAt = at++
      }
      if (state === states.value) {
        at = skipField(view, at, end)
        if (at === end) break
        if (view.getUint8(at) !== cr) return this.#fail(wrongOctet('a header', view.getUint8(at)))
        at++
        state = states.valueLf
      }
      if (at === end) break
      if (view.getUint8(at) !== lf) return this.#fail('a header line with CR and no LF')
      at++
      if (state === states.blankLf) return at
      if (mayFrame(colonAt - line)) {
        this.problem = this.#field(view, line, colonAt, at - 2)
        if (this.problem !== null) return incomplete
      }
      line = at
      state = states.name
    }
    this.#state = state
    this.#lineAt = line
    this.#colonAt = colonAt
    return incomplete
  }

  #field(view: DataView, nameAt: number, colonAt: number, end: number): string | null {
    if (!this.#trailers) return this.framing.header(view, nameAt, colonAt, end)
    // What frames a message never stands behind it (RFC 9110, section 6.5.1); all else in the trailers is passed over.
    return framesMessage(view, nameAt, colonAt) ? 'a header that frames a message in the trailers' : null
  }

  #fail(problem: string): number {
    this.problem = problem
    return incomplete
  }
}

function wrongName(octet: number, first: boolean): string {
  if (first && isBlank(octet)) return 'a folded header line'
  if (first && octet === colon) return 'a header line without a name'
  if (isBlank(octet)) return 'a blank in the name of a header'
  if (octet === lf || octet === cr) return 'a header line without a colon'
  return `${named(octet)} in the name of a header`
}

function wrongOctet(where: string, octet: number): string {
  return octet === lf ? `${where} line without CR LF` : `the control byte ${named(octet)} in ${where} line`
}

function digitAt(view: DataView, at: number): number {
  return view.getUint8(at) - digit
}
