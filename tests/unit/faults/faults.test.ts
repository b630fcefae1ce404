import { describe, expect, it } from 'vitest'
import {
  activeFaults,
  faultDefinitions,
  faultsProblems,
  faultsSchema,
  faultTable,
  noFaults,
  parseFaults,
} from '../../../harness/faults/faults.ts'

const downlinkDelays = (raw: Readonly<Record<string, unknown>>): unknown =>
  (parseFaults(raw).downlink['latency'] as { delayNs: number } | undefined)?.delayNs

describe('the faults of a rule', () => {
  it('act downlink when they name no direction (F27)', () => {
    const { uplink, downlink, whole } = parseFaults({ latency: { delay: '40ms' } })
    expect([Object.keys(uplink), Object.keys(downlink), Object.keys(whole)]).toEqual([[], ['latency'], []])
  })

  it('act where they say (F27)', () => {
    const raw = { uplink: { rate: '384kbps' }, downlink: { rate: '1500kbps', latency: { delay: '25ms' } } }
    expect(parseFaults(raw)).toMatchObject({
      uplink: { rate: { bitsPerSecond: 384_000 } },
      downlink: { rate: { bitsPerSecond: 1_500_000 }, latency: { delayNs: 25e6 } },
      whole: {},
    })
  })

  it('with a direction win over those without (F27)', () => {
    expect(downlinkDelays({ latency: { delay: '40ms' }, downlink: { latency: { delay: '10ms' } } })).toBe(10e6)
    expect(downlinkDelays({ latency: { delay: '40ms' }, uplink: { latency: { delay: '10ms' } } })).toBe(40e6)
  })

  it('are disabled by an explicit 0, also where a general one is set (F27)', () => {
    const raw = { latency: { delay: '40ms' }, downlink: { latency: { delay: '0ms' } }, reset: { probability: 0 } }
    expect(parseFaults(raw)).toEqual(noFaults)
  })

  it('that act on the whole have no direction', () => {
    expect(parseFaults({ reset: { probability: '5%' } }).whole).toMatchObject({ reset: { probability: 0.05 } })
  })

  it('are listed in the order in which they act, those that act only', () => {
    const faults = parseFaults({
      uplink: { latency: { delay: '1ms' } },
      latency: { delay: '2ms' },
      rate: '1mbps',
      reset: { probability: 1 },
    })
    expect(activeFaults(faults).map(({ fault, direction }) => `${fault.keyword} ${direction}`)).toEqual([
      'reset uplink',
      'rate downlink',
      'latency uplink',
      'latency downlink',
    ])
    expect(activeFaults(noFaults)).toEqual([])
  })

  it('can be sent to another process', () => {
    const faults = parseFaults({ latency: { delay: '40ms', jitter: '1ms' }, reset: { probability: '1%' } })
    expect(structuredClone(faults)).toEqual(faults)
  })

  it('that cannot be read are told all at once, each with its place (P12)', () => {
    const raw = {
      latency: { delay: '1ms' },
      uplink: { loss: { probability: '1%', burst: 0 } },
      budget: { maxExchanges: 3, action: 'timeout' },
      halfOpen: { after: '32kb' },
    }
    expect(faultsProblems(raw, '/fault').map(({ where }) => where)).toContain('/fault/budget')
    expect(faultsProblems({ latency: { delay: '1ms' }, halfOpen: { after: '32kb' } }, '/fault')).toEqual([])
  })
})

describe('the table of faults', () => {
  it.each(Object.entries(faultTable))('holds %s under its keyword, and its schema', (name, fault) => {
    expect(fault.keyword).toBe(name)
    expect(faultsSchema['properties']).toHaveProperty(name)
    expect(faultDefinitions[name]).toBe(fault.schema)
  })

  it.each(Object.entries(faultTable).filter(([, { directional }]) => directional))(
    'lets %s have a direction',
    (name) => {
      for (const direction of ['uplink', 'downlink']) {
        expect(faultsSchema['properties']).toHaveProperty(`${direction}.properties.${name}`)
      }
    },
  )

  it('says of every fault where it acts', () => {
    const nowhere = Object.values(faultTable).filter(
      (fault) => !['stream', 'datagram', 'connection', 'listener', 'elsewhere'].some((part) => part in fault),
    )
    expect(nowhere).toEqual([])
  })
})
