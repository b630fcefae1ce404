import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { contentsOf } from '../../../harness/pipeline/contents.ts'
import { parseProfile } from '../../../harness/profile/parse.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'soakrig-contents-'))
  for (const name of ['a', 'b']) await mkdir(join(folder, name))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('a change of any of several files of the same name is seen', async () => {
  const uploads = ['a', 'b'].map((name) => join(folder, name, 'upload.txt'))
  const contents = async (...texts: readonly string[]) => {
    for (const [index, text] of texts.entries()) await writeFile(uploads[index] ?? '', text)
    const requests = uploads.map((file, index) => ({ path: `/${index}`, method: 'POST', body: { file } }))
    const document = { target: { builtin: 'http' }, workload: { requests } }
    return contentsOf(parseProfile(document, { flags: {}, env: {} }))
  }
  const first = await contents('x', 'y')
  expect(Object.keys(first)).toEqual(['file upload.txt'])
  expect(await contents('z', 'y')).not.toEqual(first)
  expect(await contents('x', 'z')).not.toEqual(first)
  expect(await contents('x', 'y')).toEqual(first)
})
