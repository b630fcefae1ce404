import { expect, test } from 'vitest'
import { parseFaults } from '../../../../harness/faults/faults.ts'
import { concerns, mayFault } from '../../../../harness/faults/preload/concern.ts'
import { parseRules, plainRule } from '../../../../harness/faults/rules.ts'

const traffic = (host: string, port = 80) =>
  ({ protocol: 'tcp', host, address: /^\d/u.test(host) ? host : null, port, sni: undefined }) as const
const onStreams = (fault: object): boolean => 'stream' in fault

test('a rule is for what its match lets in, and for what may still turn out so', () => {
  const rules = parseRules([
    { fault: { latency: { delay: '5ms' } }, match: { host: '*.shop.test' } },
    { fault: { latency: { delay: '5ms' } }, match: { cidr: '10.0.0.0/8', port: 5432 } },
    { fault: { latency: { delay: '5ms' } }, match: { sni: 'secret.test', port: 443 } },
  ])
  const asked = (host: string, port?: number): boolean => concerns(rules, traffic(host, port), onStreams)
  expect([asked('a.shop.test'), asked('shop.test'), asked('127.0.0.1')]).toEqual([true, false, false])
  // A name may be in any network as long as nobody has looked it up.
  expect([asked('10.1.2.3', 5432), asked('11.1.2.3', 5432), asked('db.test', 5432), asked('db.test')]).toEqual([
    true,
    false,
    true,
    false,
  ])
  expect([asked('127.0.0.1', 443), asked('127.0.0.1', 444)]).toEqual([true, false])
})

test('a rule that is disabled, or whose faults act elsewhere, is for nothing', () => {
  const late = plainRule('late', parseFaults({ latency: { delay: '5ms' } }))
  const lost = plainRule('lost', parseFaults({ dns: { nxdomain: 1 } }))
  expect(concerns([late], traffic('127.0.0.1'), onStreams)).toBe(true)
  expect(concerns([{ ...late, enabled: false }, lost], traffic('127.0.0.1'), onStreams)).toBe(false)
})

test('faults may act on this machine, and on what was named', () => {
  expect(mayFault('shop.test', '127.0.0.9', [])).toBe(true)
  expect(mayFault('::1', '::1', [])).toBe(true)
  expect(mayFault('shop.test', '192.0.2.1', [])).toBe(false)
  expect(mayFault('shop.test', '192.0.2.1', ['shop.test'])).toBe(true)
  expect(mayFault('shop.test', '192.0.2.1', ['192.0.2.1'])).toBe(true)
  expect(mayFault('shop.test', null, [])).toBe(false)
})
