import { expect, test } from 'vitest'
import { nsPerSecond } from '../../../harness/kernel/units.ts'
import { createVirtualClock } from '../../../harness/kernel/virtual-clock.ts'
import { watchResources } from '../../../harness/run/watch.ts'
import type { TreeSample } from '../../../harness/target/sample.ts'

/** What it has used of the CPU by a second: a quarter of a core until the tenth, then a half. */
const cpuMsAt = (second: number): number => 250 * second + 250 * Math.max(0, second - 9)

/** A watch of a target that holds, at each second, what `kbAt` says; null: it cannot be read. */
function watched(kbAt: (second: number) => number | null) {
  const clock = createVirtualClock()
  const target = { isDown: false, restarts: 0 }
  const sample = (): Promise<TreeSample> => {
    const atNs = clock.nowNs()
    const memoryKb = kbAt(atNs / nsPerSecond)
    const others = {
      processes: 1,
      memorySource: 'rss',
      rssKb: memoryKb,
      pssKb: null,
      cpuMs: cpuMsAt(atNs / nsPerSecond),
    } as const
    return Promise.resolve({ atNs, memoryKb, fds: 20 + ((atNs / nsPerSecond) % 3), threads: 8, ...others })
  }
  const watch = watchResources(sample, target, clock, nsPerSecond)
  const take = (from: number, to: number) => watch.take(from * nsPerSecond, to * nsPerSecond)
  return { clock, target, watch, take }
}

test('a window has the lower end of what was held: the second least of ten readings, and the least of less', async () => {
  const { clock, watch, take } = watched((second) => 1000 - second)
  await clock.advance(15 * nsPerSecond)
  expect(take(0, 10)).toMatchObject({
    memoryKb: 995,
    lows: { readings: 10, memoryKb: 992, fds: 20, threads: 8, restarts: 0 },
  })
  expect(take(10, 15).lows).toMatchObject({ readings: 5, memoryKb: 986 })
  await watch.stop()
})

test('what was held by a process that was killed is not the lower end of what came after it', async () => {
  const { clock, target, watch, take } = watched((second) => (second < 4 ? 10 : 1000))
  await clock.advance(3.5 * nsPerSecond)
  target.isDown = true
  await clock.advance(2 * nsPerSecond)
  Object.assign(target, { isDown: false, restarts: 1 })
  await clock.advance(4.5 * nsPerSecond)
  expect(take(0, 10).lows).toMatchObject({ readings: 4, memoryKb: 1000, restarts: 1 })
  expect(watch.missing.count).toBe(0)
  await watch.stop()
})

test('where nothing could be read there is no lower end', async () => {
  const { clock, watch, take } = watched(() => null)
  await clock.advance(10 * nsPerSecond)
  expect(take(0, 10)).toMatchObject({ memoryKb: null, lows: null })
  expect(watch.missing.count).toBeGreaterThan(5)
  await watch.stop()
})

test('a window has the CPU used since the last reading before it, so that a window of one reading has some too', async () => {
  const { clock, watch, take } = watched(() => 1000)
  await clock.advance(15.5 * nsPerSecond)
  expect(take(0, 10)).toMatchObject({ threads: 8, cpuCores: 0.25 })
  expect(take(10, 11).cpuCores).toBe(0.5)
  expect(take(12, 15).cpuCores).toBe(0.5)
  expect(take(20, 21)).toMatchObject({ threads: null, cpuCores: null })
  await watch.stop()
})
