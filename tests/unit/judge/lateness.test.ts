import { describe, expect, it } from 'vitest'
import { parseRule } from '../../../harness/faults/rules.ts'
import { attemptFacts } from '../../../harness/judge/lateness.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'
import { baselineOf, factsOf } from '../../support/facts.ts'

const ms = 1e6
const loss5 = { loss: { probability: '5%' } }

interface Given {
  readonly workload?: object
  readonly load?: object
  readonly target?: object
  readonly p99Ms?: number
  readonly at?: string
  readonly scripted?: boolean
}

/** What client policies are told of attempts under a fault. */
function told(fault: Readonly<Record<string, unknown>>, given: Given = {}) {
  const { workload = {}, load = {}, target = { builtin: 'http' }, p99Ms = 2, at = null, scripted = false } = given
  const profile = parseProfile({ target, workload, load }, { mode: 'smoke', flags: {}, env: {} })
  const facts = factsOf({})
  const seen = { ...facts, load: { ...facts.load, scripted } }
  return attemptFacts({ rules: [parseRule('one', { fault })], at }, baselineOf({ p99Ms }), seen, profile)
}

describe('what client policies are told of their attempts', () => {
  it('is how many are late by what faults do, and by themselves', () => {
    const { late } = told(loss5)
    expect(late!(150 * ms)).toEqual({ lo: expect.closeTo(0.05, 9), hi: expect.closeTo(0.07, 9) })
    // A timer may be late by so much, and an attempt takes some time of its own.
    expect(late!(202 * ms)).toEqual({ lo: expect.closeTo(0.05, 9), hi: expect.closeTo(0.07, 9) })
    expect(late!(204 * ms)!.lo).toBeCloseTo(0.0025, 9)
    expect(late!(225 * ms)!.hi).toBeCloseTo(0.07, 9)
    expect(late!(227 * ms)!.hi).toBeCloseTo(0.0225, 9)
  })

  it.each<[string, Given]>([
    ['TLS shakes hands', { target: { url: 'https://127.0.0.1:1' }, workload: { tls: true } }],
    ['connections are waited for', { load: { connections: 1 } }],
    ['a script has several in flight', { scripted: true }],
    ['the target is as slow by itself', { p99Ms: 80 }],
  ])('is a lower bound only where %s', (_where, given) => {
    expect(told(loss5, given).late!(150 * ms)).toEqual({ lo: expect.closeTo(0.05, 9), hi: 1 })
  })

  it('is nothing where the limit of the workload comes first', () => {
    const { late } = told(loss5, { workload: { timeout: '1s' } })
    expect([late!(999 * ms), late!(1000 * ms)]).toEqual([expect.anything(), null])
  })

  it.each<[string, object, Given]>([
    ['on streams that share a connection', loss5, { target: { builtin: 'http2' }, workload: { version: '2' } }],
    ['behind the target', loss5, { at: 'db' }],
    ['of faults that nobody can say it of', { reset: { probability: '5%' } }, {}],
  ])('is nothing %s', (_where, fault, given) => {
    expect(told(fault as Record<string, unknown>, given).late).toBeUndefined()
  })

  it.each<[object, string, number]>([
    [loss5, '5s', 0],
    [{ latency: { delay: '200ms' } }, '5s', 0],
    [{ hang: { probability: '5%' } }, '150ms', 0.05],
    [{ reset: { probability: '5%' } }, '150ms', 0.05],
  ])('is how many fail by %j within %s: %f', (fault, timeout, share) => {
    expect(told(fault as Record<string, unknown>, { workload: { timeout } }).injectedShare).toBeCloseTo(share, 9)
  })

  it.each<[object, string]>([
    [loss5, '150ms'],
    [{ latency: { delay: '200ms' } }, '150ms'],
    [{ loss: { probability: '30%' } }, '5s'],
  ])('is not how many fail by %j within %s, which nobody says', (fault, timeout) => {
    expect(told(fault as Record<string, unknown>, { workload: { timeout } }).injectedShare).toBeNull()
  })

  it('is not how many fail behind the target, unless none does', () => {
    expect(told({ reset: { probability: '5%' } }, { at: 'db' }).injectedShare).toBeNull()
    expect(told({ latency: { delay: '20ms' } }, { at: 'db' }).injectedShare).toBe(0)
  })
})
