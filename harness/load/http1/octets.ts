import { Buffer } from 'node:buffer'

/** Octets that frame a message (RFC 9110, section 5.6; RFC 9112, section 2.2). */
export const tab = 9
export const lf = 10
export const cr = 13
export const space = 32
export const quote = 34
export const comma = 44
/** 0; the others follow. */
export const digit = 48
export const colon = 58
export const semicolon = 59
export const equalsSign = 61
export const backslash = 92

/** 1 for each octet of a token (RFC 9110, section 5.6.2), such as the name of a header. */
export const tokenOctets: Uint8Array = octetsMatching(/[!#$%&'*+.^_`|~\w-]/u)

/** 1 for each octet of a value: blanks, visible ASCII and `obs-text`, but no control (RFC 9110, section 5.5). */
export const fieldOctets: Uint8Array = octetsMatching(/[\t\x20-\x7e\x80-\xff]/u)

function octetsMatching(pattern: RegExp): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, octet) => (pattern.test(String.fromCharCode(octet)) ? 1 : 0))
}

export function isBlank(octet: number): boolean {
  return octet === space || octet === tab
}

/** An octet as people read it in a message. */
export function named(octet: number): string {
  return octet > space && octet < 127 ? `"${String.fromCharCode(octet)}"` : `0x${octet.toString(16).padStart(2, '0')}`
}

// Lines are read four octets at a time where that is possible. A view does so at any offset; making one costs as much as
// it saves, and reads come in the same buffer again and again.
let viewed: Buffer = Buffer.alloc(0)
let lastView: DataView = new DataView(viewed.buffer)

/** A view of a buffer, with the same offsets. */
export function viewOf(buffer: Buffer): DataView {
  if (buffer !== viewed) {
    lastView = new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
    viewed = buffer
  }
  return lastView
}

/** The octets from `from` to `to` as latin1. */
export function textIn(view: DataView, from: number, to: number): string {
  return Buffer.from(view.buffer, view.byteOffset + from, to - from).toString('latin1')
}

/** The first place from `at` that does not belong to a token; `end` when all do. */
export function skipToken(view: DataView, at: number, end: number): number {
  while (at < end && tokenOctets[view.getUint8(at)] === 1) at++
  return at
}

/** The first place from `at` that does not belong to a value; `end` when all do. */
export function skipField(view: DataView, at: number, end: number): number {
  for (; at + 4 <= end; at += 4) {
    // The highest bit of each octet that is below 0x20, or 0x7f; above the lowest such octet it may be set in vain.
    const word = view.getInt32(at, true)
    const deletes = word ^ 0x7f7f7f7f
    const controls = (((word - 0x20202020) & ~word) | ((deletes - 0x01010101) & ~deletes)) & 0x80808080
    if (controls !== 0) {
      at += (31 - Math.clz32(controls & -controls)) >> 3
      break
    }
  }
  while (at < end && fieldOctets[view.getUint8(at)] === 1) at++
  return at
}

export function skipBlanks(view: DataView, at: number, end: number): number {
  while (at < end && isBlank(view.getUint8(at))) at++
  return at
}

/** Where the blanks at the end begin. */
export function trimBlanks(view: DataView, start: number, end: number): number {
  while (end > start && isBlank(view.getUint8(end - 1))) end--
  return end
}

/** A text that octets are compared to. */
export interface Word {
  readonly length: number
  /** Its octets by four, from `offsets` on; the last four overlap those before. */
  readonly words: Int32Array
  readonly offsets: Uint8Array
}

/** Prepares a text of lower-case letters and hyphens, of 4 to 255 of them, for `spells`. */
export function wordOf(text: string): Word {
  const octets = Buffer.from(text, 'latin1')
  const offsets = Uint8Array.from({ length: Math.ceil(text.length / 4) }, (_, i) => Math.min(i * 4, text.length - 4))
  return { length: text.length, offsets, words: Int32Array.from(offsets, (offset) => octets.readInt32LE(offset)) }
}

/**
 * True when the octets from `start` to `end` spell a word in any case. Bit 5 is all that differs between the cases of a
 * letter, and no octet of a header line becomes a hyphen by it.
 */
export function spells(view: DataView, start: number, end: number, { length, words, offsets }: Word): boolean {
  if (end - start !== length) return false
  for (let i = 0; i < words.length; i++)
    if ((view.getInt32(start + (offsets[i] as number), true) | 0x20202020) !== words[i]) return false
  return true
}
