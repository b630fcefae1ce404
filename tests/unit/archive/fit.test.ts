import { describe, expect, test } from 'vitest'
import { whyUnfit } from '../../../harness/archive/fit.ts'
import type { Result } from '../../../harness/archive/result.ts'
import { exampleResult, type Mutable } from '../../fixtures/results/example.ts'

/** A run that is void by a doubt that leaves most figures sound, and of which this was found. */
function voided(found: object): Result {
  const result: Mutable<Result> = exampleResult()
  Object.assign(result.run, { verdict: 'void', exitCode: 114, strict: true, reasons: ['samples-missing: x'] })
  result.doubts.push({ kind: 'samples-missing', detail: 'x', taints: ['rss'], effect: 'inconclusive' })
  return Object.assign(result, found)
}

describe('a run that --strict made void', () => {
  test('may be compared with where it found nothing to be worse', () => {
    const kinds = [{ kind: 'rss', verdict: 'inconclusive' }]
    expect(whyUnfit(voided({ gate: { verdict: 'inconclusive' }, memory: { kinds } }))).toBeNull()
  })

  const { reference } = exampleResult()
  test.each([
    ['its gate failed', { gate: { verdict: 'fail' } }],
    ['it is worse than its reference', { reference: { ...reference, verdict: 'fail' } }],
    [
      'its target leaks',
      {
        memory: {
          kinds: [
            { kind: 'rss', verdict: 'pass' },
            { kind: 'fds', verdict: 'fail' },
          ],
        },
      },
    ],
  ])('may not where %s', (why, found) => {
    expect(whyUnfit(voided(found))).toBe(`it is void, and ${why}`)
  })
})

test('a run that failed is told by its reason', () => {
  const result = exampleResult()
  Object.assign(result.run, { verdict: 'fail', exitCode: 111, reasons: ['p99 is worse'] })
  Object.assign(result, { gate: { verdict: 'fail' } })
  expect(whyUnfit(result)).toBe('it is no pass but fail: p99 is worse')
})
