import { SoakrigError } from '../kernel/errors.ts'

/** The error of a flag whose value cannot be used. */
export function badFlag(flag: string, found: string, allowed: string, cause?: unknown): SoakrigError {
  return new SoakrigError(`${flag}: found ${JSON.stringify(found)}, allowed: ${allowed}`, {
    code: 'bad-flag',
    exit: 'usage',
    cause,
  })
}

/** A whole number as a flag holds it. Throws `bad-flag` (104). */
export function wholeNumber(flag: string, text: string): number {
  if (!/^\d{1,12}$/u.test(text)) throw badFlag(flag, text, 'a whole number')
  return Number(text)
}
