import { describe, expect, it } from 'vitest'
import { latenessOf } from '../../../harness/faults/lateness.ts'
import { loss } from '../../../harness/faults/loss.ts'
import { parseRule, type RawRule } from '../../../harness/faults/rules.ts'
import type { EffectFacts } from '../../../harness/measure/effect.ts'
import { baselineOf } from '../../support/facts.ts'
import { leaveNs, passed, pieceOf, stageContext } from '../../support/stage-context.ts'

interface Path {
  readonly conditions?: Omit<RawRule, 'fault'>
  readonly bytes?: number
  readonly datagrams?: boolean
  readonly fired?: EffectFacts['fired']
}

/** How often the faults of one rule hold up an exchange for longer than limits. */
function lateness(fault: Readonly<Record<string, unknown>>, path: Path = {}) {
  const { conditions = {}, bytes = 100, datagrams = false, fired = {} } = path
  const rules = [parseRule('one', { fault, ...conditions })]
  const baseline = baselineOf({ responseBytes: { min: bytes, max: bytes } })
  return latenessOf(rules, { baseline, operations: 1000, datagrams }, { fired, allAttempts: 1000 })
}

const both = (one: object) => ({ uplink: { loss: one }, downlink: { loss: one } })
const close = (share: number) => expect.closeTo(share, 9)

