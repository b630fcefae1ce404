import { describe, expect, test } from 'vitest'
import { parseRule } from '../../../harness/faults/rules.ts'
import { reconcile, reconcileOther } from '../../../harness/judge/reconcile.ts'
import { type ArmMeasurement, emptyArm, type ServerCount } from '../../../harness/measure/measurements.ts'

interface Seen {
  /** A reset of some of the exchanges unless it is told. */
  readonly fault?: Readonly<Record<string, unknown>>
  readonly keyword?: string
  readonly datagrams?: boolean
  readonly multiplexed?: boolean
  /** Datagrams for which a link had no room. */
  readonly queueDrops?: number
  readonly at?: string | null
  readonly attempts?: number
  readonly cancelled?: number
  readonly errors?: Readonly<Record<string, number>>
  readonly fired?: number
  readonly stale?: number
  readonly server: ServerCount
}

function armOf({
  keyword = 'reset',
  attempts = 100,
  cancelled = 0,
  errors = {},
  fired = 0,
  stale = 0,
  queueDrops = 0,
  server,
}: Seen): ArmMeasurement {
  const identity = { id: 'a', phase: 'a', phaseKind: 'policy', kind: 'policy', path: 'relay', policy: 'a' } as const
  const arm = emptyArm(identity, ['hi'])
  arm.all.attempts.count = attempts
  arm.all.attempts.cancelled = cancelled
  Object.assign(arm.all.attemptErrors, errors)
  arm.all.wire.staleReconnects = stale
  arm.tallies = { [keyword]: { eligible: attempts, fired, bytes: 0 } }
  arm.faultCounters = { 'rate.queueDrops': queueDrops }
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
    [
      'differ by exchanges that were reset after they had been forwarded, if they had been',
      {
        fault: { reset: { probability: 0.1, after: '5ms' } },
        fired: 5,
        errors: { reset: 5 },
        server: { requests: 97, slack: 0 },
      },
      'within',
    ],
    [
      'differ by hangs, which may have been let go on (F26)',
      { fault: { hang: { probability: 0.1 } }, keyword: 'hang', fired: 5, server: { requests: 96, slack: 0 } },
      'within',
    ],
    [
      'differ by no more than the hangs',
      { fault: { hang: { probability: 0.1 } }, keyword: 'hang', fired: 5, server: { requests: 94, slack: 0 } },
      'mismatch',
    ],
    [
      'differ by datagrams that were lost on their way there (F22, F41)',
      {
        fault: { uplink: { loss: { probability: 0.1 } } },
        keyword: 'loss',
        datagrams: true,
        fired: 9,
        errors: { lost: 9 },
        server: { requests: 91, slack: 0 },
      },
      'exact',
    ],
    [
      'agree where a stream lost segments, which were sent again',
      {
        fault: { uplink: { loss: { probability: 0.1 } } },
        keyword: 'loss',
        fired: 9,
        server: { requests: 100, slack: 0 },
      },
      'exact',
    ],
    [
      'differ by datagrams that came twice (F29)',
      {
        fault: { uplink: { duplicate: { probability: 0.1 } } },
        keyword: 'duplicate',
        datagrams: true,
        fired: 9,
        server: { requests: 109, slack: 0 },
      },
      'exact',
    ],
    [
      'differ by datagrams for which the link had no room (F25)',
      {
        fault: { uplink: { rate: '10kbps' } },
        datagrams: true,
        queueDrops: 9,
        errors: { lost: 9 },
        server: { requests: 91, slack: 0 },
      },
      'exact',
    ],
    [
      'agree where the link had no room for answers',
      {
        fault: { rate: '10kbps' },
        datagrams: true,
        queueDrops: 9,
        errors: { lost: 9 },
        server: { requests: 100, slack: 0 },
      },
      'exact',
    ],
    [
      'differ by no more than what had no room on either way',
      {
        fault: { uplink: { rate: '10kbps' }, rate: '10kbps' },
        datagrams: true,
        queueDrops: 9,
        server: { requests: 91, slack: 0 },
      },
      'within',
    ],
    [
      'differ by some of the requests on one connection that was reset, of which others had been served',
      {
        multiplexed: true,
        fired: 5,
        errors: { reset: 9 },
        server: { requests: 93, slack: 0 },
      },
      'within',
    ],
    [
      'differ by no more requests than failed with their connection',
      { multiplexed: true, fired: 5, errors: { reset: 3 }, server: { requests: 91, slack: 0 } },
      'mismatch',
    ],
    [
      'differ by connections that found no way, of which a pool had begun some for nobody yet (H13)',
      {
        fault: { unreachable: { probability: 0.5 } },
        keyword: 'unreachable',
        fired: 8,
        errors: { unreachable: 5 },
        server: { requests: 95, slack: 0 },
      },
      'exact',
    ],
    [
      'agree where the faults are behind the target',
      { at: 'db', fired: 5, server: { requests: 100, slack: 0 } },
      'exact',
    ],
    ['are not, where a fault had the target started again', { server: { restarts: 1 } }, 'none'],
    ['cannot be held against each other', { server: { problem: 'no answer' } }, 'unreadable'],
    ['are not, where the target has no count', { server: null }, 'none'],
  ])('%s', (_, seen, status) => {
    const { fault = { reset: { probability: 0.1 } }, datagrams = false, multiplexed = false, at = null } = seen
    const rules = [parseRule('one', { fault })]
    expect(reconcile({ rules, at }, armOf(seen), { datagrams, multiplexed }).status).toBe(status)
  })
})

describe('attempts that went to other targets', () => {
  const elsewhere = { count: 30, failed: 10, cancelled: 2, resent: 1, errors: { refused: 8, reset: 2 } }
  const shared: Seen = {
    attempts: 100,
    cancelled: 2,
    errors: { refused: 8, reset: 2 },
    stale: 1,
    server: { requests: 70, slack: 0 },
  }

  test('are none of what the first one must have served, nor make it doubtful', () => {
    const arm = armOf(shared)
    arm.all.elsewhere['second'] = elsewhere
    const travel = { datagrams: false, multiplexed: false }
    expect(reconcile({ rules: [], at: null }, arm, travel)).toMatchObject({ status: 'exact', expected: 70, slack: 0 })
  })

  test('must have been served by their own, give or take what ended on the way', () => {
    expect(reconcileOther(elsewhere, { requests: 30, slack: 0 })).toMatchObject({ status: 'exact' })
    expect(reconcileOther(elsewhere, { requests: 18, slack: 0 })).toMatchObject({ status: 'within', slack: 13 })
    expect(reconcileOther(elsewhere, { requests: 17, slack: 0 })).toMatchObject({ status: 'mismatch' })
    expect(reconcileOther(elsewhere, null)).toMatchObject({ status: 'none' })
  })
})
