import { describe, expect, test } from 'vitest'
import { answerOf, exitReasons, limitReasons, signalReason } from '../../../harness/judge/answer.ts'
import { exitCodes } from '../../../harness/kernel/exit-codes.ts'
import { doubt } from '../../../harness/measure/doubts.ts'

const toItsEnd = { stopped: null, strict: false }
const broken = { code: exitCodes.broken, text: 'a bound broke' }
const worse = { code: exitCodes.regression, text: 'a policy is worse' }
const dead = doubt('fault-path-dead', 'nothing acted', [])
const unclear = doubt('gate-unclear', 'too few rounds', [])
const note = doubt('one-round', 'one round', [])

describe('the answer of a run', () => {
  test('is a pass where there is no reason against it, whatever is noted', () => {
    expect(answerOf(toItsEnd, [], [note])).toEqual({ verdict: 'pass', exitCode: 0, reasons: [] })
  })

  test('is the worst of its reasons, which come in that order', () => {
    expect(answerOf(toItsEnd, [worse, broken], [dead])).toEqual({
      verdict: 'fail',
      exitCode: 99,
      reasons: ['a bound broke', 'fault-path-dead: nothing acted', 'a policy is worse'],
    })
    expect(answerOf(toItsEnd, [worse], [dead])).toMatchObject({ verdict: 'void', exitCode: 114 })
    expect(answerOf(toItsEnd, [worse], [unclear])).toMatchObject({ verdict: 'fail', exitCode: 111 })
  })

  test('is inconclusive by a doubt, and void by it where that is not allowed', () => {
    expect(answerOf(toItsEnd, [], [unclear])).toEqual({ verdict: 'inconclusive', exitCode: 0, reasons: [] })
    expect(answerOf({ ...toItsEnd, strict: true }, [], [unclear, note])).toEqual({
      verdict: 'void',
      exitCode: 114,
      reasons: ['gate-unclear: too few rounds'],
    })
  })

  test('is what is surely worse, or leaks, also where something else came to no answer', () => {
    const blind = [doubt('gate-blind', 'p99', []), doubt('gate-unclear-again', 'third night', [])]
    const leaks = { code: exitCodes.drift, text: 'a leak' }
    for (const one of [worse, leaks]) {
      expect(answerOf(toItsEnd, [one], blind)).toEqual({ verdict: 'fail', exitCode: one.code, reasons: [one.text] })
      expect(answerOf({ ...toItsEnd, strict: true }, [one], [unclear]).exitCode).toBe(one.code)
    }
    expect(answerOf(toItsEnd, [], blind)).toMatchObject({ verdict: 'void', exitCode: 114 })
    // What is missing is more than want of an answer.
    const missing = doubt('samples-missing', 'memory', ['rss'])
    expect(answerOf({ ...toItsEnd, strict: true }, [worse], [missing, unclear])).toEqual({
      verdict: 'void',
      exitCode: 114,
      reasons: ['samples-missing: memory', worse.text],
    })
  })

  test.each(['target', 'watchdog', 'signal', 'error'])(
    'does not hold the silence of a run against it that %s ended',
    (stopped) => {
      expect(answerOf({ stopped, strict: false }, [], [dead])).toMatchObject({ exitCode: 0, reasons: [] })
    },
  )

  test('holds it against one that its bounds ended, which was measured whole until then', () => {
    expect(answerOf({ stopped: 'bounds', strict: false }, [broken], [dead]).reasons).toEqual([
      'a bound broke',
      'fault-path-dead: nothing acted',
    ])
  })

  test('is inconclusive for a run that a signal ended, whatever was found by then', () => {
    expect(answerOf({ stopped: 'signal', strict: false }, [signalReason, broken, worse], [dead])).toMatchObject({
      verdict: 'inconclusive',
      exitCode: 105,
      reasons: [signalReason.text, broken.text, worse.text],
    })
  })
})

describe('reasons', () => {
  test('of a target that ended by itself say how, and its last words; of another, which', () => {
    const exit = { code: 7, signal: null, tail: [] }
    expect(exitReasons(null)).toEqual([])
    expect(exitReasons(exit)).toEqual([
      { code: exitCodes.targetDied, text: 'the target ended by itself with exit code 7' },
    ])
    const killed = { name: 'base', code: null, signal: 'SIGKILL', tail: ['a', 'b'] }
    expect(exitReasons(killed)[0]?.text).toBe('the target base ended by itself by SIGKILL; its last line: b')
    expect(exitReasons({ ...exit, code: null })[0]?.text).toBe('the target ended by itself with exit code unknown')
  })

  test('of limits are those that broke, and not what could not be measured', () => {
    const limit = { kind: 'bound', scope: 'p', expr: 'errors: rate<1%', actual: 0.5, limit: 0.01, ok: false } as const
    expect(limitReasons([limit])).toEqual([
      { code: exitCodes.broken, text: 'bound of p broken: errors: rate<1%, found 0.5' },
    ])
    expect(
      limitReasons([
        { ...limit, ok: true },
        { ...limit, actual: null },
        { ...limit, limit: null },
      ]),
    ).toEqual([])
  })
})
