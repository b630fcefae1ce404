import { expect, test } from 'vitest'
import { createRng } from '../../../harness/kernel/rng.ts'
import { TimerWheel } from '../../../harness/kernel/timer-wheel.ts'
import { createVirtualClock } from '../../../harness/kernel/virtual-clock.ts'
import { driverContext } from '../../../harness/load/crew.ts'
import { loops } from '../../../harness/plan/models.ts'
import { Client } from '../../../harness/resilience/client.ts'
import { parseClient, type RawClient } from '../../../harness/resilience/settings.ts'
import type { ClosedModel } from '../../../harness/workload/model.ts'
import { taskOf, workloadOf } from '../../support/slice-task.ts'
import { policyFixture, statelessPolicies } from '../../support/user-policies.ts'

function connectionsOf(raw: RawClient, load: Partial<ClosedModel> = {}): number {
  const clock = createVirtualClock()
  const wheel = new TimerWheel(clock)
  const rng = createRng(1)
  const client = parseClient(raw)
  const options = {
    task: taskOf(1, 0, { load: { ...loops(6), ...load }, client }),
    address: '127.0.0.1',
    shard: { index: 1, count: 2 },
    clock,
    wheel,
    rng,
    emit: () => {},
    client: new Client(client, { wheel, rng, userPolicies: statelessPolicies }),
    protocolCounters: {},
  }
  return driverContext(options, workloadOf().connection, 1e9).connections
}

test.each<[string, RawClient, number]>([
  ['one attempt at a time', { retry: {} }, 3],
  ['one hedge', { hedge: { delay: '1ms' } }, 6],
  ['hedges of hedges', [{ hedge: { delay: '1ms', maxHedges: 2 } }, { hedge: { delay: '1ms' } }], 18],
  ['whatever a policy of their own does', { use: policyFixture('three-calls') }, 12],
])('three of six users have connections for %s', (_what, client, connections) => {
  expect(connectionsOf(client)).toBe(connections)
})

test('there are never more connections than the load says', () => {
  expect(connectionsOf({ hedge: { delay: '1ms' } }, { connections: 4 })).toBe(2)
})
