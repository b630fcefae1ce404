import { expect, test } from 'vitest'
import { root, soakrig } from '../support/soakrig.ts'

const nobody = 'http://127.0.0.1:1/'

test('a flag that holds a list may be given again, and all of it counts', async () => {
  const first = await soakrig(['load', nobody, '-s', 'wrong', '-s', '1s:5'])
  expect(first.stderr).toMatch(/^error: --stage: found "wrong"/u)
  expect(first.code).toBe(104)
})

test('of any other flag that is given again the last counts', async () => {
  const { stdout, code } = await soakrig(['stress', '--mode', 'long', '--dry-run', '--mode', 'smoke'], { cwd: root })
  expect(stdout).toMatch(/mode smoke/u)
  expect(code).toBe(0)
})

test('a command that there is not is told as that, with the one that was meant', async () => {
  const { stderr, code } = await soakrig(['polices'])
  expect(stderr).toMatch(/^error: There is no such command\. Did you mean policies\?/u)
  expect(code).toBe(104)
})

test('a flag without its value is bad input, and no bug of soakrig', async () => {
  const { stderr, code } = await soakrig(['load', nobody, '-R'])
  expect(stderr).toMatch(/^error: Not enough arguments following: R\nhint: /u)
  expect(code).toBe(104)
})

test('a flag that means nothing beside the others is refused before anything runs', async () => {
  const { stderr, code } = await soakrig(['load', nobody, '--arrival', 'poisson'])
  expect(stderr).toMatch(/^error: --arrival: found "poisson", allowed: only beside --rate/u)
  expect(code).toBe(104)
})
