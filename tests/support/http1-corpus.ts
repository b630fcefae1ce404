import type { Rng } from '../../harness/kernel/rng.ts'
import type { Sent } from './http1-reading.ts'
import { situations } from './http1-situations.ts'

/** The longest connection of a corpus, in bytes. */
const mostBytes = 200

/**
 * So many different connections: every situation as it is, and otherwise made up from parts or cut out of a situation, whole or with
 * a few bytes dropped, doubled or changed.
 */
export function createCorpus(size: number, rng: Rng): Sent[] {
  const maker = new ResponseMaker(rng)
  const corpus = new Map(situations.map((sent) => [keyOf(sent), sent as Sent]))
  while (corpus.size < size) {
    const made = maker.chance(0.35) ? maker.pick(situations) : maker.connection()
    const text = maker.chance(0.55) ? made.text : mutate(made.text, maker)
    const sent = {
      text: text.slice(0, mostBytes),
      head: made.head,
      ended: maker.chance(0.1) ? !made.ended : made.ended,
    }
    if (text !== '') corpus.set(keyOf(sent), sent)
  }
  return [...corpus.values()]
}

function keyOf({ text, head, ended }: Sent): string {
  return `${Number(head)}${Number(ended)}${text}`
}

/** Bytes that mean something to a parser, besides any other. */
const loaded = Array.from('\r\n\r\n\r\n :;,="\\\t\0\x7f\x80\xff019afxgHTPC+-')

/** Changes a text in one to three places. */
export function mutate(text: string, maker: ResponseMaker): string {
  let changed = text
  for (let times = maker.chance(0.7) ? 1 : maker.number(2, 3); times > 0; times--) {
    const at = maker.number(0, changed.length)
    const byte = maker.chance(0.6) ? maker.pick(loaded) : String.fromCharCode(maker.number(0, 255))
    const [before, behind] = [changed.slice(0, at), changed.slice(at)]
    changed = maker.pick([
      () => before + behind.slice(1),
      () => before + byte + behind,
      () => before + byte + behind.slice(1),
      () => before + behind.slice(0, 1) + behind,
      () => before + behind.slice(maker.number(1, 12)),
      () => before,
      () => changed.replace('\r\n', maker.pick(['\n', '\r', '\r\n\r\n', '\r\n ', '\r\r\n'])),
    ])()
  }
  return changed
}

/** Makes up responses, most of them as they should be. */
export class ResponseMaker {
  readonly #rng: Rng

  constructor(rng: Rng) {
    this.#rng = rng
  }

  chance(share: number): boolean {
    return this.#rng.next() < share
  }

  /** An integer from `from` to `to`, both included. */
  number(from: number, to: number): number {
    return from + Math.floor(this.#rng.next() * (to - from + 1))
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.number(0, items.length - 1)] as Item
  }

  /** So many letters, each one of these. */
  letters(letters: string, from: number, to: number): string {
    return Array.from({ length: this.number(from, to) }, () => letters[this.number(0, letters.length - 1)]).join('')
  }

