import { expect, test } from 'vitest'
import { createVirtualClock } from '../../../harness/kernel/virtual-clock.ts'
import { archivedLetter } from '../../../harness/pipeline/dead-letters.ts'

test('a dead letter is written with the time of day at which the call was given up, and without secrets', async () => {
  const clock = createVirtualClock()
  await clock.advance(5e9)
  const message = {
    path: '/buy',
    headers: { authorization: 'Bearer s3cr3t-t0k3n' },
    body: [{ text: 's3cr3t-t0k3n' }, 7],
  }
  const letter = { atNs: 2e9, request: 'buy', message, idempotent: false, error: 'reset', status: 0, attempts: 3 }
  const secrets = [{ written: '${env:TOKEN}', value: 's3cr3t-t0k3n' }]
  expect(archivedLetter(letter, 'policy.a/policy-direct', clock, secrets)).toEqual({
    time: new Date(clock.date().getTime() - 3000).toISOString(),
    arm: 'policy.a/policy-direct',
    request: 'buy',
    message: { path: '/buy', headers: { authorization: 'Bearer ${env:TOKEN}' }, body: [{ text: '${env:TOKEN}' }, 7] },
    idempotent: false,
    error: 'reset',
    status: 0,
    attempts: 3,
  })
})
