import { describe, expect, test } from 'vitest'
import { createVirtualClock } from '../../../../harness/kernel/virtual-clock.ts'
import { failure, type Outcome } from '../../../../harness/resilience/outcome.ts'
import { PromiseAttempt, type PromiseAttemptOptions } from '../../../../harness/resilience/promise/attempt.ts'
import { plainCall } from '../../../../harness/resilience/step.ts'
import { ms } from '../../../support/fake-attempts.ts'

function attemptOf<Value>(
  work: PromiseAttemptOptions<Value>['work'],
  options: Partial<PromiseAttemptOptions<Value>> = {},
) {
  const clock = createVirtualClock()
  const ends: { outcome: Outcome; atMs: number }[] = []
  const owner = { ended: (outcome: Outcome, nowNs: number) => void ends.push({ outcome, atMs: nowNs / ms }) }
  const attempt = new PromiseAttempt<Value>({ work, owner, clock, ...options })
  return { attempt, clock, ends, begin: () => attempt.begin(plainCall('hi')) }
}

describe('an attempt of a function', () => {
  test('ends as what was returned or thrown is read, and holds that', async () => {
    const gone = Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })
    const results = [() => Promise.resolve('hi'), () => Promise.reject(gone)]
    const { begin, clock, ends, attempt } = attemptOf(() => results.shift()?.() as Promise<string>)
    begin()
    await clock.advance(ms)
    expect(attempt.last?.take()).toBe('hi')
    begin()
    await clock.advance(ms)
    expect(ends).toMatchObject([{ outcome: { ok: true } }, { outcome: { ok: false, error: 'refused' } }])
    expect(() => attempt.last?.take()).toThrow(gone)
  })

  test('whose reading throws has failed', async () => {
    const { begin, clock, ends } = attemptOf(() => 1, {
      outcomeOf: () => {
        throw new TypeError('a bug of the program')
      },
    })
    begin()
    await clock.advance(ms)
    expect(ends).toMatchObject([{ outcome: { error: 'script' } }])
  })

  test('that is given up tells no end, aborts its signal and lingers until it has settled (P68)', async () => {
    const clock = createVirtualClock()
    const signals: AbortSignal[] = []
    const { begin, attempt, ends } = attemptOf(
      async (signal) => {
        signals.push(signal)
        await clock.sleep(20 * ms)
      },
      { clock, reason: () => 'enough' },
    )
    begin()
    await clock.advance(5 * ms)
    const stopped: number[] = []
    attempt.cancel()?.whenStopped((nowNs) => stopped.push(nowNs / ms))
    expect([signals[0]?.aborted, signals[0]?.reason]).toEqual([true, 'enough'])
    // The next may begin while it lingers.
    begin()
    await clock.advance(16 * ms)
    expect([stopped, ends]).toEqual([[20], []])
    await clock.advance(5 * ms)
    expect(ends).toMatchObject([{ outcome: { ok: true }, atMs: 25 }])
  })

  test('that has stopped by the time somebody asks says so at once (P68)', async () => {
    const clock = createVirtualClock()
    const { begin, attempt } = attemptOf(() => clock.sleep(20 * ms), { clock })
    begin()
    const lingering = attempt.cancel()
    await clock.advance(30 * ms)
    const stopped: number[] = []
    lingering?.whenStopped((nowNs) => stopped.push(nowNs / ms))
    expect(stopped).toEqual([30])
  })

  test('that does not run has nothing to give up', () => {
    expect(attemptOf(() => 1).attempt.cancel()).toBeNull()
  })

  test('may be read as a failure though it returned', async () => {
    const { begin, clock, ends, attempt } = attemptOf(() => 'late', { outcomeOf: () => failure('lost') })
    begin()
    await clock.advance(ms)
    expect([ends[0]?.outcome.error, attempt.last?.take()]).toEqual(['lost', 'late'])
  })
})
