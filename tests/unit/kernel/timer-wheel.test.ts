import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TimerWheel, type WheelEntry, wheelEntry } from '../../../harness/kernel/timer-wheel.ts'
import { createVirtualClock } from '../../../harness/kernel/virtual-clock.ts'

type Step =
  | { readonly kind: 'schedule'; readonly entry: number; readonly delayNs: number }
  | { readonly kind: 'cancel'; readonly entry: number }
  | { readonly kind: 'advance'; readonly ns: number }
  | { readonly kind: 'clear' }

const entries = 6

const delays = fc.oneof(
  fc.nat(3_000_000),
  fc.nat(3_000_000_000),
  // Whole slots and whole turns of the wheel, where off-by-one errors live.
  fc.nat(3).map((turns) => turns * 1024e6),
  fc.nat(2100).map((slots) => slots * 1e6),
  // Into the past.
  fc.nat(5_000_000).map((ns) => -ns),
)

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('schedule' as const), entry: fc.nat(entries - 1), delayNs: delays }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel' as const), entry: fc.nat(entries - 1) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('advance' as const), ns: fc.nat(2_500_000_000) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const) }) },
  ),
  { maxLength: 40 },
)

/** A map of due times, looked through from end to end: what a wheel must be indistinguishable from. */
class Oracle {
  readonly due = new Map<number, number>()
  readonly fired: string[] = []

  advance(fromNs: number, toNs: number): void {
    for (const [entry, dueNs] of [...this.due].toSorted((a, b) => a[1] - b[1])) {
      if (dueNs > toNs) continue
      this.due.delete(entry)
      this.fired.push(`${entry}@${Math.max(dueNs, fromNs)}`)
    }
  }
}

async function play(
  program: readonly Step[],
): Promise<{ wheel: string[]; oracle: string[]; left: number; due: number }> {
  const clock = createVirtualClock(123_456_789)
  const wheel = new TimerWheel(clock)
  const fired: string[] = []
  const oracle = new Oracle()
  const all = Array.from({ length: entries }, (_, index) => wheelEntry((nowNs) => fired.push(`${index}@${nowNs}`)))
  for (const step of program) {
    if (step.kind === 'schedule') {
      const dueNs = clock.nowNs() + step.delayNs
      wheel.schedule(all[step.entry]!, dueNs)
      oracle.due.set(step.entry, dueNs)
    } else if (step.kind === 'cancel') {
      wheel.cancel(all[step.entry]!)
      oracle.due.delete(step.entry)
    } else if (step.kind === 'clear') {
      wheel.clear()
      oracle.due.clear()
    } else {
      oracle.advance(clock.nowNs(), clock.nowNs() + step.ns)
      await clock.advance(step.ns)
    }
    expect(wheel.size).toBe(oracle.due.size)
  }
  return { wheel: fired.toSorted(), oracle: oracle.fired.toSorted(), left: wheel.size, due: oracle.due.size }
}

