import { expect, test } from 'vitest'
import { faultTable } from '../../../harness/faults/faults.ts'
import { faultPathProblems } from '../../../harness/profile/fault-path.ts'

const udp = { protocol: 'udp' }
const http = { protocol: 'http' }
const unix = { protocol: 'http', socketPath: '/run/x' }

const places = (workload: Record<string, unknown>, policies: Record<string, unknown>): string[] =>
  faultPathProblems({ workload, policies }).map(({ where }) => where)

test.each([
  ['datagrams', udp],
  ['streams', http],
])('what acts on %s is let through', (_what, workload) => {
  const policies = {
    slow: { fault: { latency: { delay: '1ms' }, uplink: { loss: { probability: '1%' } } } },
    retried: { client: { retry: {} }, under: { fault: { partition: true } } },
    paused: { fault: { pause: { every: '1s', for: '100ms' } } },
    network: { fault: { preset: '3g' } },
  }
  expect(places(workload, policies)).toEqual([])
})

test('what acts on connections is refused where the workload sends datagrams, with its place and what is allowed', () => {
  const policies = {
    broken: { fault: { reset: { probability: '1%' }, latency: { delay: '1ms' } } },
    slow: { client: { retry: {} }, under: { fault: { downlink: { slowClose: { delay: '1s' } } } } },
    many: { rules: [{ fault: { latency: { delay: '1ms' } } }, { fault: { handshake: { delay: '1s' } } }] },
  }
  const problems = faultPathProblems({ workload: udp, policies })
  expect(problems.map(({ where }) => where)).toEqual([
    '/policies/broken/fault/reset',
    '/policies/slow/under/fault/downlink/slowClose',
    '/policies/many/rules/1/fault/handshake',
  ])
  const allowed = Object.values(faultTable).filter((fault) => fault.datagram !== undefined)
  for (const { keyword } of allowed) expect(problems[0]?.message).toContain(`"${keyword}"`)
  expect(problems[0]?.message).toMatch(/^found reset, but the workload sends datagrams; allowed: /u)
})

test('what acts on datagrams only is refused where bytes go in a stream', () => {
  const policies = {
    wrong: { fault: { corrupt: { probability: '1%' } } },
    small: { fault: { uplink: { mtu: '1kib' }, latency: { delay: '1ms' } } },
  }
  expect(places(http, policies)).toEqual(['/policies/wrong/fault/corrupt', '/policies/small/fault/uplink/mtu'])
})

test('in front of a unix socket only what acts on the target itself has a place', () => {
  const policies = {
    slow: { fault: { latency: { delay: '1ms' } } },
    kept: { client: { retry: {} }, under: { fault: { preset: '3g' } } },
    alone: { client: { retry: {} } },
    paused: { fault: { pause: { every: '1s', for: '100ms' } } },
  }
  expect(new Set(places(unix, policies))).toEqual(
    new Set(['/policies/slow/fault/latency', '/policies/kept/under/fault']),
  )
})

test('the path to a dependency carries streams, whatever the workload sends', () => {
  const policies = {
    db: { at: 'db', fault: { reset: { probability: '1%' } } },
    lossy: { at: 'db', fault: { corrupt: { probability: '1%' } } },
  }
  expect(places(udp, policies)).toEqual(['/policies/lossy/fault/corrupt'])
  expect(places(unix, policies)).toEqual(['/policies/lossy/fault/corrupt'])
})

test('what is disabled, or wrong in itself, is not looked at', () => {
  const policies = {
    off: { fault: { reset: { probability: 0 }, latency: { delay: '1ms' } } },
    bad: { fault: { reset: 5 } },
    none: null,
  }
  expect(places(udp, policies)).toEqual([])
})
