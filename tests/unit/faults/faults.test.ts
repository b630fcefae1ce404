import { describe, expect, it } from 'vitest'
import {
  activeFaults,
  exchangeFaults,
  faultsSchema,
  noFaults,
  parseFaults,
  streamFaults,
} from '../../../harness/faults/faults.ts'

const delay = (ms: number) => ({ delayNs: ms * 1e6, jitterNs: 0 })

describe('the faults of a policy', () => {
  it('act downlink when they name no direction', () => {
    expect(parseFaults({ latency: { delay: '40ms' } })).toEqual({
      uplink: {},
      downlink: { latency: delay(40) },
      exchange: {},
    })
  })

  it('act where they say', () => {
    const raw = { uplink: { rate: '384kbps' }, downlink: { rate: '1500kbps', latency: { delay: '25ms' } } }
    expect(parseFaults(raw)).toEqual({
      uplink: { rate: { bitsPerSecond: 384_000 } },
      downlink: { rate: { bitsPerSecond: 1_500_000 }, latency: delay(25) },
      exchange: {},
    })
  })

  it('with a direction win over those without', () => {
    const raw = { latency: { delay: '40ms' }, downlink: { latency: { delay: '10ms' } } }
    expect(parseFaults(raw).downlink).toEqual({ latency: delay(10) })
  })

  it('are disabled by an explicit 0, also where a general one is set', () => {
    const raw = { latency: { delay: '40ms' }, downlink: { latency: { delay: '0ms' } }, reset: { probability: 0 } }
    expect(parseFaults(raw)).toEqual(noFaults)
  })

  it('that decide once per exchange have no direction', () => {
    expect(parseFaults({ reset: { probability: '5%' } }).exchange).toEqual({ reset: { probability: 0.05 } })
  })

  it('are listed with their direction, those that act only', () => {
    const faults = parseFaults({ uplink: { latency: { delay: '1ms' } }, rate: '1mbps', reset: { probability: 1 } })
    expect(activeFaults(faults).map(({ fault, direction }) => `${fault.keyword} ${direction}`)).toEqual([
      'latency uplink',
      'rate downlink',
      'reset uplink',
    ])
    expect(activeFaults(noFaults)).toEqual([])
  })

  it('can be sent to another process', () => {
    const faults = parseFaults({ latency: { delay: '40ms', jitter: '1ms' }, reset: { probability: '1%' } })
    expect(structuredClone(faults)).toEqual(faults)
  })
})

describe('the tables of faults', () => {
  it.each(Object.entries({ ...streamFaults, ...exchangeFaults }))(
    'hold %s under its keyword, and its schema',
    (name, fault) => {
      expect(fault.keyword).toBe(name)
      expect(faultsSchema['properties']).toHaveProperty(name, fault.schema)
    },
  )
})
