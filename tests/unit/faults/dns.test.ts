import { describe, expect, test } from 'vitest'
import { dns, dnsKinds } from '../../../harness/faults/dns.ts'
import { handshake, synDelayNs, synTries } from '../../../harness/faults/handshake.ts'
import { lateShare, uniformDelayNs } from '../../../harness/faults/uniform-delay.ts'
import { unreachable } from '../../../harness/faults/unreachable.ts'

const baseline = {
  p50Ms: 1,
  p99Ms: 1,
  singleP50Ms: 1,
  responseBytes: { min: 1, max: 1 },
  requestBytes: { min: 1, max: 1 },
  backgroundShare: 0,
}
const context = { direction: 'uplink', baseline, operations: 100 } as const

describe('settings of a resolver', () => {
  test('have a share of every kind, and a limit of two seconds for our own clients', () => {
    expect(dns.parse({ nxdomain: '25%', delay: '5ms', names: ['DB.test', '*.svc.test'] })).toEqual({
      delayNs: 5e6,
      jitterNs: 0,
      shares: { ...Object.fromEntries(dnsKinds.map((kind) => [kind, 0])), nxdomain: 0.25 },
      wrong: '127.255.255.255',
      ttlNs: null,
      names: ['db.test', '*.svc.test'],
      types: ['A', 'AAAA'],
      timeoutNs: 2e9,
    })
  })

  test.each([
    [{ drop: '60%', servfail: '50%' }, /110 % together, allowed: 100 %/u],
    [{ wrongAddress: 1, address: 'nowhere' }, /allowed: one of IPv4/u],
    [{ drop: 1, timeout: '10us' }, /allowed: from 1ms/u],
  ])('refuse %j', (raw, message) => {
    expect(() => dns.parse(raw)).toThrow(message)
  })

  test('are active when they change anything, as a time to live alone does', () => {
    const active = (raw: object): boolean => dns.active(dns.parse(raw))
    expect([active({}), active({ nxdomain: 0, delay: '0ms' }), active({ timeout: '1s' })]).toEqual([
      false,
      false,
      false,
    ])
    expect([active({ ttl: '0s' }), active({ malformed: '1%' }), active({ jitter: '1ms' })]).toEqual([true, true, true])
  })

  test('say how many queries fire: all that are late, else those of a kind', () => {
    const share = (raw: object) => dns.expect(dns.parse(raw), context).firedShare
    expect(share({ delay: '5ms', nxdomain: '10%' })).toEqual({ lo: 1, hi: 1 })
    expect(share({ nxdomain: '10%', drop: '5%' })?.hi).toBeCloseTo(0.15)
    // Asked again over TCP, a truncated answer does not fire.
    expect(share({ truncated: 1 })).toEqual({ lo: 0, hi: 1 })
  })

  test('say that every attempt fails only where every look-up does', () => {
    const error = (raw: object) => dns.expect(dns.parse(raw), context).errorShare
    expect([error({ nxdomain: 1 }), error({ nxdomain: '50%' }), error({ delay: '1s' })]).toEqual([1, null, 0])
  })
})

describe('a slow handshake', () => {
  test('waits a second, then twice as long, for each SYN that is lost, and gives up after seven (tcp_syn_retries 6)', () => {
    expect(Array.from({ length: synTries + 1 }, (_, lost) => synDelayNs(lost) / 1e9)).toEqual([
      0, 1, 3, 7, 15, 31, 63, 127,
    ])
  })

  test('is active for any of its three settings, and none is the same as none', () => {
    const active = (raw: object): boolean => handshake.active(handshake.parse(raw))
    expect([active({}), active({ delay: '1ms' }), active({ jitter: '1ms' }), active({ loss: '1%' })]).toEqual([
      false,
      true,
      true,
      true,
    ])
  })

  test('fires on every connection with a delay, and on those with a lost SYN without one', () => {
    const share = (raw: object) => handshake.expect(handshake.parse(raw), context).firedShare
    expect(share({ delay: '1ms', loss: '10%' })).toEqual({ lo: 1, hi: 1 })
    expect(share({ loss: '10%' })?.lo).toBeCloseTo(0.1)
  })
})

test('what is unreachable fails with EHOSTUNREACH where nothing else is said, and never reaches the target (F30)', () => {
  const settings = unreachable.parse({ probability: '5%' })
  expect(settings).toEqual({ probability: 0.05, code: 'EHOSTUNREACH' })
  expect(unreachable.expect(settings, context)).toMatchObject({
    firedShare: { lo: 0.05, hi: 0.05 },
    errorClasses: ['unreachable'],
    undelivered: 1,
  })
})

test('a delay below zero is none, and its share is told', () => {
  expect(uniformDelayNs(5, 10, () => 0)).toBe(0)
  expect(uniformDelayNs(5, 10, () => 0.75)).toBe(10)
  expect([lateShare(0, 0), lateShare(5, 5), lateShare(5, 10)]).toEqual([0, 1, 0.75])
})
