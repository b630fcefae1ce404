import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

const numbered = (letter: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${letter}${from + index}`)

/** What must be proven, by the page that says where: rows of other tools, and pitfalls that they fell into. */
const wanted = {
  'docs/faults.md': ['F13', 'F14', ...numbered('F', 20, 41), 'L8', ...numbered('P', 1, 18), ...numbered('P', 20, 22)],
  'docs/policies.md': [
    ...numbered('L', 1, 12),
    ...numbered('H', 1, 16),
    ...numbered('S', 1, 20),
    ...numbered('P', 20, 34),
    ...numbered('P', 40, 52),
    ...numbered('P', 60, 77),
  ],
}

/** A title, or a row of a table of tests, that ends with what it proves; not of a group, and of no test that is left out. */
const proving =
  /(?<!(?:describe(?:\.\w+)?|skip|todo)\()(['"`])(?:\\.|(?!\1)[^\\\n])*\(((?:[FHLPS]\d+)(?:, [FHLPS]\d+)*)\)\1/gu

/** What the tests in a text say that they prove. */
function proofsIn(text: string): Set<string> {
  return new Set([...text.matchAll(proving)].flatMap(([, , names = '']) => names.split(', ')))
}

const files = (await readdir(join(root, 'tests'), { recursive: true })).filter((name) => name.endsWith('.test.ts'))
const proofs = new Map(
  await Promise.all(
    files.map(
      async (name) =>
        [name.slice(0, -'.test.ts'.length), proofsIn(await readFile(join(root, 'tests', name), 'utf8'))] as const,
    ),
  ),
)

/** By row, where a page says that it is proven. */
async function ledgerOf(page: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const text = await readFile(join(root, page), 'utf8')
  return new Map(
    [...text.matchAll(/^\| ([FHLPS]\d+) \| (.+) \| (.+) \|$/gmu)].map(([, row = '', , places = '']) => [
      row,
      [...places.matchAll(/`([^`]+)`/gu)].map(([, name = '']) => name),
    ]),
  )
}

test('titles are told from other texts', () => {
  expect([...proofsIn("it('holds (F20, P1)', () => {})\n['a row of %s (L8)', 1]")]).toEqual(['F20', 'P1', 'L8'])
  for (const text of [
    "describe('a group (F20)', () => {})",
    "it.skip('later (F20)')",
    '// as (F20) says',
    "'(F20) it'",
  ])
    expect([...proofsIn(text)]).toEqual([])
})

const pages = await Promise.all(
  Object.entries(wanted).map(async ([page, rows]) => ({ page, rows, ledger: await ledgerOf(page) })),
)

describe.each(pages)('$page', ({ rows, ledger }) => {
  test('has a line for each row and each pitfall, and for no other', () => {
    expect([...ledger.keys()]).toEqual(rows)
  })

  test.each(rows)('says truly where %s is proven', (row) => {
    const places = ledger.get(row) ?? []
    expect(places.length).toBeGreaterThan(0)
    for (const place of places)
      expect([place, [...(proofs.get(place) ?? [])]]).toEqual([place, expect.arrayContaining([row])])
  })
})