describe('the share of exchanges that faults hold up for longer than a limit', () => {
  it.each([
    [{ latency: { delay: '40ms' } }, 39, 1],
    [{ latency: { delay: '40ms' } }, 40, 0],
    [{ uplink: { latency: { delay: '40ms' } }, downlink: { latency: { delay: '30ms' } } }, 69, 1],
    [{ uplink: { latency: { delay: '40ms' } }, downlink: { latency: { delay: '30ms' } } }, 70, 0],
    [{ hang: { probability: '10%' } }, 1e6, 0.1],
    [{ hang: { probability: '10%', timeout: '50ms' } }, 49, 0.1],
    [{ hang: { probability: '10%', timeout: '50ms' } }, 50, 0],
    [{ hang: { probability: '10%', timeout: '50ms' }, latency: { delay: '40ms' } }, 60, 0.1],
    [{ hang: { probability: '10%' }, latency: { delay: '40ms' } }, 30, 1],
    [{ loss: { probability: '5%' } }, 150, 0.05],
    [{ loss: { probability: '5%' } }, 210, 0.0025],
    [both({ probability: '5%' }), 410, 0.0025 + 2 * 0.95 * 0.0025],
    [{ loss: { probability: '5%', tcp: { rtoMin: '50ms' } } }, 51, 0.05],
    [{ loss: { probability: '5%', tcp: { rtoMin: '50ms' } } }, 52, 0.0025],
    [{ loss: { probability: '5%', tcp: { mode: 'stall' } } }, 399, 0.0025],
    [{ loss: { probability: '5%', tcp: { mode: 'stall' } } }, 400, 0.05 ** 3],
    [{ loss: { probability: '50%', tcp: { mode: 'reset' } } }, 1, 0],
    [{}, 1, 0],
  ])('under %j and %i ms is %f', (fault, limitMs, share) => {
    const { lo, hi } = lateness(fault)!(limitMs)
    expect([lo, hi]).toEqual([close(share), close(share)])
  })

  it('is that of a rule which hits some of them', () => {
    const late = lateness({ latency: { delay: '40ms' } }, { conditions: { probability: '25%' } })
    expect([late!(39), late!(40)]).toEqual([
      { lo: close(0.25), hi: close(0.25) },
      { lo: 0, hi: 0 },
    ])
  })

  it.each([
    // A draw from [50, 150] ms is over 120 ms in three of ten cases.
    [{ latency: { delay: '100ms', jitter: '50ms' } }, 120, 0.3],
    // 0.1587 of a normal distribution lie above one deviation.
    [{ latency: { delay: '100ms', jitter: '20ms', distribution: 'normal' } }, 120, 0.1587],
    // Of two draws added up, which lie in [0, 40] ms like a triangle.
    [
      {
        uplink: { latency: { delay: '10ms', jitter: '10ms' } },
        downlink: { latency: { delay: '10ms', jitter: '10ms' } },
      },
      30,
      0.125,
    ],
  ])('of %j and %i ms lies closely around %f', (fault, limitMs, share) => {
    const { lo, hi } = lateness(fault)!(limitMs)
    expect(lo).toBeLessThanOrEqual(share)
    expect(hi).toBeGreaterThanOrEqual(share)
    expect(hi - lo).toBeLessThan(0.02)
  })

  it.each([
    ['correlated delays', { latency: { delay: '100ms', jitter: '50ms', correlation: '50%' } }, {}],
    ['a long answer', { latency: { delay: '100ms', jitter: '50ms' } }, { bytes: 100_000 }],
    ['a paced answer', { loss: { probability: 0.05 }, latency: { delay: '9ms' } }, { bytes: 10_000 }],
  ])('is bounded from below where there are %s', (_what, fault, path) => {
    expect(lateness(fault, path)!(120)).toMatchObject({ hi: 1 })
    expect(lateness(fault, path)!(120).lo).toBeLessThan(0.5)
  })

  it('is that of all lost segments at most where latencies add to what retransmissions take', () => {
    const late = lateness({ loss: { probability: '5%' }, latency: { delay: '9ms' } })!
    expect([late(150), late(1000)]).toMatchObject([
      { lo: close(0.0025), hi: close(0.05) },
      { lo: close(0.05 ** 4), hi: close(0.05) },
    ])
  })

  it('of several segments is at least that of one which no other tells of', () => {
    const late = lateness({ loss: { probability: '5%' } }, { bytes: 3000 })!(150)
    expect(late).toEqual({ lo: close(0.0025), hi: close(0.15) })
  })

  it('counts segments that came besides those foreseen', () => {
    const fired = { loss: { eligible: 4000, fired: 200 } }
    expect(lateness({ loss: { probability: '5%' } }, { fired })!(150)).toEqual({ lo: close(0.05), hi: close(0.2) })
    const few = { loss: { eligible: 900, fired: 45 } }
    expect(lateness({ loss: { probability: '5%' } }, { fired: few })!(150).hi).toBeCloseTo(0.05, 9)
  })

  it('of datagrams is that of the lost ones', () => {
    const late = lateness(both({ probability: '10%' }), { datagrams: true })!(1e6)
    expect(late).toEqual({ lo: close(0.19), hi: close(0.19) })
  })

  it.each([
    ['losses in bursts', { loss: { probability: '5%', burst: 2 } }, {}],
    ['losses by states', { loss: { gilbertElliott: { goodToBad: '1%', badToGood: '25%' } } }, {}],
    ['a fault that does not say', { reset: { probability: '5%' }, latency: { delay: '40ms' } }, {}],
    ['some connections', { hang: { probability: '5%' } }, { conditions: { connections: '50%' } }],
    [
      'some of the time',
      { hang: { probability: '5%' } },
      { conditions: { schedule: { flapping: { on: '1s', off: '1s' } } } },
    ],
  ])('is not known of %s', (_what, fault, path) => {
    expect(lateness(fault, path)).toBeNull()
  })

  it('is that of the loss which it foretells', () => {
    for (const [probability, segments, limitMs] of [
      [0.2, 1, 150],
      [0.2, 1, 500],
      [0.3, 3, 150],
      [0.3, 5, 500],
    ] as const) {
      const raw = { probability, tcp: { mss: '10b' } }
      const bytes = 10 * segments
      const stage = loss.stream!(loss.parse(raw), stageContext({ seed: segments }))
      let late = 0
      for (let index = 0; index < 4000; index++) {
        const arrivedNs = index * 3600e9
        const leave = leaveNs(passed(stage, pieceOf(bytes, { arrivedNs, message: index })))
        if ((leave.at(-1) ?? 0) - arrivedNs > limitMs * 1e6) late++
      }
      const { lo, hi } = lateness({ loss: raw }, { bytes })!(limitMs)
      const spread = 3.9 * Math.sqrt(0.25 / 4000)
      expect(late / 4000).toBeGreaterThan(lo - spread)
      expect(late / 4000).toBeLessThan(hi + spread)
    }
  })
})
