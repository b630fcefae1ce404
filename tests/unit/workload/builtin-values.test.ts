import { describe, expect, test } from 'vitest'
import { createRng } from '../../../harness/kernel/rng.ts'
import { builtinProblem, builtinValue } from '../../../harness/workload/builtin-values.ts'

const scope = { user: 3, iteration: 12, rng: createRng(1) }

describe('a built-in name', () => {
  test('stands for the user and the iteration', () => {
    expect([builtinValue('$user', scope), builtinValue('$iteration', scope)]).toEqual(['3', '12'])
  })

  test('stands for a UUID of version 4, another one each time, the same for the same seed', () => {
    const uuids = Array.from({ length: 200 }, () => builtinValue('$uuid', scope) ?? '')
    for (const uuid of uuids)
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u)
    expect(new Set(uuids).size).toBe(200)
    const again = () => builtinValue('$uuid', { ...scope, rng: createRng(7) })
    expect(again()).toBe(again())
  })

  test('stands for whole numbers within bounds, both of them reached', () => {
    const drawn = Array.from({ length: 500 }, () => Number(builtinValue('$random:-2:3', scope)))
    expect(new Set(drawn)).toEqual(new Set([-2, -1, 0, 1, 2, 3]))
    expect(builtinValue('$random:5:5', scope)).toBe('5')
  })

  test.each([
    '$usr',
    '$user:1',
    '$uuid:',
    '$random',
    '$random:1',
    '$random:2:1',
    '$random:a:b',
    '$random:1:2:3',
    '$',
    '$random:0:9007199254740993',
    '$random::',
    '$constructor',
  ])('%s stands for nothing', (name) => {
    expect(builtinValue(name, scope)).toBeUndefined()
    expect(builtinProblem(name)).not.toBeNull()
  })

  test('has no problem where it stands for something', () => {
    for (const name of ['$user', '$iteration', '$uuid', '$random:1:100']) expect(builtinProblem(name)).toBeNull()
  })
})
