import { expect, test } from 'vitest'
import { inOneLine } from '../../../harness/pipeline/one-line.ts'
import { startFailure } from '../../../harness/target/running.ts'

test('of what a target wrote before it died the last line is told, and no end is left open', () => {
  const { message } = startFailure('target-died', 'the target ended with exit code 3', ['starting', 'no database'])
  expect(inOneLine(message)).toBe('the target ended with exit code 3; its last line: no database')
  const silent = startFailure('target-died', 'the target ended with exit code 3', [])
  expect(inOneLine(silent.message)).toBe('the target ended with exit code 3; it wrote nothing')
})

test('of any other message the first line is told', () => {
  expect(inOneLine('it is broken\n  see above')).toBe('it is broken')
  expect(inOneLine('')).toBe('')
})
