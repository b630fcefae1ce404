import { expect, test } from 'vitest'
import { isSoakrigError } from '../../../harness/kernel/errors.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'

const client = { pool: { max: 4 } }
const parse = (policy: object) =>
  parseProfile({ target: { builtin: 'http' }, policies: { a: policy } }, { mode: 'long', flags: {}, env: {} })

function problemsOf(policy: object): readonly string[] {
  try {
    parse(policy)
    return []
  } catch (error) {
    if (!isSoakrigError(error)) throw error
    return error.problems.map(({ where, message }) => `${where}: ${message}`)
  }
}

test('a cost is nothing but what it says', () => {
  expect(parse({ client }).policies[0]?.cost).toEqual({ throughput: 0, latency: null, errors: 0 })
  const cost = { throughput: '40%', latency: '250 %', errors: 0.01 }
  expect(parse({ client, cost }).policies[0]?.cost).toEqual({ throughput: 0.4, latency: 2.5, errors: 0.01 })
  expect(parse({ client, cost }).provenance['/policies/a/cost/throughput']).toBe('profile')
})

test('a cost may not be all of the throughput', () => {
  expect(problemsOf({ client, cost: { throughput: '100%' } })).toEqual([
    '/policies/a/cost/throughput: found 100%, allowed: less than 100%',
  ])
})

test('only what the client does has a cost', () => {
  const fault = { latency: { delay: '1ms' } }
  expect(problemsOf({ fault, cost: { throughput: '4%' } })).toEqual([
    '/policies/a/cost: found the cost of a fault, allowed: of a client policy; a fault has bounds',
  ])
  expect(problemsOf({ client, under: { fault }, cost: { throughput: '4%' } })).toEqual([])
})

test('a cost in no share, or of something else, is told by its place', () => {
  expect(problemsOf({ client, cost: { latency: '2' } })[0]).toMatch(/^\/policies\/a\/cost\/latency: /u)
  expect(problemsOf({ client, cost: { cpu: '2%' } })[0]).toMatch(/^\/policies\/a\/cost/u)
})
