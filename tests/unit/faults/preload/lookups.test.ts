import { expect, test } from 'vitest'
import { Hold } from '../../../../harness/faults/preload/hold.ts'
import { type LookedUp, Lookups } from '../../../../harness/faults/preload/lookups.ts'
import { parseRules } from '../../../../harness/faults/rules.ts'
import { systemCode } from '../../../../harness/kernel/errors.ts'
import { createRng } from '../../../../harness/kernel/rng.ts'
import { TimerWheel } from '../../../../harness/kernel/timer-wheel.ts'
import { createVirtualClock } from '../../../../harness/kernel/virtual-clock.ts'

function openLookups(fault: object, match: object = { host: ['db.test', '*.svc.test'] }) {
  const clock = createVirtualClock()
  const wheel = new TimerWheel(clock)
  const rules = parseRules([{ name: 'rule', fault: { dns: fault }, match }])
  const lookups = new Lookups({ layer: 'preload', rules, rng: createRng(1), clock, wheel, hold: new Hold() })
  return {
    lookups,
    clock,
    look: (name = 'db.test', family = 0) => {
      const told: { what: string | null; atMs: number }[] = []
      lookups.look(name, family, (what) => told.push({ what: shown(what), atMs: clock.nowNs() / 1e6 }))
      return told
    },
  }
}

function shown(what: LookedUp): string | null {
  if (what.kind === 'failed') return systemCode(what.error) ?? null
  return what.kind === 'address' ? `${what.address} ${what.family}` : null
}

test.each([
  [{ nxdomain: 1 }, 'ENOTFOUND'],
  [{ empty: 1 }, 'ENOTFOUND'],
  [{ servfail: 1 }, 'EAI_AGAIN'],
  [{ refused: 1 }, 'EAI_AGAIN'],
  [{ malformed: 1 }, 'EAI_AGAIN'],
  [{ wrongAddress: 1, address: '127.0.0.66' }, '127.0.0.66 4'],
  // Whoever resolves for the system asks again over TCP.
  [{ truncated: 1 }, null],
])('%j is to a program what its system would say (F32)', (fault, what) => {
  expect(openLookups(fault).look()).toEqual([{ what, atMs: 0 }])
})

test('an answer is as late as it says, and one that never comes is given up in time (F32)', async () => {
  const { look, clock } = openLookups({ delay: '30ms' })
  const late = look()
  await clock.advance(29e6)
  expect(late).toEqual([])
  await clock.advance(1e6)
  expect(late).toEqual([{ what: null, atMs: 30 }])

  const silent = openLookups({ drop: 1, timeout: '250ms' })
  const given = silent.look()
  await silent.clock.advance(250e6)
  expect(given).toEqual([{ what: 'EAI_AGAIN', atMs: 250 }])
})

test('only names that a rule is for are looked at, and never addresses', () => {
  const { lookups } = openLookups({ nxdomain: 1 })
  expect(['db.test', 'a.svc.test', 'svc.test', '127.0.0.1'].map((name) => lookups.concerns(name))).toEqual([
    true,
    true,
    false,
    false,
  ])
})
