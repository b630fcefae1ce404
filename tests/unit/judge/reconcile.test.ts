import { describe, expect, test } from 'vitest'
import { reconcile } from '../../../harness/judge/reconcile.ts'
import { type ArmMeasurement, emptyArm, type ServerCount } from '../../../harness/measure/measurements.ts'

interface Seen {
  readonly attempts?: number
  readonly cancelled?: number
  readonly errors?: Readonly<Record<string, number>>
  readonly fired?: number
  readonly stale?: number
  readonly server: ServerCount
}

function armOf({ attempts = 100, cancelled = 0, errors = {}, fired = 0, stale = 0, server }: Seen): ArmMeasurement {
  const identity = { id: 'a', phase: 'a', phaseKind: 'policy', kind: 'policy', path: 'relay', policy: 'a' } as const
  const arm = emptyArm(identity, ['hi'])
  arm.all.attempts.count = attempts
  arm.all.attempts.cancelled = cancelled
  Object.assign(arm.all.attemptErrors, errors)
  arm.all.wire.staleReconnects = stale
  arm.tallies = { reset: { eligible: attempts, fired, bytes: 0 } }
  arm.server = server
  return arm
}

describe('client and target', () => {
  test.each<[string, Seen, string]>([
    ['agree exactly', { server: { requests: 100, slack: 0 } }, 'exact'],
    [
      'differ by what the relay reset before it forwarded it',
      { fired: 5, errors: { reset: 5 }, server: { requests: 95, slack: 0 } },
      'exact',
    ],
    ['differ by one, which nothing explains', { server: { requests: 99, slack: 0 } }, 'mismatch'],
    ['differ by one too many, which nothing explains', { server: { requests: 101, slack: 0 } }, 'mismatch'],
    ['differ by attempts that were cut off', { cancelled: 3, server: { requests: 98, slack: 0 } }, 'within'],
    ['differ by more than was cut off', { cancelled: 3, server: { requests: 96, slack: 0 } }, 'mismatch'],
    ['differ by refused attempts', { errors: { refused: 10 }, server: { requests: 90, slack: 0 } }, 'within'],
    ['differ by a request that was sent twice', { stale: 1, server: { requests: 101, slack: 0 } }, 'within'],
    [
      'differ by resets that the relay did not make',
      { errors: { reset: 4 }, server: { requests: 96, slack: 0 } },
      'within',
    ],
    ['cannot be held against each other', { server: { problem: 'no answer' } }, 'unreadable'],
    ['are not, where the target has no count', { server: null }, 'none'],
  ])('%s', (_, seen, status) => {
    expect(reconcile(armOf(seen)).status).toBe(status)
  })
})
