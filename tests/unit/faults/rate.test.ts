import { describe, expect, it } from 'vitest'
import { rate, type RateSettings } from '../../../harness/faults/rate.ts'
import { baselineOf } from '../../support/facts.ts'
import {
  datagramOf,
  leaveNs,
  passed,
  pieceOf,
  stageContext,
  type StageContextOptions,
} from '../../support/stage-context.ts'

const settingsOf = (changes: Partial<RateSettings>): RateSettings => ({
  bitsPerSecond: 8e6,
  scope: 'connection',
  queueBytes: 2 ** 23,
  ...changes,
})

function open(changes: Partial<RateSettings> = {}, options: StageContextOptions = {}) {
  const context = stageContext(options)
  return { context, stage: rate.stream!(settingsOf(changes), context) }
}

/** When the last of a piece leaves. */
const lastNs = (stage: ReturnType<typeof open>['stage'], sizeBytes: number, arrivedNs = 0): number =>
  leaveNs(passed(stage, pieceOf(sizeBytes, { arrivedNs }))).at(-1)!

describe('rate settings', () => {
  it.each([
    ['384kbps', { bitsPerSecond: 384_000, scope: 'connection', queueBytes: 262_144 }],
    ['100mbps', { bitsPerSecond: 1e8, scope: 'connection', queueBytes: 1_250_000 }],
    ['1gbps', { bitsPerSecond: 1e9, scope: 'connection', queueBytes: 8_388_608 }],
    [{ limit: '10mbps' }, { bitsPerSecond: 1e7, scope: 'connection', queueBytes: 262_144 }],
    [
      { limit: '10mbps', scope: 'link', queue: '64kib' },
      { bitsPerSecond: 1e7, scope: 'link', queueBytes: 65_536 },
    ],
  ])('%j are bits per second, a scope and a queue', (raw, settings) => {
    expect(rate.parse(raw)).toEqual(settings)
  })

  it('of 0 disable the fault', () => {
    expect(rate.active(rate.parse('0bps'))).toBe(false)
    expect(rate.active(rate.parse({ limit: '1bps' }))).toBe(true)
  })

  it('with a queue for nothing are refused (P12)', () => {
    expect(() => rate.parse({ limit: '1mbps', queue: '0b' })).toThrow('found queue "0b", allowed: at least 1 byte')
  })
})

