import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Clock, nextTurn, realClock, type Timer } from '../../../harness/kernel/clock.ts'
import { openPreciseClock } from '../../../harness/kernel/precise-clock.ts'

const run = promisify(execFile)
const module = new URL('../../../harness/kernel/precise-clock.ts', import.meta.url).href

/** Runs a script beside an open clock, in a process of its own; tells what it printed and how long it lived. */
async function inProcess(script: string): Promise<{ readonly printed: string; readonly tookMs: number }> {
  const source = `import { openPreciseClock } from ${JSON.stringify(module)}
    const clock = openPreciseClock(), print = (text) => process.stdout.write(text + ' ')
    ${script}`
  const fromNs = realClock.nowNs()
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', source], { timeout: 20_000 })
  return { printed: stdout.trim(), tookMs: (realClock.nowNs() - fromNs) / 1e6 }
}

/** Waits until the thread has rung for the first time, so that what is tested is the thread and not its substitute. */
async function threaded(clock: Clock): Promise<void> {
  await realClock.sleep(150e6)
  await clock.sleep(1e5)
}

describe('a precise clock', () => {
  test('tells the same time as the real clock', () => {
    using clock = openPreciseClock()
    const before = realClock.nowNs()
    const now = clock.nowNs()
    expect(now).toBeGreaterThanOrEqual(before)
    expect(now).toBeLessThanOrEqual(realClock.nowNs())
    expect(Math.abs(clock.date().getTime() - Date.now())).toBeLessThan(1_000)
  })

  test('is never early, and ends waits that are shorter than any of setTimeout', async () => {
    using clock = openPreciseClock()
    await threaded(clock)
    const late: number[] = []
    for (let i = 0; i < 100; i++) {
      const waitNs = 1e5 + 1_237 * i
      const fromNs = clock.nowNs()
      await clock.sleep(waitNs)
      late.push(clock.nowNs() - fromNs - waitNs)
    }
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0)
    // setTimeout would need 1 ms for each; how late most are is for tests/bench/timer-lateness.ts to tell.
    expect(Math.min(...late)).toBeLessThan(0.5e6)
  })

  test('fires in the order of due times, and of asking where they are equal', async () => {
    const fixed = realClock.nowNs() + 300e6
    using clock = openPreciseClock()
    const fired: number[] = []
    const waits = [30e6, 5e6, 20e6, 5e6, 40e6, 0.2e6, -3, 5e6]
    for (const [index, ns] of waits.entries()) clock.after(fixed + ns - clock.nowNs(), () => fired.push(index))
    await clock.sleep(fixed + 41e6 - clock.nowNs())
    const expected = waits.map((ns, index) => ({ ns, index })).toSorted((a, b) => a.ns - b.ns || a.index - b.index)
    // Equal waits are asked for some nanoseconds apart, so that their due times may differ by rounding.
    expect(fired.map((index) => waits[index])).toEqual(expected.map(({ ns }) => ns))
  })

  test('fires at once, but not within the call, what is due already', async () => {
    using clock = openPreciseClock()
    const fired: string[] = []
    clock.after(0, () => fired.push('now'))
    clock.after(-5e9, () => fired.push('past'))
    clock.after(Number.NaN, () => fired.push('no number'))
    expect(fired).toEqual([])
    await nextTurn()
    await nextTurn()
    expect(fired).toEqual(['now', 'past', 'no number'])
  })

  test('lets the event loop go round between timers that add each other', async () => {
    using clock = openPreciseClock()
    let fired = 0
    const again = (): void => {
      if (++fired < 1000) clock.after(0, again)
    }
    clock.after(0, again)
    for (let turn = 0; turn < 20; turn++) await nextTurn()
    expect(fired).toBeGreaterThan(5)
    expect(fired).toBeLessThan(40)
  })

  test('fires a timer that is added to be due before all others, and others in spite of those cancelled before them', async () => {
    using clock = openPreciseClock()
    await threaded(clock)
    const fired: string[] = []
    const never = clock.after(60e9, () => fired.push('never'))
    const first = clock.after(600e6, () => fired.push('first'))
    await realClock.sleep(5e6)
    clock.after(620e6, () => fired.push('last'))
    clock.after(2e6, () => fired.push('early'))
    await realClock.sleep(100e6)
    expect(fired).toEqual(['early'])
    first.cancel()
    await realClock.sleep(800e6)
    never.cancel()
    expect(fired).toEqual(['early', 'last'])
  })

  test('keeps 100,000 timers apart, of which every second is cancelled', async () => {
    using clock = openPreciseClock()
    const count = 100_000
    const fired = new Uint8Array(count)
    let early = 0
    const startNs = clock.nowNs() + 100e6
    const timers = Array.from({ length: count }, (_, index) => {
      // Spread over 200 ms in an order that is not theirs.
      const dueNs = startNs + ((index * 7919) % count) * 2e3
      return clock.after(dueNs - clock.nowNs(), () => {
        fired[index]!++
        // The wait was computed from another reading of the clock; its rounding is less than a microsecond.
        if (clock.nowNs() < dueNs - 1e3) early++
      })
    })
    for (let index = 0; index < count; index += 2) timers[index]!.cancel()
    await clock.sleep(startNs + 250e6 - clock.nowNs())
    expect(early).toBe(0)
    expect(fired.every((times, index) => times === index % 2)).toBe(true)
  })

  test('misses no wake-up, however timers are added, moved and cancelled', async () => {
    const acts = fc.array(
      fc.record({
        slot: fc.nat(3),
        waitNs: fc.oneof(fc.nat(50_000), fc.nat(400_000), fc.nat(3_000_000)),
        cancel: fc.boolean(),
        // Spun away, so that the thread finds things due that this one has not seen yet.
        pauseNs: fc.nat(200_000),
        turn: fc.boolean(),
      }),
      { minLength: 20, maxLength: 40 },
    )
    using clock = openPreciseClock()
    await threaded(clock)
    await fc.assert(
      fc.asyncProperty(acts, async (program) => {
        const slots: (Timer | undefined)[] = []
        const waiting = new Set<number>()
        let early = 0
        for (const [index, { slot, waitNs, cancel, pauseNs, turn }] of program.entries()) {
          if (cancel) slots[slot]?.cancel()
          const dueNs = clock.nowNs() + waitNs
          waiting.add(index)
          const timer = clock.after(waitNs, () => {
            if (clock.nowNs() < dueNs) early++
            waiting.delete(index)
          })
          slots[slot] = {
            cancel() {
              timer.cancel()
              waiting.delete(index)
            },
          }
          const endNs = clock.nowNs() + pauseNs
          while (clock.nowNs() < endNs);
          if (turn) await nextTurn()
        }
        // Nothing else is asked of the clock, so that a wake-up that was missed would never be made up for.
        for (let tries = 0; waiting.size > 0 && tries < 500; tries++) await realClock.sleep(2e6)
        expect([early, waiting.size]).toEqual([0, 0])
      }),
      { numRuns: 40 },
    )
  })

  test('does not fire what is months away', async () => {
    using clock = openPreciseClock()
    await threaded(clock)
    let fired = 0
    const timers = [90 * 86_400e9, Number.POSITIVE_INFINITY].map((ns) => clock.after(ns, () => fired++))
    await realClock.sleep(20e6)
    expect(fired).toBe(0)
    for (const timer of timers) timer.cancel()
  })

  test('fires while its thread still starts, and goes on with what waits once it is disposed', async () => {
    const clock = openPreciseClock()
    const fired: string[] = []
    clock.after(2e6, () => fired.push('starting'))
    await realClock.sleep(20e6)
    expect(fired).toEqual(['starting'])
    clock.after(30e6, () => fired.push('waiting'))
    clock[Symbol.dispose]()
    clock.after(5e6, () => fired.push('disposed'))
    await clock.sleep(50e6)
    expect(fired).toEqual(['starting', 'disposed', 'waiting'])
    clock[Symbol.dispose]()
  })

  test('rejects a sleep with the reason of its signal', async () => {
    using clock = openPreciseClock()
    const reason = new Error('enough')
    const controller = new AbortController()
    const sleeping = clock.sleep(60e9, controller.signal)
    controller.abort(reason)
    await expect(sleeping).rejects.toBe(reason)
  })
})

