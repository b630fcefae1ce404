import { expect, test } from 'vitest'
import { createVirtualClock } from '../../../harness/kernel/virtual-clock.ts'
import type { OtherReadings } from '../../../harness/run/other-targets.ts'
import { untilCountsStand } from '../../../harness/run/counts-stand.ts'
import type { RequestCounter } from '../../../harness/target/stats.ts'

const ms = 1e6

/** A count that grows by one with each look, so many times. */
function counted(moves: number) {
  let looks = 0
  const reading = () => ({ requests: Math.min(looks++, moves), ordinal: looks, failed: 0, restarts: 0 })
  return { looks: () => looks, reading }
}

const grown = (before: unknown, after: unknown) => {
  const [from, to] = [before, after] as { readonly requests: number }[]
  return { requests: (to?.requests ?? 0) - (from?.requests ?? 0), slack: 0 }
}

/** How long is waited for a target whose count moves so often, and another likewise; null for none. */
async function waited(own: number | null, other: number | null): Promise<number> {
  const clock = createVirtualClock()
  const [first, second] = [counted(own ?? 0), counted(other ?? 0)]
  const counter = { read: () => Promise.resolve(first.reading()), requestsBetween: grown } as unknown as RequestCounter
  const others = {
    read: (names: readonly string[]) =>
      Promise.resolve(Object.fromEntries(names.map((name) => [name, second.reading()]))),
    between: (before: OtherReadings, after: OtherReadings) =>
      Object.fromEntries(Object.keys(after).map((name) => [name, grown(before[name], after[name])])),
  }
  let endedNs: number | null = null
  void untilCountsStand(
    { counter: own === null ? null : counter, others },
    other === null ? [] : ['replica'],
    clock,
    1000 * ms,
  ).then(() => (endedNs = clock.nowNs()))
  await clock.advance(2000 * ms)
  return (endedNs ?? Number.NaN) / ms
}

test.each([
  ['one that stands is looked at twice', 0, null, 20],
  ['one that moves is waited for', 3, null, 80],
  ['so is another that the client asks', 0, 3, 80],
  ['also where the first one has no count', null, 3, 80],
  ['without any count nothing is waited for', null, null, 0],
  ['one that never stands is given up', 0, 1000, 1000],
] as const)('of counts %s', async (_, own, other, expectedMs) => {
  expect(await waited(own, other)).toBe(expectedMs)
})
