import { describe, expect, it } from 'vitest'
import { Breaker, createPermit } from '../../../../harness/resilience/breaker/breaker.ts'
import { BreakerRegistry } from '../../../../harness/resilience/breaker/registry.ts'
import { parseBreaker } from '../../../../harness/resilience/breaker/settings.ts'

// Of the examples of the source: an agent's and an external service's (S12).
const agent = parseBreaker({ failureThreshold: 3, openFor: '30s', successThreshold: 2 })
const external = parseBreaker({ failureThreshold: 5, openFor: '60s', successThreshold: 3 })

describe('a registry of breakers', () => {
  it('gives the same breaker to whoever names it with the same settings (S12)', () => {
    const registry = new BreakerRegistry()
    const one = registry.open('agent', agent)
    expect(registry.open('agent', structuredClone(agent))).toBe(one)
    expect(registry.get('agent')).toBe(one)
    expect(registry.get('none')).toBeUndefined()
  })

  it('refuses a second configuration under one name, and keeps the first (S12)', () => {
    const registry = new BreakerRegistry()
    const one = registry.open('api', agent)
    expect(() => registry.open('api', external)).toThrow(
      expect.objectContaining({ code: 'breaker-conflict', exit: 'usage' }) as Error,
    )
    expect(registry.get('api')).toBe(one)
  })

  it('takes in those that clients have made, each name once', () => {
    const registry = new BreakerRegistry()
    const made = new Breaker('db', agent)
    registry.add(made)
    registry.add(made)
    expect(registry.get('db')).toBe(made)
    expect(() => registry.add(new Breaker('db', agent))).toThrow(/another circuit breaker "db"/u)
  })

  it('lists, tells of all, and resets all', () => {
    const registry = new BreakerRegistry()
    const told: string[] = []
    const one = registry.open('agent', agent, ({ to }) => told.push(to))
    registry.open('api', external)
    const permit = createPermit()
    for (let failures = 0; failures < 3; failures++) {
      one.admit(permit, 0)
      one.settle(permit, false, 0)
    }
    expect(registry.list()).toEqual(['agent', 'api'])
    expect(registry.stats(1).map(({ name, state }) => [name, state])).toEqual([
      ['agent', 'open'],
      ['api', 'closed'],
    ])
    registry.resetAll(1)
    expect(registry.stats(1).map(({ state }) => state)).toEqual(['closed', 'closed'])
    expect(told).toEqual(['open', 'closed'])
  })

  it('frees a name that nobody needs any more', () => {
    const registry = new BreakerRegistry()
    registry.open('api', agent)
    expect(registry.unregister('api')).toBe(true)
    expect(registry.unregister('api')).toBe(false)
    expect(registry.open('api', external).settings).toBe(external)
  })
})
