import { expect, test } from 'vitest'
import { createVirtualClock } from '../../../../harness/kernel/virtual-clock.ts'
import { WatchdogError, withWatchdog } from '../../../../harness/run/guards/watchdog.ts'

const ms = 1e6

test('what ends in time passes on as it is, and leaves no timer (L10)', async () => {
  const clock = createVirtualClock()
  expect(await withWatchdog(async () => 'done', { limit: '1s', clock })).toBe('done')
  const own = new Error('its own')
  await expect(withWatchdog(() => Promise.reject(own), { limit: '1s', clock })).rejects.toBe(own)
  const thrown = (): never => {
    throw own
  }
  await expect(withWatchdog(thrown, { limit: '1s', clock })).rejects.toBe(own)
  expect(clock.pending()).toBe(0)
})

test('what hangs is rejected as the limit is reached, told once, and its signal aborts (L10, P30)', async () => {
  const clock = createVirtualClock()
  const signals: AbortSignal[] = []
  let told = 0
  const hanging = withWatchdog(
    (signal) => {
      signals.push(signal)
      return new Promise<never>(() => {})
    },
    { limit: '300s', clock, onTimeout: () => told++ },
  ).catch((error: unknown) => error)
  await clock.advance(300_000 * ms - 1)
  expect([told, signals[0]?.aborted]).toEqual([0, false])
  await clock.advance(1)
  const error = await hanging
  expect(error).toBeInstanceOf(WatchdogError)
  expect(error).toMatchObject({ code: 'watchdog', message: 'took longer than 300s', callbackError: undefined })
  expect([told, signals[0]?.aborted, signals[0]?.reason]).toEqual([1, true, error])
  expect(await (error as WatchdogError).ended).toEqual([])
  await clock.advance(1e12)
  expect([told, clock.pending()]).toEqual([1, 0])
})

test('a callback that throws is kept in the error, and changes nothing (L10)', async () => {
  const clock = createVirtualClock()
  const why = new Error('a bug of the program')
  const hanging = withWatchdog(() => new Promise<never>(() => {}), {
    limit: '10ms',
    clock,
    onTimeout: () => {
      throw why
    },
  }).catch((error: unknown) => error)
  await clock.advance(10 * ms)
  expect(await hanging).toMatchObject({ code: 'watchdog', callbackError: why })
})

test('a limit or a grace that is no duration is refused before anything begins', async () => {
  let begun = false
  const work = (): void => {
    begun = true
  }
  await expect(withWatchdog(work, { limit: 'soon' })).rejects.toThrow('soon')
  await expect(withWatchdog(work, { limit: '1s', grace: 'a while' })).rejects.toThrow('a while')
  expect(begun).toBe(false)
})

test('a child that was not started cannot be watched', async () => {
  const child = { pid: undefined }
  await expect(withWatchdog(() => 1, { limit: '1s', child })).rejects.toMatchObject({ code: 'not-started' })
})
