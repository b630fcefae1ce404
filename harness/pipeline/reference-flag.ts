import { badFlag } from './bad-flag.ts'

/** What a run is to be held against. */
export interface ReferenceChoice {
  readonly kind: 'median' | 'newest' | 'file'
  /** As it was asked for. */
  readonly asked: string
  /** So many results at most. */
  readonly most: number
}

/** What is taken where nobody says otherwise, and nothing is pinned. */
export const usualReference: ReferenceChoice = { kind: 'median', asked: 'median:10', most: 10 }

/** More nights than these are another season of the machine. */
const mostResults = 100

/** Reads `--reference`: `newest`, `median:N`, or a result file. Throws `bad-flag` (104). */
export function parseReference(text: string): ReferenceChoice {
  if (text === 'newest') return { kind: 'newest', asked: text, most: 1 }
  if (text !== '' && !text.startsWith('median')) return { kind: 'file', asked: text, most: 1 }
  const most = Number(/^median:(\d{1,3})$/u.exec(text)?.[1] ?? 0)
  if (most < 1 || most > mostResults)
    throw badFlag('--reference', text, `newest, median:N with N from 1 to ${mostResults}, or a result file`)
  return { kind: 'median', asked: text, most }
}
