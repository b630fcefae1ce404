import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  durationNs,
  formatNs,
  parseQuantity,
  quantities,
  type QuantityName,
  rateBitsPerSecond,
  shareOf,
  significant,
  sizeBytes,
} from '../../../harness/kernel/units.ts'

describe('a quantity', () => {
  test.each([
    ['40ms', 40e6],
    ['1.5s', 1.5e9],
    ['.5s', 0.5e9],
    ['250us', 250e3],
    ['250µs', 250e3],
    ['0.25ms', 250e3],
    ['7ns', 7],
    ['2m', 120e9],
    ['3h', 10_800e9],
    ['1d', 86_400e9],
    ['0ms', 0],
    [' 40 MS ', 40e6],
  ])('reads the duration %j as %d ns', (text, ns) => {
    expect(durationNs(text)).toBe(ns)
  })

  test.each([
    ['384kbps', 384e3],
    ['10mbps', 10e6],
    ['1gbps', 1e9],
    ['56bps', 56],
  ])('reads the rate %j as %d bits per second', (text, rate) => {
    expect(rateBitsPerSecond(text)).toBe(rate)
  })

  test.each([
    ['32kb', 32_000],
    ['32kib', 32_768],
    ['1mib', 1_048_576],
    ['512b', 512],
  ])('reads the size %j as %d bytes', (text, size) => {
    expect(sizeBytes(text)).toBe(size)
  })

  test.each([
    ['2%', 0.02],
    ['500ppm', 0.0005],
    [0.02, 0.02],
    ['0.02', 0.02],
    ['100%', 1],
    [0, 0],
  ])('reads %j as the share %d', (input, share) => {
    expect(shareOf(input)).toBeCloseTo(share, 12)
  })

  test.each<[QuantityName, unknown]>([
    ['duration', '40'],
    ['duration', 40],
    ['duration', '-1s'],
    ['duration', 'ms'],
    ['duration', '1e3ms'],
    ['duration', '1.5.2s'],
    ['duration', '40 m s'],
    ['duration', '400d'],
    ['duration', '0.2ns'],
    ['duration', null],
    ['duration', {}],
    ['rate', '10mb'],
    ['rate', '2tbps'],
    ['size', '10mbps'],
    ['share', '101%'],
    ['share', 1.01],
    ['share', -0.1],
    ['share', Number.NaN],
    ['share', '2s'],
    ['share', ''],
  ])('of the kind %s refuses %j, and says what was found and what is allowed', (name, input) => {
    expect(parseQuantity(name, input)).toEqual({
      problem: expect.stringMatching(/^found .*, allowed: a .* with one of .*, such as ./u) as string,
    })
  })

  test.each<[QuantityName, unknown, string]>([
    ['duration', '-5ms', ', none below 0'],
    ['share', -0.1, ', none below 0'],
    ['duration', '367d', ', at most 366d'],
    ['rate', '1001gbps', ', at most 1000gbps'],
    ['size', '1048577gib', ', at most 1048576gib'],
    ['share', '150%', ', at most 100%'],
  ])('of the kind %s says of %j which bound it passes', (name, input, bound) => {
    expect(parseQuantity(name, input)).toEqual({ problem: expect.stringContaining(bound) as string })
  })

  test.each(Object.keys(quantities) as QuantityName[])(
    'of the kind %s allows the most that it says it allows',
    (name) => {
      expect(parseQuantity(name, quantities[name].most)).toEqual({ value: quantities[name].max })
    },
  )

  test('that is refused is a RangeError where one value is asked for', () => {
    expect(() => durationNs('soon')).toThrow(RangeError)
  })

  test('with a unit is its number times the unit, for every unit', () => {
    const named = fc.constantFrom(...(Object.keys(quantities) as QuantityName[]))
    fc.assert(
      fc.property(named, fc.nat(9), fc.nat(100), (name, number, pick) => {
        const units = Object.entries(quantities[name].units)
        const [unit, scale] = units[pick % units.length]!
        const parsed = parseQuantity(name, `${number}${unit}`)
        const tooMuch = number * scale > quantities[name].max
        expect('value' in parsed ? parsed.value : 'refused').toBe(tooMuch ? 'refused' : number * scale)
      }),
    )
  })
})

describe('numbers for people and files', () => {
  test('keep six significant digits, and what is not finite as it is', () => {
    expect(significant(1234.56789)).toBe(1234.57)
    expect(significant(0.000123456789)).toBe(0.000123457)
    expect(significant(98.76, 2)).toBe(99)
    expect(significant(Number.NaN)).toBeNaN()
    expect(significant(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY)
  })

  test.each([
    [41.2345e6, '41.2ms'],
    [1.5e9, '1.5s'],
    [12e3, '12µs'],
    [7, '7ns'],
    [-2e6, '-2ms'],
    [120e9, '2m'],
  ])('say %d ns as %s', (ns, text) => {
    expect(formatNs(ns)).toBe(text)
  })
})
