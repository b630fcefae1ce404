import { expect, test } from 'vitest'
import { arrivalRateSchema } from '../../../harness/kernel/arrival-rate.ts'
import { checkOf } from '../../../harness/kernel/schema-check.ts'
import { clientSchema } from '../../../harness/resilience/settings.ts'

const clientProblems = checkOf(() => clientSchema)

test('a policy too many in an entry of a list is named', () => {
  expect(clientProblems([{ retry: {}, timeout: { attempt: '1s' } }])).toEqual([
    {
      where: '/0',
      message:
        'found "retry", "timeout", allowed: an object with one key (One policy; the first of the list is outermost.)',
    },
  ])
  expect(clientProblems([{}])).toMatchObject([
    { where: '/0', message: expect.stringMatching(/^found an empty object, allowed: an object with one key/u) },
  ])
})

test('a pattern is told in words where it has any', () => {
  expect(clientProblems({ hedge: { delay: 'p101' } })).toEqual([
    {
      where: '/hedge/delay',
      message: expect.stringMatching(/^found "p101", allowed: a duration, or a percentile below p100 \(how long/u),
    },
  ])
  expect(checkOf(() => arrivalRateSchema('calls', { share: false }))('-5/s')).toEqual([
    { where: '', message: 'found "-5/s", allowed: a rate that is not negative (calls (500, "500/s", "30/m"))' },
  ])
})
