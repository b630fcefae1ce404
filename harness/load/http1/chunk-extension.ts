import { backslash, cr, equalsSign, fieldOctets, isBlank, quote, semicolon, tokenOctets } from './octets.ts'

/** Where one is in the extensions of a chunk. */
export const extensionStates = {
  /** Behind a semicolon. */
  nameStart: 0,
  name: 1,
  /** Blanks before the equals sign or the next semicolon. */
  nameEnd: 2,
  valueStart: 3,
  value: 4,
  quoted: 5,
  quotedPair: 6,
  quotedEnd: 7,
  /** Blanks behind a size or a value; only a semicolon may follow. */
  blanks: 8,
  /** The CR has come. */
  end: 9,
}

const states = extensionStates

/** What `nextInExtension` returns for a byte that may not be there. */
export const noExtension = -1

/**
 * The state behind one more byte of `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )` (RFC 9112, section
 * 7.1.1), or `noExtension`. The blanks are bad, and a recipient must read past them (RFC 9110, section 5.6.3).
 */
export function nextInExtension(state: number, octet: number): number {
  switch (state) {
    case states.name:
      return tokenOctets[octet] === 1 ? states.name : afterName(octet, true)
    case states.nameEnd:
      return afterName(octet, false)
    case states.value:
      return tokenOctets[octet] === 1 ? states.value : afterValue(octet, true)
    case states.quotedEnd:
      return afterValue(octet, true)
    case states.blanks:
      return afterValue(octet, false)
    case states.quoted:
      return inQuotes(octet)
    case states.quotedPair:
      return fieldOctets[octet] === 1 ? states.quoted : noExtension
    default:
      return inStart(state, octet)
  }
}

function inStart(state: number, octet: number): number {
  if (isBlank(octet)) return state
  if (state === states.valueStart && octet === quote) return states.quoted
  if (tokenOctets[octet] !== 1) return noExtension
  return state === states.valueStart ? states.value : states.name
}

function afterName(octet: number, mayEnd: boolean): number {
  if (octet === equalsSign) return states.valueStart
  if (octet === semicolon) return states.nameStart
  if (octet === cr && mayEnd) return states.end
  return isBlank(octet) ? states.nameEnd : noExtension
}

function afterValue(octet: number, mayEnd: boolean): number {
  if (octet === semicolon) return states.nameStart
  if (octet === cr && mayEnd) return states.end
  return isBlank(octet) ? states.blanks : noExtension
}

function inQuotes(octet: number): number {
  if (octet === quote) return states.quotedEnd
  if (octet === backslash) return states.quotedPair
  return fieldOctets[octet] === 1 ? states.quoted : noExtension
}
