import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { root } from '../support/soakrig.ts'

test('the example of the library prints what its page says, and ends by itself', async () => {
  const page = await readFile(join(root, 'docs/library.md'), 'utf8')
  const [, program = ''] = /```ts\n([\s\S]*?)```/u.exec(page) ?? []
  const [, printed = ''] = /```text\n([\s\S]*?)```/u.exec(page) ?? []
  const source = program.replace("'soakrig'", `'${root}harness/index.ts'`)
  const args = ['--input-type=module-typescript', '-e', source]
  const { stdout } = await execa(process.execPath, args, { timeout: 20_000, env: { NO_COLOR: '1' } })
  expect(`${stdout}\n`).toBe(printed)
})
