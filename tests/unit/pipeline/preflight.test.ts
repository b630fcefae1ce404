import { expect, test } from 'vitest'
import { mostFiles } from '../../../harness/pipeline/preflight.ts'
import { compilePlan } from '../../../harness/plan/plan.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'

const steps = [{ at: '1s', install: 'slow' }]
const asked = { fallback: { alternatives: ['b', 'c'] } }

/** For a stress stage of a hundred users that is like this. */
function filesOf(smoke: object): number {
  const document = {
    name: 'p',
    targets: { a: { builtin: 'http' }, b: { builtin: 'http' }, c: { builtin: 'http' } },
    load: { workers: 100 },
    policies: { slow: { fault: { latency: { delay: '1ms' } } } },
    modes: { smoke: { duration: '9s' } },
    ...(Object.keys(smoke).length > 0 && { stress: { smoke } }),
  }
  const profile = parseProfile(document, { mode: 'smoke', flags: {}, env: {} })
  return mostFiles(compilePlan(profile, { baseline: false, policies: false, stress: true }))
}

test.each([
  ['one for each user', {}, 100],
  ['two in the relay under a fault on the way', { steps }, 200],
  ['one to each target', { client: asked }, 300],
  ['whichever is more of both', { client: asked, steps }, 300],
])('a process needs files for its sockets: %s', (_, smoke, sockets) => {
  expect(filesOf(smoke)).toBe(sockets + 64)
})
