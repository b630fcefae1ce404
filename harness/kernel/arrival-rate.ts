import type { JsonSchema } from './json-schema.ts'

/** A rate of arrivals or of calls as it is written: per second where it has no unit, or a share of the closed throughput. */
type ArrivalRate =
  | { readonly kind: 'absolute'; readonly perSecond: number }
  | { readonly kind: 'share'; readonly share: number }

/** Above this a typing error is likelier than a wish. */
const mostPerSecond = 1e6

const perSecondOf: Readonly<Record<string, number>> = { '/s': 1, '/m': 1 / 60, '/h': 1 / 3600 }
const number = String.raw`(\d+(\.\d+)?|\.\d+)`
const examples = '500, "500/s", "30/m"'

/** Schema of a rate; only one that may be a share allows `%`. */
export function arrivalRateSchema(description: string, { share }: { readonly share: boolean }): JsonSchema {
  const units = [...Object.keys(perSecondOf), ...(share ? ['%'] : [])]
  return {
    title: 'a rate that is not negative',
    type: ['number', 'string'],
    minimum: 0,
    pattern: String.raw`^${number}\s*(${units.join('|')})?$`,
    description: `${description} (${examples}${share ? ', "60%"' : ''})`,
  }
}

/** Reads a rate; null for what is none. */
export function parseArrivalRate(raw: number | string): ArrivalRate | null {
  if (typeof raw === 'number') return { kind: 'absolute', perSecond: raw }
  const match = new RegExp(String.raw`^(?<value>${number})\s*(?<unit>/s|/m|/h|%)?$`, 'u').exec(raw)?.groups
  if (!match) return null
  const value = Number(match['value'])
  const unit = match['unit'] ?? '/s'
  if (unit === '%') return { kind: 'share', share: value / 100 }
  return { kind: 'absolute', perSecond: value * (perSecondOf[unit] ?? Number.NaN) }
}

/** What is wrong with a rate that fits the schema; null when nothing is. */
export function arrivalRateProblem(raw: number | string): string | null {
  const rate = parseArrivalRate(raw)
  if (rate?.kind === 'share')
    return rate.share > 0 && rate.share <= 1 ? null : `found "${raw}", allowed: a share over 0% and up to 100%`
  if (rate && rate.perSecond <= mostPerSecond) return null
  return `found ${JSON.stringify(raw)}, allowed: up to ${mostPerSecond} per second, such as ${examples}`
}
