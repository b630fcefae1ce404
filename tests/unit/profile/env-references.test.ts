import { describe, expect, test } from 'vitest'
import { hidden, secretsOf } from '../../../harness/profile/env-references.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'

describe('what a profile has taken from the environment', () => {
  const document = { a: ['Bearer ${env:TOKEN}'], b: { c: '${env:KEY}-${env:TOKEN}-${env:NONE}-${env:ONE}' } }
  const environment = { TOKEN: 'abcdefghij"klm', KEY: 'abcd', ONE: '1', OTHER: 'not taken' }
  const secrets = secretsOf(document, environment)

  test('is known, the longest first, without what is too short for a secret', () => {
    expect(secrets).toEqual([
      { written: '${env:TOKEN}', value: 'abcdefghij"klm' },
      { written: '${env:KEY}', value: 'abcd' },
    ])
  })

  test.each([
    ['found abcdefghij"klm!', 'found ${env:TOKEN}!'],
    ['found "abcdefghij\\"klm", twice abcdefghij"klm', 'found "${env:TOKEN}", twice ${env:TOKEN}'],
    ['cut: abcdefghij…', 'cut: ${env:TOKEN}…'],
    ['abcdefg and 1 not taken', '${env:KEY}efg and 1 not taken'],
    ['nothing', 'nothing'],
  ])('is hidden in %j', (text, shown) => {
    expect(hidden(text, secrets)).toBe(shown)
  })

  test('is kept with the profile, for those who make its result', () => {
    const target = { command: ['server', '${env:PASSWORD}'] }
    expect(parseProfile({ target }, { flags: {}, env: { PASSWORD: 'swordfish' } }).secrets).toEqual([
      { written: '${env:PASSWORD}', value: 'swordfish' },
    ])
  })
})
