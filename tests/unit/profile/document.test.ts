import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { copyOf, step, valueAt, within } from '../../../harness/kernel/json.ts'
import { leavesOf, withValue } from '../../../harness/profile/document.ts'

const tree = { a: { 'b/c': [1, { '~d': null }], e: {} }, f: [], g: 'text' }

describe('a JSON pointer', () => {
  test('leads to every leaf, with / and ~ escaped', () => {
    expect(leavesOf(tree)).toEqual(['/a/b~1c/0', '/a/b~1c/1/~0d', '/a/e', '/f', '/g'])
    expect(leavesOf(tree).map((pointer) => valueAt(tree, pointer))).toEqual([1, null, {}, [], 'text'])
  })

  test('leads nowhere where there is nothing, prototypes included', () => {
    for (const pointer of ['/x', '/a/b/c', '/g/length', '/f/0', '/a/toString', '/constructor']) {
      expect(valueAt(tree, pointer)).toBeUndefined()
    }
    expect(valueAt(tree, '')).toBe(tree)
  })

  test('leads back to what was put there, whatever the key is called', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (outer, inner) => {
        fc.pre(outer !== '__proto__' && inner !== '__proto__')
        const pointer = step(outer) + step(inner)
        expect(valueAt(withValue({}, pointer, 'here'), pointer)).toBe('here')
      }),
    )
  })

  test('lies within itself and what is above it, not within a longer name', () => {
    expect([within('/a/b', '/a'), within('/a', '/a'), within('/ab', '/a'), within('/a', '/a/b')]).toEqual([
      true,
      true,
      false,
      false,
    ])
  })
})

describe('a changed copy', () => {
  test('leaves the original alone, and what is no object where it is', () => {
    const changed = withValue(tree, '/a/b~1c/0', 2)
    expect([valueAt(changed, '/a/b~1c/0'), valueAt(tree, '/a/b~1c/0')]).toEqual([2, 1])
    expect(withValue(tree, '/g/x', 2)).toEqual(tree)
    expect(withValue(tree, '/f/0', 2)).toEqual(tree)
  })

  test('shares nothing, and has no undefined', () => {
    const copy = copyOf({ ...tree, none: undefined }) as typeof tree
    expect(copy).toStrictEqual(tree)
    expect(copy.a.e).not.toBe(tree.a.e)
    expect(copy.f).not.toBe(tree.f)
  })
})
