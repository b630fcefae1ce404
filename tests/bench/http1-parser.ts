/**
 * What reading a response costs: one that comes again byte for byte, and one that is never the same twice, as when every
 * answer has a number of its own. `node tests/bench/http1-parser.ts`
 */
import { Buffer } from 'node:buffer'
import { Bench } from 'tinybench'
import { ResponseReader } from '../../harness/load/http1/response.ts'
import { keepsAll, keepsNone } from '../support/http1-reading.ts'

/** Responses per call of a task: a call of its own would cost more than what is measured. */
const batch = 1000

const body = 'hello world\n'
const head = [
  'HTTP/1.1 200 OK',
  'Server: nginx/1.22.1',
  'Date: Thu, 01 Jan 2026 00:00:00 GMT',
  'Content-Type: text/plain',
]
const framed = ['Content-Length: 12', 'Connection: keep-alive']
const ofFile = [
  'Content-Length: 12',
  'Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT',
  'Connection: keep-alive',
  'ETag: "6955b900-c"',
  'Accept-Ranges: bytes',
]
const texts = {
  'with a length': [...head, ...framed, '', body].join('\r\n'),
  'of a file': [...head, ...ofFile, '', body].join('\r\n'),
  'in chunks': [...head, 'Transfer-Encoding: chunked', 'Connection: keep-alive', '', `c\r\n${body}\r\n0\r\n\r\n`].join(
    '\r\n',
  ),
}

/** Responses that come into one buffer, as from a socket. With `changing` a digit of the date is another one each time. */
function responses(text: string, changing: boolean, kept = keepsNone): () => void {
  const bytes = Buffer.allocUnsafeSlow(65_536)
  const length = bytes.write(text, 'latin1')
  const digitAt = text.indexOf(' GMT') - 1
  const shape = { head: false, expectBody: Buffer.from(body), kept }
  const reader = new ResponseReader()
  return () => {
    for (let i = 0; i < batch; i++) {
      if (changing) bytes[digitAt] = 48 + (i % 10)
      reader.begin(shape)
      reader.push(bytes, 0, length)
    }
    if (!reader.done || !reader.bodyMatches) throw new Error(`the reader says ${reader.problem}`)
  }
}

/** So many bytes of a body, in reads of 64 KiB. */
function download(megabytes: number): () => void {
  const piece = Buffer.alloc(65_536, 'x')
  const size = megabytes * 2 ** 20
  const start = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
  const shape = { head: false, expectBody: null, kept: keepsNone }
  const reader = new ResponseReader()
  return () => {
    reader.begin(shape)
    reader.push(start, 0, start.length)
    while (!reader.done) reader.push(piece, 0, piece.length)
  }
}

/** Many short chunks in one read, by their number. */
function chunks(count: number): () => void {
  const bytes = Buffer.from(
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'8\r\n12345678\r\n'.repeat(count)}0\r\n\r\n`,
  )
  const shape = { head: false, expectBody: null, kept: keepsNone }
  const reader = new ResponseReader()
  return () => {
    reader.begin(shape)
    reader.push(bytes, 0, bytes.length)
    if (!reader.done) throw new Error(`the reader says ${reader.problem}`)
  }
}

const bench = new Bench({ time: 400, warmupTime: 200 })
/** What a call of a task is divided by, and the limit in ns of what then remains, where there is one. */
const tasks = new Map<string, { readonly per: number; readonly limitNs?: number }>()

function add(name: string, per: number, run: () => void, limitNs?: number): void {
  tasks.set(name, { per, ...(limitNs !== undefined && { limitNs }) })
  bench.add(name, run)
}

for (const [name, text] of Object.entries(texts)) {
  const what = `${name}, ${text.length} bytes`
  add(`${what}: again`, batch, responses(text, false), 120)
  add(`${what}: another`, batch, responses(text, true), name === 'with a length' ? 300 : undefined)
  add(`${what}: kept`, batch, responses(text, true, keepsAll))
}
add('a short chunk', 4000, chunks(4000))
add('64 KiB of a download', 1600, download(100))

await bench.run()

for (const task of bench.tasks) {
  if (!('latency' in task.result)) throw new Error(`${task.name} was not measured`)
  const { per = 1, limitNs } = tasks.get(task.name) ?? {}
  // Latency is in ms per call.
  const { min, p50 } = task.result.latency
  const [least, median] = [min, p50].map((ms) => ((ms * 1e6) / per).toFixed(1).padStart(8))
  console.log(`${task.name.padEnd(36)}${median} ns, at best ${least} ns${limitNs ? `   (limit ${limitNs} ns)` : ''}`)
}
