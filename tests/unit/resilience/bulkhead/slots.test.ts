import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createWaiter } from '../../../../harness/kernel/waiting-line.ts'
import { SlotGroup, type Slots } from '../../../../harness/resilience/bulkhead/slots.ts'
import { decisions } from '../../../../harness/resilience/policy.ts'

/** Compartments of two slots and a line of four; who got a slot is written down as `compartment/number`. */
function compartments(count: number, { own = 2, ceiling = 2, maxQueue = 4 } = {}) {
  const group = new SlotGroup({ active: 0, queued: 0 })
  const all = Array.from({ length: count }, () => group.add({ own, ceiling }, maxQueue))
  const got: string[] = []
  const enter = (compartment: number, number: number) => {
    const slots = all[compartment] as Slots
    const waiter = createWaiter<Slots>((given) => {
      given.take()
      got.push(`${compartment}/${number}`)
    })
    const decision = slots.enter(waiter)
    if (decision === decisions.proceed) got.push(`${compartment}/${number}`)
    return { decision, waiter }
  }
  return { group, all, got, enter }
}

describe('slots', () => {
  it('go to who waits, in the order in which they came', () => {
    const { all, got, enter } = compartments(1)
    const entered = [0, 1, 2, 3, 4].map((number) => enter(0, number).decision)
    expect(entered).toEqual([decisions.proceed, decisions.proceed, decisions.wait, decisions.wait, decisions.wait])
    for (let left = 0; left < 3; left++) all[0]!.leave(left)
    expect(got).toEqual(['0/0', '0/1', '0/2', '0/3', '0/4'])
    expect(all[0]!.active).toBe(2)
  })

  it('are not left to a newcomer while somebody waits, nor is who waits refused for one', () => {
    const { all, got, enter } = compartments(1, { own: 1, ceiling: 1 })
    enter(0, 0)
    enter(0, 1)
    const slots = all[0]!
    // The first to be told of a slot ends at once, and somebody new comes at that very moment.
    const eager = createWaiter<Slots>((given, nowNs) => {
      given.take()
      given.leave(nowNs)
      enter(0, 3)
    })
    slots.enter(eager)
    enter(0, 2)
    for (let left = 0; left < 4; left++) slots.leave(left)
    expect(got).toEqual(['0/0', '0/1', '0/2', '0/3'])
    expect(slots.tally).toEqual({ total: 5, accepted: 5, rejected: 0, timedOut: 0, queued: 4, abandoned: 0 })
  })

  it('do not recurse, however many end at once when they are let in', () => {
    const group = new SlotGroup({ active: 0, queued: 0 })
    const slots = group.add({ own: 1, ceiling: 1 }, 100_000)
    const first = createWaiter<Slots>(() => {})
    slots.enter(first)
    for (let count = 0; count < 100_000; count++) {
      slots.enter(
        createWaiter<Slots>((given, nowNs) => {
          given.take()
          given.leave(nowNs)
        }),
      )
    }
    slots.leave(1)
    expect(slots.tally.accepted).toBe(100_001)
    expect(slots.active).toBe(0)
  })

  it('are not given to who has left the line', () => {
    const { all, got, enter } = compartments(1)
    const entered = [0, 1, 2, 3].map((number) => enter(0, number))
    all[0]!.withdraw(entered[2]!.waiter)
    all[0]!.leave(1)
    expect(got).toEqual(['0/0', '0/1', '0/3'])
    expect(all[0]!.tally).toMatchObject({ total: 4, accepted: 3, abandoned: 1 })
  })

  it('that a compartment does not use are lent, up to the ceiling and never more than all of them', () => {
    const { all, enter } = compartments(2, { own: 2, ceiling: 3 })
    const entered = [0, 1, 2, 3].map((number) => enter(0, number).decision)
    expect(entered).toEqual([decisions.proceed, decisions.proceed, decisions.proceed, decisions.wait])
    expect(enter(1, 0).decision).toBe(decisions.proceed)
    // Its second slot is lent, and comes back when that work ends.
    expect(enter(1, 1).decision).toBe(decisions.wait)
    expect(all.map(({ active }) => active)).toEqual([3, 1])
  })

  it('that are lent come back to their owner first', () => {
    const { all, got, enter } = compartments(2, { own: 2, ceiling: 3 })
    for (let number = 0; number < 5; number++) enter(0, number)
    enter(1, 0)
    enter(1, 1)
    got.length = 0
    all[0]!.leave(1)
    expect(got).toEqual(['1/1'])
    // Now it has all of its own back, and nothing is left to lend.
    all[0]!.leave(2)
    expect(got).toEqual(['1/1', '0/3'])
    expect(all.map(({ active }) => active)).toEqual([2, 2])
  })

  it('that are lent are waited for by whoever they belong to, also where there is no line', () => {
    const { all, got, enter } = compartments(2, { own: 2, ceiling: 3, maxQueue: 0 })
    for (let number = 0; number < 3; number++) enter(0, number)
    expect([0, 1, 2].map((number) => enter(1, number).decision)).toEqual([
      decisions.proceed,
      decisions.wait,
      decisions.settle,
    ])
    expect(enter(0, 3).decision).toBe(decisions.settle)
    all[0]!.leave(1)
    expect(got.at(-1)).toBe('1/1')
    expect(enter(1, 3).decision).toBe(decisions.settle)
    expect(all.map(({ active, line }) => [active, line.length])).toEqual([
      [2, 0],
      [2, 0],
    ])
  })

  it('that are lent go round among those who wait for them', () => {
    const { all, got, enter } = compartments(3, { own: 1, ceiling: 2 })
    for (const compartment of [0, 1, 2, 0, 0, 1, 1]) enter(compartment, got.length)
    all[2]!.leave(1)
    const [first] = got.slice(3)
    got.length = 0
    all[Number(first![0])]!.leave(2)
    expect(got[0]![0]).not.toBe(first![0])
  })

  it('never exceed any limit, whoever comes and goes', () => {
    const step = fc.record({
      kind: fc.constantFrom('enter', 'enter', 'leave', 'withdraw'),
      compartment: fc.nat(2),
      of: fc.nat(9),
    })
    fc.assert(
      fc.property(
        fc.array(step, { size: 'max', maxLength: 120 }),
        fc.integer({ min: 2, max: 3 }),
        fc.constantFrom(0, 4),
        (...drawn) => {
          const [steps, ceiling, maxQueue] = drawn
          const { all, got, enter } = compartments(3, { own: 2, ceiling, maxQueue })
          const waiting: { compartment: number; waiter: ReturnType<typeof enter>['waiter'] }[] = []
          let number = 0
          let refusedForOthers = 0
          const broken = new Set<string>()
          const must = (what: string, holds: boolean): unknown => holds || broken.add(what)
          for (const { kind, compartment, of } of steps) {
            const slots = all[compartment]!
            if (kind === 'enter') {
              const { decision, waiter } = enter(compartment, number++)
              const full = slots.active + slots.line.length >= 2 + maxQueue
              if (decision === decisions.settle && !full) refusedForOthers++
              if (decision === decisions.wait) waiting.push({ compartment, waiter })
            } else if (kind === 'leave' && slots.active > 0) slots.leave(0)
            else if (kind === 'withdraw') {
              const still = waiting.filter(({ waiter }) => waiter.next !== null)
              const one = still[of % Math.max(1, still.length)]
              if (one) all[one.compartment]!.withdraw(one.waiter)
            }
            const total = all.reduce((sum, { active }) => sum + active, 0)
            must('no more work than there are slots', total <= 6)
            must('a compartment with room of its own refuses nobody', refusedForOthers === 0)
            for (const { active, line, tally } of all) {
              must('none goes beyond its ceiling', active <= ceiling)
              must('no line is longer than it may be', line.length <= maxQueue + Math.max(0, 2 - active))
              const { accepted, rejected, timedOut, abandoned } = tally
              must('the counters add up', accepted + rejected + timedOut + abandoned + line.length === tally.total)
              must('nobody waits for a slot that there is', line.length === 0 || total === 6 || active === ceiling)
            }
          }
          expect(broken).toEqual(new Set())
          // Within a compartment, in order.
          for (let compartment = 0; compartment < 3; compartment++) {
            const numbers = got.filter((one) => one.startsWith(`${compartment}/`)).map((one) => Number(one.slice(2)))
            expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
          }
        },
      ),
      { numRuns: 100, seed: 1 },
    )
  })

  it('that were taken away are not given out again, and what works on is not ended', () => {
    const { all, got, enter } = compartments(1)
    for (let number = 0; number < 4; number++) enter(0, number)
    all[0]!.resize({ own: 1, ceiling: 1 })
    all[0]!.leave(1)
    expect(got).toHaveLength(2)
    all[0]!.leave(2)
    expect(got).toHaveLength(3)
    all[0]!.resize({ own: 3, ceiling: 3 })
    all[0]!.leave(3)
    expect(got).toHaveLength(4)
  })
})
