import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { breakerProblems, breakerSchema, parseBreaker } from '../../../../harness/resilience/breaker/settings.ts'

const accepts = new Ajv({ strict: false, keywords: ['quantity'] }).compile(breakerSchema)

describe('the settings of a breaker', () => {
  it('have defaults', () => {
    expect(accepts({})).toBe(true)
    expect(parseBreaker({})).toEqual({
      name: null,
      per: 'client',
      failureThreshold: 5,
      failureRate: 0.5,
      slowCall: null,
      minimumCalls: 10,
      window: { kind: 'time', ns: 10e9 },
      openForNs: 30e9,
      successThreshold: 3,
      halfOpen: { probes: 3, leaseNs: 30e9 },
      countAs: null,
    })
  })

  it('may all be said', () => {
    const raw = {
      name: 'db',
      per: 'request',
      failureThreshold: null,
      failureRate: null,
      minimumCalls: 20,
      window: 50,
      slowCall: { longerThan: '1s', rate: '80%' },
      openFor: '2s',
      successThreshold: 2,
      halfOpen: { probes: 1, lease: '500ms' },
      countAs: { errors: ['timeout'], statuses: [503] },
    }
    expect(accepts(raw)).toBe(true)
    expect(breakerProblems(raw, '')).toEqual([])
    expect(parseBreaker(raw)).toEqual({
      name: 'db',
      per: 'request',
      failureThreshold: null,
      failureRate: null,
      slowCall: { longerThanNs: 1e9, rate: 0.8 },
      minimumCalls: 20,
      window: { kind: 'calls', count: 50 },
      openForNs: 2e9,
      successThreshold: 2,
      halfOpen: { probes: 1, leaseNs: 500e6 },
      countAs: { errors: ['timeout'], statuses: [503] },
    })
  })

  it('are plain data that survives JSON', () => {
    const settings = parseBreaker({ failureThreshold: null, failureRate: null, window: 50 })
    expect(JSON.parse(JSON.stringify(settings))).toEqual(settings)
  })

  it('give probes and leases from what they belong to', () => {
    expect(parseBreaker({ successThreshold: 7, openFor: '2s' }).halfOpen).toEqual({ probes: 7, leaseNs: 2e9 })
  })

  it('ask for no more calls than a window of calls has', () => {
    expect(parseBreaker({ window: 4 }).minimumCalls).toBe(4)
  })

  it.each([
    { failureThreshold: 0 },
    { failureThreshold: 1.5 },
    { failureRate: 1.1 },
    { failureRate: true },
    { minimumCalls: 0 },
    { window: 0 },
    { window: null },
    { slowCall: {} },
    { openFor: 30 },
    { successThreshold: 0 },
    { successThreshold: 1001 },
    { halfOpen: { probes: 0 } },
    { countAs: {} },
    { countAs: { errors: ['circuit-open'] } },
    { countAs: { statuses: [99] } },
    { per: 'host' },
    { name: '' },
    { threshold: 5 },
  ])('may not be %j', (raw) => {
    expect(accepts(raw)).toBe(false)
  })

  it.each([
    [{ window: 'ten' }, '/c/window', /found "ten", allowed: a duration .* or a number of calls/u],
    [{ window: '0s' }, '/c/window', /more than nothing/u],
    [{ openFor: '0s' }, '/c/openFor', /more than nothing/u],
    [{ halfOpen: { lease: '0ms' } }, '/c/halfOpen/lease', /more than nothing/u],
    [{ failureRate: 0 }, '/c/failureRate', /more than nothing/u],
    [{ slowCall: { longerThan: '1s', rate: '0%' } }, '/c/slowCall/rate', /more than nothing/u],
    [{ failureThreshold: null, failureRate: null }, '/c', /never opens, allowed: at least one of them/u],
    [{ window: 5, minimumCalls: 6 }, '/c/minimumCalls', /found 6, allowed: at most the window of 5/u],
  ])('%j are refused at %s', (raw, where, message) => {
    expect(breakerProblems(raw, '/c')).toEqual([{ where, message: expect.stringMatching(message) as string }])
  })
})