describe('a timer wheel', () => {
  test('fires what a list of due times would, at the same times, whatever is scheduled, moved, cancelled or cleared', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (program) => {
        const { wheel, oracle, left, due } = await play(program)
        expect(wheel).toEqual(oracle)
        expect(left).toBe(due)
      }),
      { numRuns: 200 },
    )
  })

  test('fires in the order of due times across slots', async () => {
    const clock = createVirtualClock()
    const wheel = new TimerWheel(clock)
    const fired: number[] = []
    for (const ms of [30, 5, 1500, 12])
      wheel.schedule(
        wheelEntry(() => fired.push(ms)),
        ms * 1e6,
      )
    await clock.advance(2e9)
    expect(fired).toEqual([5, 12, 30, 1500])
  })

  test('keeps one timer of the clock, however many entries it holds', async () => {
    const clock = createVirtualClock()
    const wheel = new TimerWheel(clock)
    for (let ms = 100; ms > 0; ms--)
      wheel.schedule(
        wheelEntry(() => {}),
        ms * 1e6,
      )
    expect(clock.pending()).toBe(1)
    await clock.advance(50e6)
    expect([clock.pending(), wheel.size]).toEqual([1, 50])
  })

  test('asks the clock for one timer per wake, whatever its entries schedule while they fire', async () => {
    const clock = createVirtualClock()
    let asked = 0
    const counting = { ...clock, after: (ns: number, callback: () => void) => (asked++, clock.after(ns, callback)) }
    const wheel = new TimerWheel(counting)
    const all: WheelEntry[] = Array.from({ length: 5 }, (_, index) =>
      wheelEntry((nowNs) => {
        // Each is due before the one that was scheduled before it.
        if (nowNs < 10e6) wheel.schedule(all[index]!, nowNs + 1e6 - index * 1e3)
      }),
    )
    for (const entry of all) wheel.schedule(entry, 1e6)
    await clock.advance(1e6)
    expect([asked, clock.pending()]).toEqual([2, 1])
  })

  test('has no timer of the clock once its last entry is cancelled', async () => {
    const clock = createVirtualClock()
    const wheel = new TimerWheel(clock)
    const entry = wheelEntry(() => {})
    wheel.schedule(entry, 5e9)
    wheel.cancel(entry)
    await clock.advance(0)
    expect(clock.pending()).toBe(0)
    wheel.schedule(entry, 6e9)
    expect(clock.pending()).toBe(1)
  })

  test('keeps its timer when the last entry is cancelled and another one scheduled at once', async () => {
    const clock = createVirtualClock()
    let asked = 0
    const counting = { ...clock, after: (ns: number, callback: () => void) => (asked++, clock.after(ns, callback)) }
    const wheel = new TimerWheel(counting)
    const fired: number[] = []
    const entry = wheelEntry((nowNs) => fired.push(nowNs))
    for (let turn = 0; turn < 100; turn++) {
      wheel.schedule(entry, clock.nowNs() + 5e9)
      await clock.advance(1e6)
      wheel.cancel(entry)
    }
    wheel.schedule(entry, clock.nowNs() + 5e9)
    expect(asked).toBe(1)
    await clock.advance(10e9)
    expect(fired).toEqual([5.1e9])
  })

  test('fires what is left when an entry has thrown', async () => {
    const clock = createVirtualClock()
    const thrown: unknown[] = []
    const catching = {
      ...clock,
      after: (ns: number, callback: () => void) =>
        clock.after(ns, () => {
          try {
            callback()
          } catch (error) {
            thrown.push(error)
          }
        }),
    }
    const wheel = new TimerWheel(catching)
    const fired: string[] = []
    const failing = wheelEntry(() => {
      throw new Error('a bug')
    })
    wheel.schedule(failing, 1e6)
    wheel.schedule(
      wheelEntry(() => fired.push('same slot')),
      1e6,
    )
    wheel.schedule(
      wheelEntry(() => fired.push('later')),
      3e6,
    )
    await clock.advance(1e6)
    expect([thrown.length, fired]).toEqual([1, ['same slot']])
    await clock.advance(2e6)
    expect([fired, wheel.size]).toEqual([['same slot', 'later'], 0])
  })

  test('lets an entry schedule itself again while it fires', async () => {
    const clock = createVirtualClock()
    const wheel = new TimerWheel(clock)
    const times: number[] = []
    const entry: WheelEntry = wheelEntry((nowNs) => {
      times.push(nowNs)
      if (times.length < 4) wheel.schedule(entry, nowNs + 1024e6)
    })
    wheel.schedule(entry, 1e6)
    await clock.advance(10e9)
    expect(times).toEqual([1e6, 1025e6, 2049e6, 3073e6])
    expect(wheel.size).toBe(0)
  })

  test('lets an entry cancel its neighbours in the same slot while it fires', async () => {
    const clock = createVirtualClock()
    const wheel = new TimerWheel(clock)
    const fired: string[] = []
    const others = ['b', 'c'].map((name) => wheelEntry(() => fired.push(name)))
    const last = wheelEntry(() => fired.push('d'))
    wheel.schedule(
      wheelEntry(() => {
        fired.push('a')
        for (const other of others) wheel.cancel(other)
      }),
      1e6,
    )
    for (const other of [...others, last]) wheel.schedule(other, 1e6)
    await clock.advance(5e6)
    expect(fired).toEqual(['a', 'd'])
  })

  test('fires at once what is scheduled into the past while it fires', async () => {
    const clock = createVirtualClock()
    const wheel = new TimerWheel(clock)
    const times: number[] = []
    const late = wheelEntry((nowNs) => times.push(nowNs))
    wheel.schedule(
      wheelEntry((nowNs) => wheel.schedule(late, nowNs - 5e6)),
      10e6,
    )
    await clock.advance(10e6)
    await clock.advance(1e6)
    expect(times).toEqual([10e6])
  })

  test('stays whole when an entry moves its neighbour to another slot while it fires', async () => {
    const clock = createVirtualClock()
    const wheel = new TimerWheel(clock)
    const fired: string[] = []
    const neighbour = wheelEntry((nowNs) => fired.push(`b@${nowNs / 1e6}`))
    wheel.schedule(
      wheelEntry((nowNs) => {
        fired.push(`a@${nowNs / 1e6}`)
        wheel.schedule(neighbour, 7e6)
      }),
      1e6,
    )
    wheel.schedule(neighbour, 1e6)
    wheel.schedule(
      wheelEntry((nowNs) => fired.push(`c@${nowNs / 1e6}`)),
      1e6,
    )
    await clock.advance(20e6)
    expect(fired).toEqual(['a@1', 'c@1', 'b@7'])
    expect(wheel.size).toBe(0)
  })

  test('loses nothing and is never early on a clock that wakes it late, whatever entries do to each other', async () => {
    const acts = fc.record({ target: fc.nat(entries - 1), delayNs: fc.option(delays, { nil: null }) })
    const scripts = fc.array(fc.record({ startNs: fc.nat(3_000_000), acts: fc.array(acts, { maxLength: 2 }) }), {
      minLength: entries,
      maxLength: entries,
    })
    await fc.assert(
      fc.asyncProperty(scripts, fc.nat(1_100_000_000), async (plan, lateNs) => {
        const clock = createVirtualClock(123_456_789)
        const late = { ...clock, after: (ns: number, callback: () => void) => clock.after(ns + lateNs, callback) }
        const wheel = new TimerWheel(late)
        const due = new Map<number, number>()
        let early = 0
        let unexpected = 0
        const schedule = (index: number, dueNs: number): void => {
          due.set(index, dueNs)
          wheel.schedule(all[index]!, dueNs)
        }
        const all: WheelEntry[] = plan.map(({ acts: own }, index) => {
          const left = [...own]
          return wheelEntry((nowNs) => {
            const dueNs = due.get(index)
            if (dueNs === undefined) unexpected++
            else if (dueNs > nowNs) early++
            due.delete(index)
            const act = left.shift()
            if (act === undefined) return
            if (act.delayNs !== null) return schedule(act.target, nowNs + act.delayNs)
            wheel.cancel(all[act.target]!)
            due.delete(act.target)
          })
        })
        for (const [index, { startNs }] of plan.entries()) schedule(index, clock.nowNs() + startNs)
        await clock.advance(120e9)
        expect({ early, unexpected, due: due.size, size: wheel.size }).toEqual({
          early: 0,
          unexpected: 0,
          due: 0,
          size: 0,
        })
      }),
      { numRuns: 200 },
    )
  })
})
