import { Buffer } from 'node:buffer'
import { createRequire } from 'node:module'
import { type Reading, type Sent, unread } from './http1-reading.ts'

/** What the module of llhttp offers; pointers are numbers. */
interface Llhttp {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly malloc: (sizeBytes: number) => number
  readonly llhttp_alloc: (type: number) => number
  readonly llhttp_free: (parser: number) => void
  readonly llhttp_execute: (parser: number, data: number, length: number) => number
  readonly llhttp_finish: (parser: number) => number
  readonly llhttp_get_error_pos: (parser: number) => number
  readonly llhttp_get_error_reason: (parser: number) => number
  readonly llhttp_should_keep_alive: (parser: number) => number
}

/** What of WebAssembly is used; the compiler has no types of it without those of the browser. */
interface WebAssembly {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown }
}

// llhttp.h: the type of a parser, and the error codes that are used here.
const typeResponse = 2
const ok = 0
const paused = 21

const mostBytes = 65_536

/** What the callbacks have told of the message that is read. */
const told = {
  head: false,
  complete: false,
  status: 0,
  names: [] as string[],
  values: [] as string[],
  /** Headers, as opposed to trailers. */
  headers: 0,
  body: '',
}

const llhttp = instantiate()
const data = llhttp.malloc(mostBytes)

/** The parser of Node, as undici ships it: strict in everything, and driven without a socket. */
function instantiate(): Llhttp {
  const bytes = createRequire(import.meta.url)('undici/lib/llhttp/llhttp-wasm.js') as Uint8Array
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssembly }).WebAssembly
  const env = {
    wasm_on_message_begin: () => 0,
    wasm_on_url: () => 0,
    wasm_on_status: () => 0,
    wasm_on_header_field: (_parser: number, at: number, length: number) => {
      if (told.names.length === told.values.length) told.names.push('')
      told.names[told.names.length - 1] += textAt(at, length)
      return 0
    },
    wasm_on_header_value: (_parser: number, at: number, length: number) => {
      if (told.values.length < told.names.length) told.values.push('')
      told.values[told.values.length - 1] += textAt(at, length)
      return 0
    },
    wasm_on_headers_complete: (_parser: number, status: number) => {
      told.status = status
      told.headers = told.names.length
      return told.head ? 1 : 0
    },
    wasm_on_body: (_parser: number, at: number, length: number) => {
      told.body += textAt(at, length)
      return 0
    },
    wasm_on_message_complete: () => {
      told.complete = true
      return paused
    },
  }
  return new Instance(new Module(bytes), { env }).exports as Llhttp
}

function textAt(at: number, length: number): string {
  return Buffer.from(llhttp.memory.buffer, at, length).toString('latin1')
}

/** What llhttp makes of a connection: its responses, up to the first that is not complete. */
export function readByOracle({ text, head, ended }: Sent): Reading[] {
  const bytes = Buffer.from(text, 'latin1')
  if (bytes.length > mostBytes) throw new Error(`${bytes.length} bytes are too many for the oracle`)
  const readings: Reading[] = []
  let at = 0
  while (at < bytes.length) {
    const reading = readResponse(bytes, at, head, ended)
    readings.push(reading)
    if (reading.outcome !== 'complete') break
    at = reading.stoppedAt
  }
  return readings
}

/** Interim responses are read past, as by any client. */
function readResponse(bytes: Buffer, start: number, head: boolean, ended: boolean): Reading {
  for (let at = start; ;) {
    const reading = readMessage(bytes, at, head, ended)
    const interim = reading.status >= 100 && reading.status < 200
    if (reading.outcome !== 'complete' || !interim) return reading
    at = reading.stoppedAt
    if (at === bytes.length) return ended ? unread('problem', 'closed') : unread('incomplete', null)
  }
}

function readMessage(bytes: Buffer, start: number, head: boolean, ended: boolean): Reading {
  Object.assign(told, { head, complete: false, status: 0, names: [], values: [], headers: 0, body: '' })
  const parser = llhttp.llhttp_alloc(typeResponse)
  try {
    const length = bytes.length - start
    new Uint8Array(llhttp.memory.buffer, data, mostBytes).set(bytes.subarray(start))
    let code = llhttp.llhttp_execute(parser, data, length)
    const stoppedAt = code === ok ? bytes.length : start + llhttp.llhttp_get_error_pos(parser) - data
    if (code === ok && ended) code = llhttp.llhttp_finish(parser)
    if (code !== ok && code !== paused) return unread('problem', reasonOf(parser))
    if (!told.complete) return ended ? unread('problem', 'closed') : unread('incomplete', null)
    return completeReading(llhttp.llhttp_should_keep_alive(parser) === 1, stoppedAt)
  } finally {
    llhttp.llhttp_free(parser)
  }
}

function completeReading(keepAlive: boolean, stoppedAt: number): Reading {
  const names = told.names.slice(0, told.headers).map((name) => name.toLowerCase())
  // Each name with all its values where it comes first.
  const headers = [...new Set(names)].flatMap((name) =>
    names.flatMap((other, at) =>
      other === name ? [[name, (told.values[at] ?? '').replace(/[ \t]+$/u, '')] as const] : [],
    ),
  )
  return {
    outcome: 'complete',
    reason: null,
    status: told.status,
    keepAlive,
    body: told.body,
    headers,
    stoppedAt,
  }
}

function reasonOf(parser: number): string {
  const at = llhttp.llhttp_get_error_reason(parser)
  return textAt(at, new Uint8Array(llhttp.memory.buffer, at).indexOf(0))
}
