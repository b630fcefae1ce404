import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { exampleFile } from '../fixtures/results/example.ts'
import { openBench, root, soakrig } from '../support/soakrig.ts'

const pages = [
  'README.md',
  ...(await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
]

/** The commands that a page shows, without their comments. */
async function commandsOf(page: string): Promise<string[]> {
  const text = await readFile(join(root, page), 'utf8')
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/gu)].flatMap(([, block = '']) => block.split('\n'))
  return blocks.map((line) => line.replace(/\s+#.*$/u, '').trim()).filter((line) => line !== '')
}

const commands = (
  await Promise.all(pages.map(async (page) => (await commandsOf(page)).map((line) => [page, line] as const)))
).flat()

describe('a command in the documents', () => {
  test.each(commands.filter(([, line]) => line.startsWith('soakrig')))('%s: %s', async (_, line) => {
    const words = line
      .split(/\s+/u)
      .slice(1)
      .map((word) => (/^results\/.*\.json$/u.test(word) ? exampleFile : word))
    // What measures is planned only: the runs themselves are tested elsewhere.
    const measures = ['soak', 'baseline', 'policies', 'stress'].includes(words[0] ?? '')
    const { code, stdout, stderr } = await soakrig([...words, ...(measures ? ['--dry-run'] : [])], { cwd: root })
    expect(stderr).toBe('')
    expect(stdout).not.toBe('')
    expect(code).toBe(0)
  })

  test('is one of the entrypoints that exist, where it is no soakrig command', async () => {
    const others = commands.filter(([, line]) => !line.startsWith('soakrig')).map(([, line]) => line)
    const entrypoints = (await readdir(root)).filter((name) => name.endsWith('.sh'))
    expect(others.length).toBeGreaterThan(0)
    for (const line of others) expect(entrypoints).toContain(line.split(' ')[1])
  })
})

test("the README's profile is valid", async () => {
  await using bench = await openBench()
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const [, profile = ''] = /```json\n([\s\S]*?)```/u.exec(readme) ?? []
  const file = join(bench.directory, 'checkout.json')
  await writeFile(file, profile)
  const { code, stderr } = await soakrig(['validate', file])
  expect(stderr).toBe('')
  expect(code).toBe(0)
})
