import { objectSchema, quantitySchema } from '../kernel/json-schema.ts'
import { shareOf } from '../kernel/units.ts'
import type { ExchangeFault } from './fault.ts'

/** The share of exchanges whose connection is reset. */
export interface ResetSettings {
  readonly probability: number
}

/** Resets both sides of the connection (a real RST) before the request is forwarded, so that it never arrives. */
export const reset: ExchangeFault<ResetSettings> = {
  keyword: 'reset',
  schema: objectSchema(
    { probability: quantitySchema('share', 'share of exchanges, drawn once for each') },
    { required: ['probability'], description: 'A real RST in both directions.' },
  ),

  parse: (raw) => ({ probability: shareOf((raw as { probability: string | number }).probability) }),

  active: ({ probability }) => probability > 0,

  gate({ probability }, rng, tally) {
    return (sizeBytes) => {
      tally.eligible++
      if (rng.next() >= probability) return false
      tally.fired++
      tally.bytes += sizeBytes
      return true
    }
  },

  expect: ({ probability }) => ({
    delayMs: { lo: 0, hi: 0 },
    firedShare: probability,
    errorShare: probability,
    errorClass: 'reset',
  }),
}
