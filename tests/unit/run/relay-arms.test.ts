import { expect, test } from 'vitest'
import { parseRule } from '../../../harness/faults/rules.ts'
import { type Arm, createArm } from '../../../harness/plan/arms.ts'
import { dialledHost, layersOf, relayArmsOf } from '../../../harness/run/relay-arms.ts'
import type { Mode } from '../../../harness/profile/profile.ts'

const mode = { discardNs: 1e8, sliceNs: 1e9, drainNs: 1e8 } as Mode
const target = dialledHost({ host: '127.0.0.1', port: 8080 }, '127.0.0.1')
const arm = (path: Arm['path'], fault?: Readonly<Record<string, unknown>>): Arm =>
  createArm(mode, 'policy', { kind: 'policy', path, policy: 'p', rules: fault ? [parseRule('p', { fault })] : [] })
const rulesOf = ({ rules }: Arm): Arm['rules'] => rules
const listen = { host: '127.0.0.1', port: 0 }

test('an arm that passes the relay has a listener with its rules as one layer, of datagrams where they are what is sent', () => {
  const faulty = arm('relay', { latency: { delay: '1ms' } })
  const layers = [{ name: 'p', rules: faulty.rules }]
  expect(relayArmsOf([faulty, arm('direct')], target, 'udp', rulesOf)).toEqual([
    { arm: faulty.id, transport: 'udp', upstream: { host: '127.0.0.1', port: 8080 }, layers, listen },
  ])
})

test('an arm with faults of DNS has a resolver beside it, which leads where the arm dials', () => {
  const dns = { dns: { nxdomain: '10%' } }
  const [direct] = relayArmsOf([arm('direct', dns)], target, 'tcp', rulesOf)
  expect(direct).toMatchObject({ arm: 'policy.p/policy-direct/dns', transport: 'dns', upstream: null })
  expect(direct?.names).toEqual({ localhost: ['127.0.0.1'] })
  const named = dialledHost({ host: 'api.test', port: 80 }, '127.0.0.9')
  const [, relayed] = relayArmsOf([arm('relay', { ...dns, latency: { delay: '1ms' } })], named, 'tcp', rulesOf)
  expect(relayed?.names).toEqual({ 'api.test': ['127.0.0.1'] })
  expect(relayArmsOf([arm('direct', dns)], named, 'tcp', rulesOf)[0]?.names).toEqual({ 'api.test': ['127.0.0.9'] })
})

test('a sabotaged arm keeps its place in the relay, without its rules', () => {
  const [path, resolver] = relayArmsOf(
    [arm('relay', { dns: { drop: 1 }, latency: { delay: '1ms' } })],
    target,
    'tcp',
    () => [],
  )
  expect([path?.layers, resolver?.layers]).toEqual([[], []])
  expect(layersOf({ policy: null }, [parseRule('reset', {})])[0]?.name).toBe('canary')
})
