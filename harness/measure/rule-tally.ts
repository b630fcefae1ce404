import { addTallies, type Tallies, talliesBetween } from './tally.ts'

/** What one rule did. */
export interface RuleTally {
  /** Connections, and exchanges (datagrams, queries) on which it was the one to act. */
  readonly connections: number
  readonly matched: number
  readonly tallies: Tallies
}

/** By `layer/rule`; a layer has the name of its policy. */
export type RuleTallies = Readonly<Record<string, RuleTally>>

const nothing: RuleTally = { connections: 0, matched: 0, tallies: {} }

/** The sum of what rules did. */
export function addRules(a: RuleTallies, b: RuleTallies): RuleTallies {
  return combine(a, b, (x, y) => ({
    connections: x.connections + y.connections,
    matched: x.matched + y.matched,
    tallies: addTallies(x.tallies, y.tallies),
  }))
}

/** What rules did between two readings. */
export function rulesBetween(before: RuleTallies, after: RuleTallies): RuleTallies {
  return combine(before, after, (x, y) => ({
    connections: y.connections - x.connections,
    matched: y.matched - x.matched,
    tallies: talliesBetween(x.tallies, y.tallies),
  }))
}

function combine(a: RuleTallies, b: RuleTallies, by: (x: RuleTally, y: RuleTally) => RuleTally): RuleTallies {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  return Object.fromEntries(names.map((name) => [name, by(a[name] ?? nothing, b[name] ?? nothing)]))
}
