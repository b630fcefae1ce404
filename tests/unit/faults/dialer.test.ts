import type { LookupAddress } from 'node:dns'
import { describe, expect, test } from 'vitest'
import { createDialer, type Dialer, dialerTask } from '../../../harness/faults/dialer.ts'
import { parseFaults } from '../../../harness/faults/faults.ts'
import { everything } from '../../../harness/faults/match.ts'
import type { Rule } from '../../../harness/faults/rule.ts'
import { plainRule } from '../../../harness/faults/rules.ts'
import { systemCode } from '../../../harness/kernel/errors.ts'
import { createRng } from '../../../harness/kernel/rng.ts'
import { TimerWheel } from '../../../harness/kernel/timer-wheel.ts'
import { createVirtualClock, type VirtualClock } from '../../../harness/kernel/virtual-clock.ts'

const ms = 1e6
const target = { host: 'shop.test', port: 80 }

interface Opened {
  readonly dialer: Dialer
  readonly clock: VirtualClock
  readonly wheel: TimerWheel
  /** Begins a connection and tells what became of it, and when. */
  readonly dial: () => Dialled
}

interface Dialled {
  end: {
    readonly code: string | undefined
    readonly text: string
    readonly address: string
    readonly atMs: number
  } | null
  giveUp: (error: Error) => void
}

function openDialer(faults: Readonly<Record<string, unknown>>, changes: Partial<Rule> = {}, seed = 1): Opened {
  const clock = createVirtualClock()
  const wheel = new TimerWheel(clock)
  const task = dialerTask([{ ...plainRule('rule', parseFaults(faults)), ...changes }], null, target)
  if (!task) throw new Error('nothing to do')
  const dialer = createDialer({
    task,
    layer: 'policy',
    address: '127.0.0.1',
    port: 4711,
    allowedHosts: [],
    originNs: 0,
    clock,
    wheel,
    rng: createRng(seed),
  })
  return {
    dialer,
    clock,
    wheel,
    dial() {
      const { place, giveUp } = dialer.given()
      const dialled: Dialled = { end: null, giveUp }
      place.lookup(place.host, {}, (error, address) => {
        const text = error?.message ?? ''
        dialled.end = { code: systemCode(error), text, address: address as string, atMs: clock.nowNs() / ms }
      })
      return dialled
    },
  }
}

test('without a fault of its own there is no dialler at all', () => {
  expect(dialerTask([plainRule('rule', parseFaults({ latency: { delay: '5ms' } }))], null, target)).toBeNull()
  expect(dialerTask([], { host: '127.0.0.1', port: 53, name: 'shop.test' }, target)).toBeNull()
})

test('a resolver is asked for as long as the fault says, and only where there is one', () => {
  const resolver = { host: '127.0.0.1', port: 53, name: 'shop.test' }
  const rule = plainRule('rule', parseFaults({ dns: { drop: 1, timeout: '300ms' } }))
  expect(dialerTask([rule], resolver, target)?.resolver).toEqual({ ...resolver, timeoutNs: 300 * ms })
  expect(dialerTask([rule], null, target)).toBeNull()
})

