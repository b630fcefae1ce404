import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contentsOf } from '../../../harness/pipeline/contents.ts'
import { loadProfile } from '../../../harness/profile/parse.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'soakrig-modules-'))
  await writeFile(join(folder, 'own.ts'), 'export default (operation) => operation()\n')
})
afterAll(() => rm(folder, { recursive: true }))

async function load(client: unknown, stressClient?: unknown) {
  const file = join(folder, 'profile.json')
  const document = {
    target: { builtin: 'http' },
    workload: { requests: [{ path: '/' }] },
    policies: { own: { client } },
    ...(stressClient === undefined ? {} : { stress: { smoke: { client: stressClient } } }),
  }
  await writeFile(file, JSON.stringify(document))
  return loadProfile(file, { mode: 'smoke', flags: {}, env: {} }, { cwd: '/', packageProfilesDir: folder })
}

describe('the module of a policy of your own', () => {
  it('is looked for where the profile is, also in a list', async () => {
    const file = join(folder, 'own.ts')
    for (const client of [{ use: './own.ts' }, [{ use: 'own.ts' }]])
      expect((await load(client)).policies).toMatchObject([{ client: [{ keyword: 'use', settings: { file } }] }])
  })

  it.each([
    ['one that is not there', { use: './missing.ts' }, '/policies/own/client/use'],
    ['no module', { use: './own.json' }, '/policies/own/client/use'],
    ['one of a list', [{ retry: {} }, { use: './missing.ts' }], '/policies/own/client/1/use'],
  ])('is a problem at its place: %s', async (_case, client, where) => {
    await expect(load(client)).rejects.toMatchObject({ code: 'bad-profile', problems: [{ where }] })
  })

  it('is a problem also in the client of the stress stage, and belongs to what that measures', async () => {
    await expect(load({ retry: {} }, { use: './missing.ts' })).rejects.toMatchObject({
      problems: [{ where: '/stress/smoke/client/use' }],
    })
    expect(Object.keys(contentsOf(await load({ retry: {} }, { use: './own.ts' })))).toEqual(['file own.ts'])
  })

  it('belongs to what the profile is measured with', async () => {
    const before = contentsOf(await load({ use: './own.ts' }))
    expect(Object.keys(before)).toEqual(['file own.ts'])
    await writeFile(join(folder, 'own.ts'), 'export default () => Promise.resolve()\n')
    expect(contentsOf(await load({ use: './own.ts' }))).not.toEqual(before)
  })
})