describe('the process of a precise clock', () => {
  test('ends while the clock is idle: never used, used, cancelled or disposed', async () => {
    const scripts = [
      `print('unused')`,
      `await clock.sleep(200e6); print('used')`,
      `clock.after(60e9, () => {}).cancel(); setTimeout(() => clock.after(60e9, () => {}).cancel(), 200); print('cancelled')`,
      `await clock.sleep(150e6); clock[Symbol.dispose](); print('disposed')`,
    ]
    const all = await Promise.all(scripts.map(inProcess))
    expect(all.map(({ printed }) => printed)).toEqual(['unused', 'used', 'cancelled', 'disposed'])
    for (const { tookMs } of all) expect(tookMs).toBeLessThan(10_000)
  }, 30_000)

  test('lives for as long as a timer waits, also one that is left when the clock is disposed', async () => {
    const scripts = [
      `clock.after(400e6, () => print('fired'))`,
      `await clock.sleep(200e6); clock.after(200e6, () => print('fired')); clock.after(1e6, () => {})`,
      `clock.after(400e6, () => print('fired')); clock[Symbol.dispose]()`,
      `await clock.sleep(200e6); clock.after(200e6, () => print('fired')); clock[Symbol.dispose]()`,
    ]
    for (const { printed, tookMs } of await Promise.all(scripts.map(inProcess))) {
      expect(printed).toBe('fired')
      expect(tookMs).toBeGreaterThan(400)
    }
  }, 30_000)

  test('hears of a callback that throws, as of any error that nobody caught, and the other timers fire', async () => {
    const { printed } = await inProcess(`
      process.on('uncaughtException', (error, origin) => print(error.message + ' ' + origin))
      await clock.sleep(200e6)
      const fromNs = clock.nowNs()
      for (const [index, text] of ['a', 'b', 'c'].entries())
        clock.after(1e6 + index, () => { if (text === 'a') throw new Error('broken'); print(text) })
      while (clock.nowNs() < fromNs + 5e6);
      clock.after(20e6, () => print('d'))`)
    expect(printed).toBe('broken uncaughtException b c d')
  }, 30_000)

  test('has a thread more until the clock is disposed', async () => {
    const { printed } = await inProcess(`
      const { readdirSync } = await import('node:fs')
      const threads = () => readdirSync('/proc/self/task').length
      await clock.sleep(150e6)
      const before = threads()
      clock[Symbol.dispose]()
      for (let tries = 0; threads() === before && tries < 500; tries++) await clock.sleep(5e6)
      print(before - threads())`)
    expect(printed).toBe('1')
  }, 30_000)

  test('exits at once when it is told to, whatever waits', async () => {
    const { tookMs } = await inProcess(`clock.after(60e9, () => {}); setTimeout(() => process.exit(0), 200)`)
    expect(tookMs).toBeLessThan(10_000)
  }, 30_000)
})
