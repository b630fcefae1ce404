import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { bulkheadPresets } from '../../harness/resilience/bulkhead/settings.ts'
import { root } from '../support/soakrig.ts'

const page = await readFile(join(root, 'docs/library.md'), 'utf8')
const examples = [...page.matchAll(/```ts\n([\s\S]*?)```\n\nIt prints:\n\n```text\n([\s\S]*?)```/gu)].map(
  ([, program = '', printed = '']) => ({ program, printed }),
)

test('each example of the library is followed by what it prints', () => {
  expect(examples.length).toBeGreaterThan(0)
  expect(page.match(/```[jt]s\n/gu)).toHaveLength(examples.length)
})

test.each(examples)('example %# of the library prints what its page says, and ends by itself', async (example) => {
  const source = example.program.replace("'soakrig'", `'${root}harness/index.ts'`)
  const args = ['--input-type=module-typescript', '-e', source]
  const { stdout } = await execa(process.execPath, args, { timeout: 20_000, env: { NO_COLOR: '1' } })
  expect(`${stdout}\n`).toBe(example.printed)
})

test('the presets of bulkheads are those of the page', () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\d+) \| (\d+s) \|$/gmu)]
  const listed = rows.map(([, name, maxConcurrent, maxWait]) => [
    name,
    { maxConcurrent: Number(maxConcurrent), maxWait },
  ])
  expect(Object.fromEntries(listed)).toEqual(bulkheadPresets)
})
