import { expect, test } from 'vitest'
import { namesOf } from '../../../../harness/judge/paired/names.ts'

const direct = (arm: string): string => `baseline/${arm}-direct`

test.each([
  ['a build beside its former one', direct('baseline'), direct('base'), 'the target', 'its former build'],
  ['a second process', direct('again'), direct('baseline'), 'another process of the target', 'the target'],
  [
    'one of the former build',
    direct('twin'),
    direct('base'),
    'another process of the former build',
    'its former build',
  ],
  ['a client policy', 'policy.retry/policy-direct', direct('baseline'), 'retry', 'the baseline'],
  ['a client policy that is for a fault', 'policy.a-b.c/client-direct', direct('baseline'), 'a-b.c', 'the baseline'],
  ['a second baseline', direct('control'), direct('baseline'), 'its second measurement', 'the baseline'],
  ['what a trace names', 'a', 'baseline', 'a', 'baseline'],
])('%s is called what people call it', (_, policy, against, one, other) => {
  expect(namesOf({ policy, against })).toEqual({ policy: one, against: other })
})
