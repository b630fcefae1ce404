import { expect, test } from 'vitest'
import { SoakrigError } from '../../../harness/kernel/errors.ts'
import { renderError } from '../../../harness/report/failure-text.ts'

test('an error shows its message, every problem with its place, and its hint', () => {
  const error = new SoakrigError('the profile has problems', {
    code: 'bad-profile',
    exit: 'usage',
    hint: 'See docs.',
    problems: [
      { where: '/load/workers', message: 'found 0, allowed: 1 or more' },
      { where: '', message: 'found a list, allowed: an object' },
    ],
  })
  expect(renderError(error)).toBe(
    [
      'error: the profile has problems',
      '  /load/workers: found 0, allowed: 1 or more',
      '  /: found a list, allowed: an object',
      'hint: See docs.',
    ].join('\n'),
  )
})

test('anything else is a bug of ours, with its stack', () => {
  expect(renderError(new TypeError('oops'))).toMatch(/^a bug in soakrig: TypeError: oops\n\s+at /u)
  expect(renderError('text')).toBe('a bug in soakrig: text')
})
