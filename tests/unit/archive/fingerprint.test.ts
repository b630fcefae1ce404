import { expect, test } from 'vitest'
import { hostFingerprint, profileFingerprint } from '../../../harness/archive/fingerprint.ts'
import { exampleResult } from '../../fixtures/results/example.ts'

const host = {
  cpuModel: 'CPU',
  cores: 2,
  memBytes: 4_112_330_752,
  cgroupMemBytes: null,
  cgroupCpus: null,
  kernel: '6.1.0-18-amd64',
  node: '24.21.0',
  virtualisation: 'vm',
  governor: null,
}
const { profile } = exampleResult().config

test('a fingerprint of a profile is 16 hex digits, and stays what it was in older results', () => {
  expect(profileFingerprint(profile, 'smoke')).toMatch(/^[\da-f]{16}$/u)
  expect(profileFingerprint(profile, 'smoke')).toBe(exampleResult().env.profileFingerprint)
})

test('a host whose fingerprint was made of less is another one', () => {
  expect(hostFingerprint(host)).toMatch(/^[\da-f]{16}$/u)
  expect(hostFingerprint(exampleResult().env)).not.toBe(exampleResult().env.hostFingerprint)
})

test('names, seeds, limits, other modes and the order of keys do not shape a measurement', () => {
  const same = { ...profile, name: 'other', seed: 9, $schema: 'x', ceilings: {}, thresholds: {} }
  const { latency, ...policies } = profile['policies'] as Record<string, { fault: unknown }>
  const modes = { ...(profile['modes'] as object), long: {} }
  const reordered = { ...same, modes, policies: { ...policies, latency: { fault: latency!.fault } } }
  expect(profileFingerprint(reordered, 'smoke')).toBe(profileFingerprint(profile, 'smoke'))
})

test('a former build and what is held against a measurement do not shape it', () => {
  const policies = Object.entries(profile['policies'] as Record<string, object>)
  const loose = policies.map(([name, policy]) => [
    name,
    { ...policy, bounds: { errors: ['rate<99%'] }, cost: { throughput: '9%' } },
  ])
  const changed = { ...profile, base: { builtin: 'tcp' }, policies: Object.fromEntries(loose) as object }
  expect(policies.length).toBeGreaterThan(0)
  expect(profileFingerprint(changed, 'smoke')).toBe(profileFingerprint(profile, 'smoke'))
})

test.each([
  ['workload', { protocol: 'http', requests: [{ path: '/other' }] }],
  ['target', { builtin: 'tcp' }],
  ['load', { model: 'closed', workers: 7, processes: 1 }],
  ['modes', { smoke: { duration: '3s' } }],
  ['policies', { latency: { fault: { latency: { delay: '41ms' } } } }],
  ['dependencies', { db: { upstream: '127.0.0.1:5432' } }],
])('%s shapes it', (key, value) => {
  expect(profileFingerprint({ ...profile, [key]: value }, 'smoke')).not.toBe(profileFingerprint(profile, 'smoke'))
})

test('patches of kernel and Node and a little reserved memory leave a host what it is', () => {
  const patched = { ...host, kernel: '6.1.9-20-amd64', node: '24.21.9', memBytes: host.memBytes - 2 ** 20 }
  expect(hostFingerprint(patched)).toBe(hostFingerprint(host))
})

test.each([
  { cores: 4 },
  { cpuModel: 'Other' },
  { memBytes: 2 * host.memBytes },
  { kernel: '6.2.0' },
  { node: '25.0.0' },
  { node: '24.22.0' },
  { cgroupMemBytes: 2 ** 29 },
  { cgroupCpus: 0.5 },
  { virtualisation: null },
  { governor: 'powersave' },
])('%o makes another host', (change) => {
  expect(hostFingerprint({ ...host, ...change })).not.toBe(hostFingerprint(host))
})