describe('a rate', () => {
  it.each([64e3, 1e6, 8e6, 1e9].flatMap((bits) => [100, 1460, 65_536].map((size) => [bits, size] as const)))(
    'of %i bit/s is kept in chunks of %i bytes, within 2 in 100 (F25, P4)',
    (bitsPerSecond, sizeBytes) => {
      const { stage } = open({ bitsPerSecond })
      const chunks = Math.ceil(1e6 / sizeBytes)
      let atNs = 0
      for (let i = 0; i < chunks; i++) atNs = lastNs(stage, sizeBytes)
      expect(atNs / ((chunks * sizeBytes * 8e9) / bitsPerSecond)).toBeCloseTo(1, 5)
    },
  )

  it('lets bytes go in quanta of 5 ms, none larger than 16 KiB, each when its last bit has left', () => {
    const slow = passed(open({ bitsPerSecond: 64e3 }).stage, pieceOf(100))
    expect(slow.map(({ bytes, dueNs }) => [bytes.length, dueNs])).toEqual([
      [40, 5e6],
      [40, 10e6],
      [20, 12.5e6],
    ])
    const fast = passed(open({ bitsPerSecond: 1e9 }).stage, pieceOf(40_000))
    expect(fast.map(({ bytes }) => bytes.length)).toEqual([16_384, 16_384, 7232])
    expect(passed(open({ bitsPerSecond: 100 }).stage, pieceOf(3))).toHaveLength(3)
  })

  it('saves nothing up while the line is idle', () => {
    const { stage } = open()
    lastNs(stage, 1000)
    expect(lastNs(stage, 1000, 100e6)).toBe(101e6)
  })

  it('does not lose the time between a late arrival and the line being free', () => {
    const { stage } = open()
    lastNs(stage, 10_000)
    // Arrives half way through: leaves right behind, not a whole chunk after its arrival.
    expect(lastNs(stage, 1000, 5e6)).toBe(11e6)
  })

  it('gives each connection a line of its own, or all of them one (F25, P4)', () => {
    for (const [scope, second] of [
      ['connection', 10e6],
      ['link', 20e6],
    ] as const) {
      const first = open({ scope })
      const other = open({ scope }, { sharedWith: first.context })
      expect(lastNs(first.stage, 10_000)).toBe(10e6)
      expect(lastNs(other.stage, 10_000)).toBe(second)
    }
  })

  it('becomes tighter in a ramp', () => {
    expect(lastNs(open({}, { strength: 0.25 }).stage, 1000)).toBe(250_000)
  })

  it('carries the weight of bytes that are sent twice', () => {
    const piece = pieceOf(10_000)
    piece.wireBytes = 20_000
    expect(leaveNs(passed(open().stage, piece)).at(-1)).toBe(20e6)
  })

  it('holds its sender back when the queue is full', () => {
    expect(open({ queueBytes: 70_000 }).stage.heldLimitBytes).toBe(70_000)
  })

  it('does not count what a latency has on its way as queued', () => {
    let delayNs = 0
    const { stage } = open({ bitsPerSecond: 8e6 }, { oneWayNs: () => delayNs })
    expect(stage.flightBytes!()).toBe(0)
    delayNs = 300e6
    expect(stage.flightBytes!()).toBe(300_000)
    delayNs = 200e6
    expect(stage.flightBytes!()).toBe(300_000)
  })

  it('counts every chunk and byte', () => {
    const { stage, context } = open()
    lastNs(stage, 10)
    lastNs(stage, 20)
    expect(context.tally).toEqual({ eligible: 2, fired: 2, bytes: 30 })
  })

  it('of datagrams keeps them whole, and drops those for which the queue has no room (F25)', () => {
    const context = stageContext()
    const stage = rate.datagram!(settingsOf({ queueBytes: 250 }), context)
    const out = ['a', 'b', 'c', 'd'].flatMap((name) => passed(stage, datagramOf(name.repeat(100))))
    expect(out.map(({ bytes, dueNs }) => [bytes.toString()[0], dueNs])).toEqual([
      ['a', 100_000],
      ['b', 200_000],
    ])
    expect(context.tally).toEqual({ eligible: 4, fired: 2, bytes: 200 })
    expect(context.counters).toEqual({ 'rate.queueDrops': 2 })
    expect(passed(stage, datagramOf('e'.repeat(100), 150_000))[0]!.dueNs).toBe(300_000)
  })

  it('of datagrams does not hold up others for one that another layer delays', () => {
    const stage = rate.datagram!(settingsOf({ queueBytes: 250 }), stageContext())
    const late = datagramOf('a'.repeat(100))
    late.dueNs = 50e6
    expect(passed(stage, late)[0]!.dueNs).toBe(50e6 + 100_000)
    expect(passed(stage, datagramOf('b'.repeat(100)))[0]!.dueNs).toBe(200_000)
  })
})

describe('what a rate should do', () => {
  const baseline = baselineOf({ responseBytes: { min: 10_000, max: 20_000 }, requestBytes: { min: 100, max: 100 } })

  it('is the serialisation of the response downlink', () => {
    const { delayMs, errorShare } = rate.expect(settingsOf({}), { direction: 'downlink', baseline, operations: 1 })
    expect(delayMs!.lo).toBeCloseTo(10, 9)
    expect(delayMs!.hi).toBeCloseTo(22, 9)
    expect(errorShare).toBe(0)
  })

  it('is the serialisation of the request uplink', () => {
    const slow = settingsOf({ bitsPerSecond: 8e4 })
    const { delayMs } = rate.expect(slow, { direction: 'uplink', baseline, operations: 1 })
    expect(delayMs!.lo).toBeCloseTo(10, 9)
    expect(delayMs!.hi).toBeCloseTo(11, 9)
  })

  it('is not known of a link that others share', () => {
    const { delayMs } = rate.expect(settingsOf({ scope: 'link' }), { direction: 'uplink', baseline, operations: 1 })
    expect(delayMs).toBeNull()
  })
})
