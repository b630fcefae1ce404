import { expect, test } from 'vitest'
import { stepVerdict, type Trial } from '../../../../harness/judge/tune/step.ts'

const held: Trial = { held: true, near: false }
const nearly: Trial = { held: true, near: true }
const broke: Trial = { held: false, near: false }
const idle: Trial = { held: null, near: false }

test.for([
  ['a trial that held by far decides alone', [held], 'held'],
  ['one that held by little takes another', [nearly], null],
  ['two that held by little decide', [nearly, nearly], 'held'],
  ['one that broke takes another, whatever it broke by', [broke], null],
  ['two that broke decide', [broke, broke], 'broken'],
  ['where two do not agree a third decides', [broke, held, broke], 'broken'],
  ['also that it held', [broke, held, nearly], 'held'],
  ['a trial in which the fault did nothing counts for neither', [idle, broke], null],
  ['such a trial leaves the others as they are', [idle, broke, broke], 'broken'],
  ['two such trials are enough', [idle, broke, idle], 'void'],
] as const)('%s', ([, trials, verdict]) => {
  expect(stepVerdict(trials)).toBe(verdict)
})
