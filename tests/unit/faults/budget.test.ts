import { describe, expect, it } from 'vitest'
import { budget } from '../../../harness/faults/budget.ts'
import { stageContext } from '../../support/stage-context.ts'

const opened = (raw: object, context = stageContext(), atNs = 0) => {
  const stage = budget.connection!(budget.parse(raw), context)
  expect(stage.opened!(atNs)).toBeNull()
  return stage
}

const reset = { kind: 'reset', afterNs: 0 }

describe('the budget of a connection', () => {
  it('of three exchanges lets exactly three pass, and the fourth gets the action (F33)', () => {
    const context = stageContext()
    const stage = opened({ maxExchanges: 3 }, context)
    expect([1, 2, 3].map(() => stage.exchange!(0, 80))).toEqual([null, null, null])
    expect(context.tally).toEqual({ eligible: 1, fired: 0, bytes: 0 })
    expect(stage.exchange!(0, 80)).toEqual(reset)
    expect(context.tally).toEqual({ eligible: 1, fired: 1, bytes: 80 })
  })

  it('is its own: the next connection begins anew (F33, P10)', () => {
    const first = stageContext()
    const spent = opened({ maxExchanges: 1 }, first)
    spent.exchange!(0, 1)
    expect(spent.exchange!(0, 1)).toEqual(reset)
    expect(opened({ maxExchanges: 1 }, stageContext({ sharedWith: first })).exchange!(0, 1)).toBeNull()
    expect(first.tally.eligible).toBe(2)
  })

  it('of bytes counts each direction for itself, and passes exactly the budget', () => {
    const stage = opened({ maxUp: '100b', maxDown: '1kb', action: 'close' })
    expect(stage.bytes!('uplink', 100, 0)).toBeNull()
    expect(stage.bytes!('downlink', 999, 0)).toBeNull()
    expect(stage.bytes!('downlink', 5, 0)).toEqual({ pass: 1, then: { kind: 'close', afterNs: 0 } })
    expect(stage.bytes!('uplink', 1, 0)).toEqual({ pass: 0, then: { kind: 'close', afterNs: 0 } })
  })

  it('of time is over at exactly its end, counted from accept (F33)', () => {
    const stage = opened({ maxDuration: '2s' }, stageContext(), 5e9)
    expect(stage.exchange!(7e9 - 1, 1)).toBeNull()
    expect(stage.bytes!('uplink', 1, 7e9 - 1)).toBeNull()
    expect(stage.bytes!('downlink', 9, 7e9)).toEqual({ pass: 0, then: reset })
    expect(stage.exchange!(7e9, 1)).toEqual(reset)
  })

  it('that is spent hangs for its timeout, which is waited for, and closes (F33, P7)', () => {
    const stage = opened({ maxExchanges: 0, action: 'timeout', timeout: '300ms' })
    expect(stage.exchange!(10e6, 1)).toEqual({ kind: 'hang', untilNs: 310e6, then: 'close' })
  })

  it('that is spent hangs for ever where it drops', () => {
    const stage = opened({ maxExchanges: 0, action: 'drop' })
    expect(stage.exchange!(0, 1)).toEqual({ kind: 'hang', untilNs: Number.POSITIVE_INFINITY, then: 'release' })
  })

  it('counts its time from the first bytes where the fault came later than the connection', () => {
    const stage = budget.connection!(budget.parse({ maxDuration: '1s' }), stageContext())
    expect(stage.bytes!('uplink', 1, 3e9)).toBeNull()
    expect(stage.bytes!('uplink', 1, 4e9)).not.toBeNull()
  })

  it.each([
    [{}, 'found no limit, allowed: at least one of maxUp, maxDown, maxExchanges, maxDuration'],
    [{ maxUp: '1kb', action: 'timeout' }, 'found the action timeout without a timeout'],
    [{ maxUp: '1kb', timeout: '1s' }, 'found the action reset with a timeout'],
  ])('%j is refused (P12)', (raw, message) => {
    expect(() => budget.parse(raw)).toThrow(message)
  })
})
