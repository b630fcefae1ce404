import { expect, test } from 'vitest'
import { isUnanswered, leavesFigures, spoilsRun } from '../../../harness/measure/doubt-reach.ts'
import { doubt, type DoubtKind } from '../../../harness/measure/doubts.ts'

const spoils = (kind: DoubtKind, taints: readonly string[] = ['p99']) => spoilsRun(doubt(kind, 'x', taints))

test.each(['gate-blind', 'limit-unclear', 'capacity-unclear', 'tolerance-unclear'] as const)(
  'that something came to no answer (%s) says nothing against any figure',
  (kind) => {
    expect([isUnanswered(kind), leavesFigures(kind), spoils(kind)]).toEqual([true, true, false])
    expect(spoils(kind, ['everything'])).toBe(true)
  },
)

test('rulers leave figures, though they are no answer', () => {
  expect([isUnanswered('uncalibrated'), leavesFigures('uncalibrated')]).toEqual([false, true])
})

test('what is more than noted spoils a run, unless it is of some figures only', () => {
  expect(['counts-differ', 'rounds-missing', 'cut-off'].map((kind) => spoils(kind as DoubtKind))).toEqual([
    true,
    false,
    false,
  ])
  expect(leavesFigures('rounds-missing')).toBe(false)
})

test.each(['of-a-later-version', 'constructor'])('a kind that is not known (%s) is one against the figures', (kind) => {
  expect([isUnanswered(kind), leavesFigures(kind)]).toEqual([false, false])
  expect(spoilsRun({ kind, effect: 'void', taints: [] })).toBe(true)
})