  connection(): Sent {
    const head = this.chance(0.1)
    const responses = Array.from({ length: this.pick([1, 1, 1, 1, 2, 3]) }, () => this.#response(head))
    const text = responses.map(({ text: one }) => one).join('')
    const untilClose = responses.at(-1)?.untilClose ?? false
    return { text, head, ended: untilClose ? this.chance(0.9) : this.chance(0.3) }
  }

  #response(head: boolean): { text: string; untilClose: boolean } {
    const interim = this.chance(0.12)
      ? this.#statusLine(this.pick(['100', '100', '100', '102', '103', '103', '103', '103', '199', '101']))
      : ''
    const hints = interim === '' ? '' : `${interim}${this.chance(0.5) ? '' : this.#header()}\r\n`
    const status = this.pick([
      '200',
      '200',
      '200',
      '200',
      '404',
      '503',
      '204',
      '304',
      '205',
      '301',
      '600',
      this.chance(0.1) ? '042' : '999',
    ])
    const [framing, body] = this.#framed()
    const lines = [framing, ...Array.from({ length: this.pick([0, 0, 1, 1, 2]) }, () => this.#header())]
    if (this.chance(0.2)) lines.reverse()
    const bare = head || status === '204' || status === '304'
    const text = `${hints}${this.#statusLine(status)}${lines.join('')}\r\n${bare && this.chance(0.9) ? '' : body}`
    return { text, untilClose: !bare && framing === '' }
  }

  #statusLine(status: string): string {
    const version = this.pick([
      '1.1',
      '1.1',
      '1.1',
      '1.1',
      '1.1',
      '1.1',
      '1.1',
      '1.0',
      '1.0',
      this.chance(0.1) ? '1.2' : '1.1',
    ])
    return `HTTP/${version} ${status}${this.pick([' OK', ' OK', ' OK', ' ', '', ' Not Found', '  x', ' \xe4\xff'])}\r\n`
  }

  #header(): string {
    const value = this.pick([
      () => this.letters('abcXYZ019 ,;=/"()', 1, 12),
      () => this.letters('\t !~\x80\xff', 1, 6),
      () => '',
    ])()
    const connection = () => [this.#cased('Connection'), this.#options()]
    const [name, content] = this.pick([
      () => [this.pick(['Server', 'Date', 'ETag', 'X-A', 'Vary']), value],
      () => [this.letters("!#$%&'*+-.^_`|~09azAZ", 1, 8), value],
      () => [
        this.pick(['Content-Lengt', 'Content-Length-X', 'Transfer-Encodin', 'Connections', 'Upgrade', 'Trailer']),
        value,
      ],
      connection,
      connection,
    ])() as [string, string]
    return `${name}:${this.#blanks()}${content}${this.chance(0.1) ? this.#blanks() : ''}\r\n`
  }

  #options(): string {
    const options = () => this.pick(['close', 'keep-alive', 'Keep-Alive', 'upgrade', 'foo', 'CLOSE', ''])
    return Array.from({ length: this.pick([1, 1, 1, 2, 3]) }, options).join(this.pick([', ', ',', ' ,']))
  }

  /** The header that frames a body, and the body in that frame. */
  #framed(): [header: string, body: string] {
    const body = this.letters('hi!\r\n\0\xff', 0, 12)
    const length = `${this.#cased('Content-Length')}:${this.#blanks()}${this.chance(0.1) ? '0' : ''}${body.length}\r\n`
    const codings = () => this.pick(['gzip, ', 'a;b=c,', ', ', ''])
    const coding = `${this.chance(0.1) ? codings() : ''}${this.#cased('chunked')}`
    const chunked = `${this.#cased('Transfer-Encoding')}:${this.#blanks()}${coding}\r\n`
    return this.pick([
      () => [length, body],
      () => [length, body],
      () => [chunked, this.#chunks(body)],
      () => [chunked, this.#chunks(body)],
      () => ['', body],
      () => [`Transfer-Encoding: ${this.pick(['gzip', 'identity', 'chunked, gzip'])}\r\n`, body],
      () => (this.chance(0.7) ? ['', body] : [`${length}${this.chance(0.3) ? length : chunked}`, body]),
    ])() as [string, string]
  }

  #chunks(body: string): string {
    let text = ''
    for (let at = 0; at < body.length;) {
      const chunk = body.slice(at, at + this.number(1, 12))
      const size = chunk.length.toString(16)
      text += `${this.chance(0.1) ? '00' : ''}${this.chance(0.5) ? size.toUpperCase() : size}${this.#extension()}\r\n${chunk}\r\n`
      at += chunk.length
    }
    const trailers = this.chance(0.15) ? this.#header() : ''
    return `${text}${this.chance(0.1) ? '000' : '0'}${this.#extension()}\r\n${trailers}\r\n`
  }

  #extension(): string {
    if (this.chance(0.8)) return ''
    const value = () => this.pick(['', '=b', '="b c"', '="\\"\\\\"', '=""', this.chance(0.3) ? ' = b' : '', '=";"'])
    const one = () =>
      `${this.pick([';', ';', ';', ';', ';', ';', ' ;', '; '])}${this.pick(['a', 'x-y', '9'])}${value()}`
    return Array.from({ length: this.number(1, 2) }, one).join('')
  }

  #blanks(): string {
    return this.pick([' ', ' ', ' ', ' ', '', '\t', ' \t '])
  }

  /** A word in its own letters, or in letters of any case. */
  #cased(word: string): string {
    if (this.chance(0.8)) return word
    return Array.from(word, (letter) => (this.chance(0.5) ? letter.toUpperCase() : letter.toLowerCase())).join('')
  }
}
