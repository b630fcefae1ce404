import { describe, expect, it } from 'vitest'
import { activeFaults, faultsProblems, parseFaults } from '../../../harness/faults/faults.ts'
import { presetNames, presetOf } from '../../../harness/faults/presets.ts'
import { canAct, parseRule } from '../../../harness/faults/rules.ts'

/** Reference table E: kbit/s down and up, ms one-way down and up, loss of each direction. */
const lines: Readonly<Record<string, readonly [number, number, number, number, string | null]>> = {
  gprs: [50, 50, 250, 250, '2%'],
  '2g': [35, 32, 650, 650, null],
  edge: [240, 200, 420, 420, null],
  '3g': [1600, 768, 150, 150, null],
  '3g-fast': [1600, 768, 75, 75, null],
  '3g-slow': [780, 330, 100, 100, null],
  '3g-good': [850, 420, 90, 100, null],
  '3g-lossy': [780, 330, 100, 100, '1%'],
  '4g': [9000, 9000, 85, 85, null],
  lte: [12_000, 12_000, 35, 35, null],
  'dial-up': [49, 30, 60, 60, null],
  dsl: [1500, 384, 25, 25, null],
  cable: [5000, 1000, 14, 14, null],
  fios: [20_000, 5000, 2, 2, null],
  'wifi-good': [30_000, 30_000, 20, 20, '0.2%'],
  'very-bad': [1000, 1000, 500, 500, '10%'],
  'satellite-leo': [100_000, 15_000, 10, 10, '2.5%'],
}

const roundTrips: Readonly<Record<string, number>> = {
  lan: 0.25,
  'same-region': 1,
  'cross-region': 70,
  transpacific: 150,
}

const others = [
  'lossy-wifi',
  'satellite-geo',
  'high-latency-dns',
  '100-loss',
  'offline',
  'partition',
  'brownout',
  'flap',
  'gc-pause',
]

const plain = ({ probability }: { probability?: unknown } = {}): unknown => probability ?? null

interface Side {
  readonly rate?: string
  readonly latency: { readonly delay: string; readonly jitter?: string; readonly correlation?: string }
  readonly loss?: { readonly probability?: unknown; readonly gilbertElliott?: unknown }
}

const sidesOf = (name: string): { uplink: Side; downlink: Side } =>
  presetOf(name)?.fault as unknown as { uplink: Side; downlink: Side }

describe('presets', () => {
  it('are those that people expect', () => {
    expect([...presetNames].toSorted()).toEqual(
      [...Object.keys(lines), ...Object.keys(roundTrips), ...others].toSorted(),
    )
    expect(presetOf('none')).toBeUndefined()
    expect(presetOf('toString')).toBeUndefined()
  })

  it.each(Object.entries(lines))('%s has the published numbers', (name, [down, up, downMs, upMs, loss]) => {
    const { uplink, downlink } = sidesOf(name)
    expect([downlink.rate, uplink.rate]).toEqual([`${down}kbps`, `${up}kbps`])
    expect([downlink.latency, uplink.latency]).toEqual([{ delay: `${downMs}ms` }, { delay: `${upMs}ms` }])
    expect([plain(downlink.loss), plain(uplink.loss)]).toEqual([loss, loss])
    expect(presetOf(name)?.roundTripMs).toBe(downMs + upMs)
  })

  it.each(Object.entries(roundTrips))('%s adds half of its round trip each way, and nothing else', (name, ms) => {
    const side = { latency: { delay: `${ms / 2}ms` } }
    expect(presetOf(name)).toMatchObject({ roundTripMs: ms, source: 'ours' })
    expect(presetOf(name)?.fault).toEqual({ uplink: side, downlink: side })
  })

  it('lossy-wifi loses 1.4 % in bursts, with a correlated jitter', () => {
    const { uplink, downlink } = sidesOf('lossy-wifi')
    expect([downlink.rate, uplink.rate]).toEqual(['30000kbps', '15000kbps'])
    expect(downlink.latency).toEqual({ delay: '10ms', jitter: '15ms', correlation: '25%' })
    expect(downlink.loss).toEqual({ gilbertElliott: { goodToBad: '1%', badToGood: '20%', lossBad: '30%' } })
    expect(uplink.loss).toEqual(downlink.loss)
  })

  it('satellite-geo takes 600 ms a round trip, with jitter', () => {
    const { uplink, downlink } = sidesOf('satellite-geo')
    expect([downlink.rate, uplink.rate]).toEqual(['25000kbps', '3000kbps'])
    expect([downlink.latency, uplink.latency]).toEqual([
      { delay: '300ms', jitter: '30ms' },
      { delay: '300ms', jitter: '30ms' },
    ])
    expect(downlink.loss).toEqual({ probability: '0.5%' })
  })

  it.each([
    ['brownout', { latency: { delay: '2s' } }, { ramp: '60s' }],
    ['flap', { partition: true }, { flapping: { on: '2s', off: '10s' } }],
    ['gc-pause', { partition: true }, { spike: { every: '30s', duration: '2s' } }],
    ['partition', { partition: true }, undefined],
    ['offline', { partition: true }, undefined],
    ['high-latency-dns', { dns: { delay: '3000ms' } }, undefined],
    ['100-loss', { uplink: { loss: { probability: '100%' } }, downlink: { loss: { probability: '100%' } } }, undefined],
  ])('%s is what its name says', (name, fault, schedule) => {
    expect(presetOf(name)?.fault).toEqual(fault)
    expect(presetOf(name)?.schedule).toEqual(schedule)
  })

  it.each(presetNames)('%s can be read, acts, and says where it comes from', (name) => {
    expect(faultsProblems({ preset: name }, '')).toEqual([])
    expect(canAct(parseRule(name, { fault: { preset: name } }))).toBe(true)
    expect(presetOf(name)?.source).not.toBe('')
  })

  it('give way to what stands beside them, fault by fault and direction by direction', () => {
    const own = { latency: { delay: '1ms' }, uplink: { rate: '1mbps' } }
    const { uplink, downlink } = parseFaults({ preset: '3g', ...own })
    const asked = parseFaults({
      uplink: { latency: { delay: '150ms' }, rate: '1mbps' },
      downlink: { latency: { delay: '1ms' }, rate: '1600kbps' },
    })
    expect({ uplink, downlink }).toEqual({ uplink: asked.uplink, downlink: asked.downlink })
  })

  it('lose what an explicit 0 disables', () => {
    const faults = parseFaults({ preset: 'wifi-good', uplink: { loss: { probability: 0 } }, loss: { probability: 0 } })
    expect(activeFaults(faults).map(({ fault }) => fault.keyword)).not.toContain('loss')
  })
})
