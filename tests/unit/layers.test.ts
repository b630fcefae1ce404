import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { powers, rooms } from '../../layers.ts'

const folders = readdirSync(new URL('../../harness', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

const roomOf = (path: string): string => path.split('/')[0]!
const imports = (name: string): string[] => [...rooms[name]!.may, ...(rooms[name]!.types ?? [])].map(roomOf)

/** Whether `to` can be reached from `from` through the rooms of the table. */
function reaches(from: string, to: string, seen = new Set<string>()): boolean {
  if (seen.has(from)) return false
  seen.add(from)
  return imports(from).some((next) => next === to || reaches(next, to, seen))
}

describe('the layer table', () => {
  test('has a row for every folder of harness/', () => {
    expect(folders).not.toEqual([])
    expect(folders.filter((name) => !(name in rooms))).toEqual([])
  })

  test('names no room that has no row', () => {
    const named = Object.keys(rooms).flatMap(imports)
    expect(named.filter((name) => !(name in rooms))).toEqual([])
    expect(Object.keys(powers).filter((name) => name !== 'entry' && !(name in rooms))).toEqual([])
  })

  test.each(Object.keys(rooms))('lets nothing that %s imports lead back to it', (name) => {
    expect(reaches(name, name)).toBe(false)
  })

  test('lets the kernel import nothing, and nobody import the pipeline or the cluster but the pipeline', () => {
    expect(imports('kernel')).toEqual([])
    const importers = (of: string): string[] => Object.keys(rooms).filter((name) => imports(name).includes(of))
    expect(importers('pipeline')).toEqual([])
    expect(importers('report')).toEqual([])
    expect(importers('cluster')).toEqual(['pipeline'])
  })
})