describe('a slow handshake', () => {
  test('holds each connection for its delay before it is dialled, and then gives the address', async () => {
    const { dial, clock, dialer, wheel } = openDialer({ handshake: { delay: '40ms' } })
    const one = dial()
    await clock.advance(39 * ms)
    expect(one.end).toBeNull()
    await clock.advance(1 * ms)
    expect(one.end).toMatchObject({ code: undefined, address: '127.0.0.1', atMs: 40 })
    expect(dialer.tallies()).toEqual({ handshake: { eligible: 1, fired: 1, bytes: 0 } })
    expect(wheel.size).toBe(0)
  })

  test('gives the address at once where a rule is not for this destination (P9)', () => {
    const { dial, dialer } = openDialer(
      { handshake: { delay: '40ms' } },
      { match: { ...everything, hosts: ['other.test'] } },
    )
    expect(dial().end).toMatchObject({ address: '127.0.0.1', atMs: 0 })
    expect(dialer.tallies()).toEqual({ handshake: { eligible: 0, fired: 0, bytes: 0 } })
  })

  test('is given up at once, with the error that is told or without a word, and leaves no timer', async () => {
    const { dial, clock, dialer, wheel } = openDialer({ handshake: { delay: '1s' } })
    const told = dial()
    told.giveUp(new Error('not in time'))
    expect(told.end).toMatchObject({ text: 'not in time', atMs: 0 })
    const silent = dial()
    dialer.close()
    await clock.advance(2e9)
    expect(silent.end).toBeNull()
    expect([wheel.size, clock.pending()]).toEqual([0, 0])
  })

  test('dials nothing any more once it is closed', () => {
    const { dial, dialer, wheel } = openDialer({ handshake: { delay: '1s' } })
    dialer.close()
    expect(dial().end).toMatchObject({ text: 'the dialler is closed', address: '' })
    expect(wheel.size).toBe(0)
  })

  test('fails with ETIMEDOUT after 127 s when every SYN is lost', async () => {
    const { dial, clock } = openDialer({ handshake: { loss: 1 } })
    const one = dial()
    await clock.advance(126.9e9)
    expect(one.end).toBeNull()
    await clock.advance(0.1e9)
    expect(one.end).toMatchObject({ code: 'ETIMEDOUT', text: 'connect ETIMEDOUT (synthetic)', atMs: 127_000 })
  })

  test('is later in the steps of lost SYNs, as often as they are lost', async () => {
    const { dial, clock } = openDialer({ handshake: { loss: '50%' } })
    const all = Array.from({ length: 4000 }, dial)
    await clock.advance(128e9)
    const steps = Map.groupBy(all, ({ end }) => end?.atMs)
    const expected = [0, 1, 3, 7, 15, 31, 63].map((seconds, lost) => [seconds * 1000, 0.5 ** (lost + 1)] as const)
    for (const [atMs, share] of expected) {
      const found = (steps.get(atMs)?.length ?? 0) / all.length
      expect(Math.abs(found - share)).toBeLessThan(3 * Math.sqrt((share * (1 - share)) / all.length))
    }
    expect(steps.get(127_000)?.every(({ end }) => end?.code === 'ETIMEDOUT')).toBe(true)
  })
})

describe('an unreachable host', () => {
  test('fails connections at once, as often as it says, and says that it was made up (F30)', () => {
    const { dial, dialer } = openDialer({ unreachable: { probability: '20%', code: 'ENETUNREACH' } })
    const all = Array.from({ length: 2000 }, () => dial().end)
    const failed = all.filter((end) => end?.code !== undefined)
    expect(Math.abs(failed.length / 2000 - 0.2)).toBeLessThan(3 * Math.sqrt(0.16 / 2000))
    expect(failed[0]).toMatchObject({ code: 'ENETUNREACH', text: 'connect ENETUNREACH (synthetic)', atMs: 0 })
    expect(dialer.tallies()['unreachable']).toEqual({ eligible: 2000, fired: failed.length, bytes: 0 })
  })

  test('has no handshake', () => {
    const { dial } = openDialer({ unreachable: { probability: 1 }, handshake: { delay: '1s' } })
    expect(dial().end).toMatchObject({ code: 'EHOSTUNREACH', atMs: 0 })
  })

  test('is so by its schedule, counted from the origin (F36, P11)', async () => {
    const schedule = { fromNs: 1e9, forNs: 1e9, shape: { kind: 'constant' } } as const
    const { dial, clock } = openDialer({ unreachable: { probability: 1 } }, { schedule })
    const codes = [dial().end?.code]
    for (let second = 0; second < 2; second++) {
      await clock.advance(1.01e9)
      codes.push(dial().end?.code)
    }
    expect(codes).toEqual([undefined, 'EHOSTUNREACH', undefined])
  })
})

test('the n-th connection has the same fate for the same seed, whatever became of those beside it', () => {
  const fates = (seed: number) => {
    const { dial } = openDialer({ unreachable: { probability: '50%' } }, {}, seed)
    return Array.from({ length: 64 }, () => dial().end?.code)
  }
  expect(fates(1)).toEqual(fates(1))
  expect(fates(1)).not.toEqual(fates(2))
})

test('who asks for all addresses has the one in a list', () => {
  const { dialer } = openDialer({ handshake: { delay: '0ms', jitter: '0ms', loss: '1ppm' } })
  const { place } = dialer.given()
  const found: (string | LookupAddress[])[] = []
  place.lookup(place.host, { all: true }, (_, addresses) => found.push(addresses))
  expect(found).toEqual([[{ address: '127.0.0.1', family: 4 }]])
})
