/**
 * Strings with units, as profiles and flags hold them, to plain numbers: nanoseconds, bits per second, bytes, shares.
 * Prefixes are decimal (`kb` is 1000 bytes, `kbps` 1000 bits per second); `kib`, `mib`, `gib` are binary.
 */

const durationUnits = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9, d: 86_400e9 }
const rateUnits = { bps: 1, kbps: 1e3, mbps: 1e6, gbps: 1e9 }
const sizeUnits = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
}
const shareUnits = { '%': 1e-2, ppm: 1e-6 }

/** A kind of quantity: how it is written, and the largest value that makes sense, which `most` says in its units. */
interface Quantity {
  readonly name: string
  readonly units: Readonly<Record<string, number>>
  readonly example: string
  readonly max: number
  readonly most: string
  readonly round: boolean
}

export const quantities = {
  duration: {
    name: 'a duration',
    units: durationUnits,
    example: '"40ms", "1.5s", "2m"',
    max: 366 * 86_400e9,
    most: '366d',
    round: true,
  },
  rate: {
    name: 'a rate in bits per second',
    units: rateUnits,
    example: '"384kbps", "10mbps"',
    max: 1e12,
    most: '1000gbps',
    round: false,
  },
  size: {
    name: 'a size',
    units: sizeUnits,
    example: '"512b", "32kb", "1mib"',
    max: 2 ** 50,
    most: '1048576gib',
    round: true,
  },
  share: {
    name: 'a share',
    units: shareUnits,
    example: '0.02, "2%", "500ppm"',
    max: 1,
    most: '100%',
    round: false,
  },
} as const satisfies Record<string, Quantity>

export type QuantityName = keyof typeof quantities

/** A parsed quantity, or the sentence that says what is wrong with it. */
export type Parsed = { readonly value: number } | { readonly problem: string }

const literal = /^(\d+(?:\.\d+)?|\.\d+)\s*([a-zµ%]*)$/iu

function allowed(quantity: Quantity): string {
  return `allowed: ${quantity.name} with one of ${Object.keys(quantity.units).join(', ')}, such as ${quantity.example}`
}

/** Reads one quantity; never throws, so that a profile can report every problem at once. */
export function parseQuantity(name: QuantityName, input: unknown): Parsed {
  const quantity: Quantity = quantities[name]
  const value = typeof input === 'number' ? bareValue(name, input) : scaledValue(name, quantity, input)
  // What is under one whole unit but not nothing cannot be told from nothing: "0.5ns".
  const lost = quantity.round && value > 0 && value < 1
  if (!(value >= 0) || value > quantity.max || lost) {
    const bound = value > quantity.max ? `, at most ${quantity.most}` : isNegative(input) ? ', none below 0' : ''
    return { problem: `found ${JSON.stringify(input)}, ${allowed(quantity)}${bound}` }
  }
  return { value: quantity.round ? Math.round(value) : value }
}

function isNegative(input: unknown): boolean {
  return typeof input === 'number' ? input < 0 : typeof input === 'string' && input.trimStart().startsWith('-')
}

/** Only a share may be a bare number. */
function bareValue(name: QuantityName, input: number): number {
  return name === 'share' ? input : Number.NaN
}

function scaledValue(name: QuantityName, { units }: Quantity, input: unknown): number {
  const match = typeof input === 'string' ? literal.exec(input.trim()) : null
  if (!match) return Number.NaN
  const unit = match[2]?.toLowerCase()
  const scale = unit ? units[unit] : name === 'share' ? 1 : undefined
  return Number(match[1]) * (scale ?? Number.NaN)
}

function valueOf(name: QuantityName, input: unknown): number {
  const parsed = parseQuantity(name, input)
  if ('problem' in parsed) throw new RangeError(parsed.problem)
  return parsed.value
}

/** `"40ms"` → 40_000_000: nanoseconds, an integer in [0, one year]. Throws RangeError on anything else. */
export const durationNs = (input: unknown): number => valueOf('duration', input)
/** `"10mbps"` → 10_000_000: bits per second, in [0, 1e12]. Throws RangeError on anything else. */
export const rateBitsPerSecond = (input: unknown): number => valueOf('rate', input)
/** `"32kb"` → 32_000: bytes, an integer. Throws RangeError on anything else. */
export const sizeBytes = (input: unknown): number => valueOf('size', input)
/** `"2%"`, `"500ppm"` or 0.02 → a share in [0, 1]. Throws RangeError on anything else. */
export const shareOf = (input: unknown): number => valueOf('share', input)

export const nsPerMs = 1e6
export const nsPerSecond = 1e9

/** Rounds to `digits` significant figures: what a result file holds is rounded first and judged after. */
export function significant(value: number, digits = 6): number {
  return Number.isFinite(value) ? Number(value.toPrecision(digits)) : value
}

/** Nanoseconds as a short text for people: `41.2ms`, `1.5s`, `12µs`. */
export function formatNs(ns: number): string {
  const abs = Math.abs(ns)
  const [scale, unit] =
    abs >= 60e9
      ? [60e9, 'm']
      : abs >= 1e9
        ? [1e9, 's']
        : abs >= 1e6
          ? [1e6, 'ms']
          : abs >= 1e3
            ? [1e3, 'µs']
            : [1, 'ns']
  return `${significant(ns / scale, 3)}${unit}`
}
