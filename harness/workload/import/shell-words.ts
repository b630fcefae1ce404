/** Simple commands of a shell text: each a list of words, as a POSIX shell (and `$'…'` as bash) would hand them to a program. */
export interface ShellText {
  readonly commands: readonly (readonly string[])[]
  /** What a shell would have done that is not done here. */
  readonly notes: readonly string[]
}

/** Stand for a variable's beginning and end in a word; no text has these noncharacters. */
const reference = { begin: '\uFDD0', end: '\uFDD1' } as const

/** Puts `make(NAME)` where a word refers to the shell's variable NAME, percent-encoded references included. */
export function withReferences(word: string, make: (name: string) => string): string {
  return word.replaceAll(/(?:\uFDD0|%EF%B7%90)(\w+)(?:\uFDD1|%EF%B7%91)/gu, (_, name: string) => make(name))
}

/** A word for people, with its variables as the shell has them. */
export function asShellText(word: string): string {
  return withReferences(word, (name) => `$${name}`)
}

const ansiEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  E: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/** Takes a shell text apart. */
export function shellWords(text: string): ShellText {
  return new Reader(text.replaceAll(/\r\n/gu, '\n').replaceAll(/[\uFDD0\uFDD1]/gu, '')).read()
}

class Reader {
  readonly #text: string
  readonly #commands: string[][] = [[]]
  readonly #notes: string[] = []
  #at = 0
  /** The word that is being read; null between words. */
  #word: string | null = null

  constructor(text: string) {
    this.#text = text
  }

  read(): ShellText {
    while (this.#at < this.#text.length) this.#step()
    this.#endWord()
    return { commands: this.#commands.filter((words) => words.length > 0), notes: this.#notes }
  }

  #step(): void {
    const char = this.#text[this.#at] as string
    const rest = this.#text.slice(this.#at, this.#at + 2)
    if (rest === '\\\n') this.#at += 2
    else if (char === ' ' || char === '\t') this.#skip(() => this.#endWord())
    else if (';\n&|'.includes(char)) this.#skip(() => this.#endCommand())
    else if (char === '#' && this.#word === null) this.#skipComment()
    else if (char === '<' || char === '>') this.#skipRedirection()
    else if (char === "'") this.#add(this.#until("'", 1))
    else if (rest === "$'") this.#add(this.#ansiQuoted())
    else if (char === '"' || rest === '$"') this.#add(this.#doubleQuoted(rest === '$"' ? 2 : 1))
    else if (char === '\\') this.#add(this.#text.slice(this.#at + 1, (this.#at += 2)))
    else this.#add(this.#plain())
  }

  #add(text: string): void {
    this.#word = (this.#word ?? '') + text
  }

  #skip(then: () => void): void {
    this.#at++
    then()
  }

  #endWord(): void {
    if (this.#word !== null) this.#commands.at(-1)?.push(this.#word)
    this.#word = null
  }

  #endCommand(): void {
    this.#endWord()
    this.#commands.push([])
  }

  #skipComment(): void {
    while (this.#at < this.#text.length && this.#text[this.#at] !== '\n') this.#at++
  }

  /** `> file`, `2>/dev/null`, `2>&1`, `< file`. */
  #skipRedirection(): void {
    if (this.#word !== null && /^\d+$/u.test(this.#word)) this.#word = null
    this.#endWord()
    const from = this.#at
    while ('<>&'.includes(this.#text[this.#at] ?? ' ')) this.#at++
    while (' \t'.includes(this.#text[this.#at] ?? '\n')) this.#at++
    while (!/[\s;&|<>]/u.test(this.#text[this.#at] ?? '\n')) this.#at++
    this.#notes.push(`left out the redirection ${this.#text.slice(from, this.#at)}`)
  }

  /** The text up to a quote, which is passed; what is behind it where there is none. */
  #until(quote: string, skip: number): string {
    const from = this.#at + skip
    const end = this.#text.indexOf(quote, from)
    if (end < 0) this.#notes.push(`a ${quote} is not closed`)
    this.#at = end < 0 ? this.#text.length : end + 1
    return this.#text.slice(from, end < 0 ? undefined : end)
  }

  #doubleQuoted(skip: number): string {
    this.#at += skip
    let read = ''
    while (this.#at < this.#text.length && this.#text[this.#at] !== '"') {
      const rest = this.#text.slice(this.#at, this.#at + 2)
      if (rest === '\\\n') this.#at += 2
      else if (/^\\[\\"$`]/u.test(rest)) read += this.#text.slice(this.#at + 1, (this.#at += 2))
      else read += this.#plain()
    }
    if (this.#at >= this.#text.length) this.#notes.push('a " is not closed')
    this.#at++
    return read
  }

  /** One character, or a whole expansion: variables are kept as references, commands as they are written. */
  #plain(): string {
    const rest = this.#text.slice(this.#at)
    const variable = /^\$(?:(\w+)|\{(\w+)\})/u.exec(rest)
    const name = variable?.[1] ?? variable?.[2]
    if (variable && name !== undefined && /^[A-Za-z_]/u.test(name)) {
      this.#at += variable[0].length
      return reference.begin + name + reference.end
    }
    const command = /^(?:\$\([^)]*\)|`[^`]*`)/u.exec(rest)?.[0]
    if (command !== undefined) this.#notes.push(`${command} is not carried out: it is sent as it is written`)
    const taken = command ?? (rest[0] as string)
    this.#at += taken.length
    return taken
  }

  #ansiQuoted(): string {
    this.#at += 2
    let read = ''
    while (this.#at < this.#text.length && this.#text[this.#at] !== "'") {
      if (this.#text[this.#at] === '\\') read += this.#ansiEscape()
      else read += this.#text[this.#at++]
    }
    if (this.#at >= this.#text.length) this.#notes.push("a $' is not closed")
    this.#at++
    return read
  }

  #ansiEscape(): string {
    const rest = this.#text.slice(this.#at + 1)
    const coded = /^(?:u([\dA-Fa-f]{1,4})|U([\dA-Fa-f]{1,8})|x([\dA-Fa-f]{1,2})|([0-7]{1,3}))/u.exec(rest)
    if (coded) {
      this.#at += 1 + coded[0].length
      const [, short, long, hex, octal] = coded
      const point = octal === undefined ? Number.parseInt(short ?? long ?? hex ?? '', 16) : Number.parseInt(octal, 8)
      return point <= 0x10ffff ? String.fromCodePoint(point) : ''
    }
    this.#at += 2
    const [char = ''] = rest
    return ansiEscapes[char] ?? (`'"\\?`.includes(char) ? char : `\\${char}`)
  }
}
