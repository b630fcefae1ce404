import { describe, expect, it } from 'vitest'
import { isSoakrigError, type Problem } from '../../../../harness/kernel/errors.ts'
import { parseProfile } from '../../../../harness/profile/parse.ts'
import { parseFallback } from '../../../../harness/resilience/fallback/settings.ts'

function problemsOf(fallback: unknown): readonly Problem[] {
  const targets = { first: { builtin: 'http' }, second: { builtin: 'http' }, third: { builtin: 'http' } }
  const document = { targets, workload: { requests: [{ path: '/' }] }, policies: { a: { client: { fallback } } } }
  try {
    parseProfile(document, { mode: 'smoke', flags: {}, env: {} })
    return []
  } catch (error) {
    if (!isSoakrigError(error)) throw error
    return error.problems
  }
}

describe('the settings of a fallback', () => {
  it('are those of S15 where nothing is said: 30 s, 5 s for each other, answers fresh for 300 s (S15, P73)', () => {
    expect(parseFallback({ alternatives: ['second'], cache: {}, default: {}, deadLetter: {} })).toEqual({
      timeoutNs: 30e9,
      on: null,
      nonIdempotent: false,
      alternatives: [{ target: 'second', timeoutNs: 5e9 }],
      cache: { maxEntries: 1000, ttlNs: 300e9, staleNs: 0, first: false, flushAtNs: [] },
      default: { status: 200, headers: {}, body: '' },
      deadLetter: { maxEntries: 1000, maxBytes: 4 * 2 ** 20 },
    })
  })

  it('have no rung that was not asked for', () => {
    expect(parseFallback({ alternatives: ['second'] })).toMatchObject({ cache: null, default: null, deadLetter: null })
  })

  it('may say everything', () => {
    const everything = {
      timeout: '1s',
      on: ['timeout', 'circuit-open', 503],
      nonIdempotent: true,
      alternatives: ['second', { target: 'third', timeout: '2s' }],
      cache: { maxEntries: 1, ttl: '1s', staleWhileError: '1m', first: true, flushAt: ['2s', '1s'] },
      default: { status: 203, headers: { 'x-stale': '1' }, body: 'sorry' },
      deadLetter: { maxEntries: 1, maxBytes: '1kib' },
    }
    expect(problemsOf(everything)).toEqual([])
    expect(parseFallback(everything).cache?.flushAtNs).toEqual([1e9, 2e9])
  })

  it.each<[string, unknown, string]>([
    ['nothing to answer with', {}, ''],
    ['nothing but a limit', { timeout: '1s' }, ''],
    ['an unknown key', { default: {}, sorry: true }, '/sorry'],
    ['no time at all', { default: {}, timeout: '0s' }, '/timeout'],
    ['no time for another', { alternatives: [{ target: 'second', timeout: '0s' }] }, '/alternatives/0/timeout'],
    ['one target twice', { alternatives: ['second', { target: 'second' }] }, '/alternatives/1'],
    ['answers that are never fresh', { cache: { ttl: '0s' } }, '/cache/ttl'],
    ['a cache of nothing', { cache: { maxEntries: 0 } }, '/cache/maxEntries'],
    ['no failure at all', { default: {}, on: [] }, '/on'],
    ['a failure that is the wish of the caller', { default: {}, on: ['aborted'] }, '/on/0'],
    ['a status that is none', { default: {}, on: [42] }, '/on/0'],
    ['room for no letter', { deadLetter: { maxEntries: 0 } }, '/deadLetter/maxEntries'],
    ['room for no byte', { deadLetter: { maxBytes: '0b' } }, '/deadLetter/maxBytes'],
    ['room that is no size', { deadLetter: { maxBytes: 'much' } }, '/deadLetter/maxBytes'],
  ])('must not be %s', (_what, fallback, pointer) => {
    expect(problemsOf(fallback).map(({ where }) => where)).toContainEqual(
      expect.stringMatching(new RegExp(`^/policies/a/client/fallback${pointer}`, 'u')),
    )
  })

  it.each([
    ['timout', /allowed: one of "dns", .*"timeout".* or a whole number from 100 to 599; did you mean "timeout"\?/u],
    [42, /allowed: one of "dns", .* or a whole number from 100 to 599$/u],
  ])('are told which failures there are where %j is none', (on, message) => {
    expect(problemsOf({ default: {}, on: [on] })).toMatchObject([{ message: expect.stringMatching(message) }])
  })
})
