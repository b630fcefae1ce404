import { describe, expect, it } from 'vitest'
import { parseRule } from '../../../harness/faults/rules.ts'
import type { ArmVerdict } from '../../../harness/judge/arm-verdict.ts'
import { stepDoubts } from '../../../harness/judge/steps.ts'
import { emptyArm } from '../../../harness/measure/measurements.ts'
import type { RuleTally } from '../../../harness/measure/rule-tally.ts'

const phase = 'stress.smoke'
const second = 1e9

/** What is told of a rule that fired so often among so much. */
const told = (keyword: string, eligible: number, fired: number): RuleTally => ({
  connections: 1,
  matched: eligible,
  tallies: { [keyword]: { eligible, fired, bytes: 0 } },
})

/** The kinds of doubt where steps had put one policy with one rule, both called `it`, in force for a second. */
function doubtsOf(
  fault: Readonly<Record<string, unknown>>,
  rules: Readonly<Record<string, RuleTally>>,
  conditions: Readonly<Record<string, unknown>> = {},
): readonly string[] {
  const arm = { id: phase, phase, phaseKind: 'stress', kind: 'baseline', path: 'relay', policy: null } as const
  const measurement = { ...emptyArm(arm, []), rules }
  const policies = [{ name: 'it', rules: [parseRule('it', { fault, ...conditions })], at: null, inForceNs: second }]
  const verdict = { arm, measurement } as unknown as ArmVerdict
  return stepDoubts([{ phase, policies }], [verdict], false).map(({ kind }) => kind)
}

describe('a policy that steps put in force', () => {
  it.each([
    ['delayed everything', { latency: { delay: '10ms' } }, told('latency', 100, 100)],
    ['reset its share', { reset: { probability: 0.1 } }, told('reset', 1000, 100)],
    ['closed the listener', { refused: true }, told('refused', 1, 1)],
    ['stopped the target', { pause: { every: '200ms', for: '100ms' } }, told('pause', 4, 4)],
  ])('and that %s is believed', (_what, fault, tally) => {
    expect(doubtsOf(fault, { 'it/it': tally })).toEqual([])
  })

  it.each([
    ['that no relay tells of', { latency: { delay: '10ms' } }, {}],
    ['that delayed nothing', { latency: { delay: '10ms' } }, { 'it/it': told('latency', 100, 0) }],
    ['that reset far too few', { reset: { probability: 0.1 } }, { 'it/it': told('reset', 1000, 10) }],
    ['that never closed the listener', { refused: true }, { 'it/it': told('refused', 0, 0) }],
    ['that never stopped the target', { pause: { every: '200ms', for: '100ms' } }, {}],
    ['that could not stop the target', { pause: { every: '200ms', for: '100ms' } }, { 'it/it': told('pause', 1, 0) }],
  ])('and %s makes the run void', (_what, fault, rules) => {
    expect(doubtsOf(fault, rules)).toContain('effect-missing')
  })

  it('that met too little to fire leaves the run inconclusive', () => {
    expect(doubtsOf({ reset: { probability: 0.001 } }, { 'it/it': told('reset', 100, 0) })).toEqual(['effect-unclear'])
  })

  it('that met none of what it is for leaves the run inconclusive', () => {
    const none = { 'it/it': told('latency', 0, 0) }
    expect(doubtsOf({ latency: { delay: '1ms' } }, none, { match: { ports: [81] } })).toEqual(['effect-unclear'])
  })

  it('for less time than it takes to act is not asked', () => {
    expect(doubtsOf({ pause: { every: '10s', for: '100ms' } }, {})).toEqual([])
  })
})
