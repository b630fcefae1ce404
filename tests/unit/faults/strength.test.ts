import { describe, expect, test } from 'vitest'
import { faultTable, parseFaults } from '../../../harness/faults/faults.ts'
import { plainRule } from '../../../harness/faults/rules.ts'
import { strengthsOf, withStrength } from '../../../harness/faults/strength.ts'
import type { Rule } from '../../../harness/faults/rule.ts'

const ruleOf = (fault: Readonly<Record<string, unknown>>): Rule => plainRule('rule', parseFaults(fault))
const named = (rules: readonly Rule[]) => strengthsOf(rules).map(({ name, from }) => [name, from])

/** One of each fault that has a strength. */
const samples: Readonly<Record<string, unknown>> = {
  budget: { maxExchanges: 3 },
  connectTimeout: true,
  corrupt: { probability: '3%' },
  cpuHog: { share: '50%' },
  dns: { delay: '20ms', drop: '40%', nxdomain: '30%' },
  duplicate: { probability: '5%' },
  halfOpen: { after: '2kb' },
  handshake: { delay: '30ms', loss: '5%' },
  hang: { probability: '1%' },
  kill: { after: '1s' },
  latency: { delay: '40ms', jitter: '5ms' },
  limit: { after: '32kb' },
  loss: { gilbertElliott: { goodToBad: '1%', badToGood: '30%' } },
  mtu: '1400b',
  mutation: { type: 'corruptBytes', probability: '10%' },
  partition: true,
  pause: { every: '2s', for: '100ms' },
  rate: '10mbps',
  refused: true,
  reorder: { probability: '10%' },
  reset: { probability: '5%' },
  slicer: { size: '1kb', delay: '2ms' },
  slowClose: { delay: '10ms' },
  unreachable: { probability: '20%' },
}
const without = ['budget', 'connectTimeout', 'kill', 'partition', 'refused']

test('each fault has a sample here', () => {
  expect(Object.keys(faultTable).toSorted()).toEqual(Object.keys(samples).toSorted())
})

describe.for(Object.keys(samples))('%s', (keyword) => {
  const rules = [ruleOf({ [keyword]: samples[keyword] })]

  test('has a strength unless it acts or does not', () => {
    expect(strengthsOf(rules).length > 0).toBe(!without.includes(keyword))
  })

  test('is itself at its own strength, and takes its least and its most', () => {
    for (const strength of strengthsOf(rules)) {
      expect(withStrength(rules, strength, strength.from)).toEqual(rules)
      for (const value of [strength.least, strength.most]) {
        const [after] = strengthsOf(withStrength(rules, strength, value)).filter(({ name }) => name === strength.name)
        expect(after?.from).toBeCloseTo(value, 6)
      }
    }
  })
})

describe('the strengths of rules', () => {
  test('are in the order in which faults act, each with the hardest of its values', () => {
    const rules = [
      ruleOf({
        rate: '1mbps',
        uplink: { latency: { delay: '10ms' }, rate: '5mbps' },
        latency: { delay: '40ms', jitter: '5ms' },
      }),
    ]
    expect(named(rules)).toEqual([
      ['rate.limit', 1e6],
      ['latency.delay', 40],
      ['latency.jitter', 5],
    ])
  })

  test('change all directions and rules by the same factor, and nothing else', () => {
    const rules = [
      ruleOf({ uplink: { latency: { delay: '10ms' } }, latency: { delay: '40ms', jitter: '5ms' } }),
      ruleOf({ latency: { delay: '20ms' }, loss: { probability: '1%' } }),
    ]
    const delay = strengthsOf(rules).find(({ name }) => name === 'latency.delay')
    if (!delay) throw new Error('a latency has a delay')
    expect(withStrength(rules, delay, 60)).toEqual([
      ruleOf({ uplink: { latency: { delay: '15ms' } }, latency: { delay: '60ms', jitter: '5ms' } }),
      ruleOf({ latency: { delay: '30ms' }, loss: { probability: '1%' } }),
    ])
  })

  test('do not make more of a share than there is', () => {
    const rules = [ruleOf({ dns: { drop: '40%', nxdomain: '30%' } })]
    const [drop] = strengthsOf(rules)
    expect(drop).toMatchObject({ name: 'dns.drop', most: 0.7 })
  })

  test('are none of a rule that cannot act', () => {
    expect(named([{ ...ruleOf({ latency: { delay: '10ms' } }), enabled: false }])).toEqual([])
    expect(named([ruleOf({ loss: { fourState: { p13: '1%' } } })])).toEqual([])
  })
})
