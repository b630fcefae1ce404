import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isSoakrigError, type SoakrigError } from '../../../harness/kernel/errors.ts'
import { packageProfilesDirectory } from '../../../harness/profile/files.ts'
import { loadProfile } from '../../../harness/profile/parse.ts'
import type { Profile } from '../../../harness/profile/profile.ts'

const packageProfilesDir = packageProfilesDirectory()
let cwd = ''

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'soakrig-profile-'))
})
afterEach(async () => {
  await rm(cwd, { recursive: true, force: true })
})

async function write(files: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(cwd, name)), { recursive: true })
    await writeFile(join(cwd, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
}

const load = (name?: string): Promise<Profile> => loadProfile(name, { flags: {}, env: {} }, { cwd, packageProfilesDir })

async function failure(name?: string): Promise<SoakrigError> {
  const error: unknown = await load(name).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isSoakrigError(error)) throw error
  expect(error.exitCode).toBe(104)
  return error
}

const target = { builtin: 'http' }

describe('a profile by name', () => {
  test('is the default where none is given: the working directory’s own before the package’s', async () => {
    const shipped = await load()
    expect(shipped).toMatchObject({ name: 'default', source: join(packageProfilesDir, 'default.json') })
    await write({ 'profiles/default.json': { target, seed: 77 } })
    expect(await load()).toMatchObject({ name: 'default', seed: 77, source: join('profiles', 'default.json') })
  })

  test.each(['default', 'nginx', 'python'])('comes with the package: %s', async (name) => {
    const profile = await load(name)
    expect(profile).toMatchObject({ name, warnings: [] })
    expect(profile.policies.map((policy) => policy.name)).toEqual(expect.arrayContaining(['latency', 'rate', 'reset']))
    expect(profile.policies.every(({ bounds }) => bounds.length > 0)).toBe(true)
  })

  test('may be that of a scenario that comes with the package', async () => {
    const source = join(packageProfilesDir, 'scenarios/retry-storm.json')
    expect(await load('retry-storm')).toMatchObject({ name: 'retry-storm', source })
  })

  test('that does not exist is answered with those that do', async () => {
    await write({ 'profiles/mine.json': { target }, 'profiles/profile.schema.json': {} })
    const { code, message } = await failure('ngnix')
    expect(code).toBe('profile-not-found')
    expect(message).toMatch(
      /^no profile ngnix: there are "mine", "ab", "default", "nginx", "python", "breaker-herd", /u,
    )
    expect(message).toMatch(/; did you mean "nginx"\?$/u)
    expect((await failure('profiles/mime.json')).message).toMatch(/did you mean "profiles\/mine.json"\?$/u)
    expect((await failure('elsewhere/nginx.json')).message).toMatch(/did you mean "nginx"\?$/u)
  })
})

describe('a profile by path', () => {
  test('that does not exist is answered with the profiles beside it, and no other files', async () => {
    await write({
      'shop.json': { target },
      'base.jsonc': '// shared\n{ "seed": 1, }',
      'package.json': { name: 'shop', version: '1.0.0' },
      'server.js': '',
      'torn.json': '{',
    })
    expect((await failure('nope.json')).message).toMatch(
      /^no profile nope\.json: there are "base\.jsonc", "shop\.json", "ab", "default"/u,
    )
  })

  test('is JSON with comments, and its source is the path as given', async () => {
    await write({ 'a/shop.jsonc': '// mine\n{ "target": { "builtin": "http" }, }' })
    expect(await load('./a/shop.jsonc')).toMatchObject({ name: 'shop', source: './a/shop.jsonc' })
    expect(await load(join(cwd, 'a/shop.jsonc'))).toMatchObject({ source: join(cwd, 'a/shop.jsonc') })
  })

  test('is a module with a default export', async () => {
    await write({
      'shop.ts':
        "const delay: string = '40ms'\nexport default { target: { builtin: 'http' }, policies: { a: { fault: { latency: { delay, jitter: undefined } } } } }\n",
      'none.mjs': 'export const profile = {}\n',
      'thrower.mjs': "throw new Error('on purpose')\n",
    })
    expect(await load('shop.ts')).toMatchObject({ name: 'shop', policies: [{ name: 'a' }] })
    expect((await failure('none.mjs')).problems).toMatchObject([{ where: 'none.mjs' }])
    expect(await failure('thrower.mjs')).toMatchObject({
      code: 'profile-not-readable',
      message: 'cannot read profile thrower.mjs: on purpose',
    })
  })

  test('with broken syntax names line and column, and says nothing of what it could not read', async () => {
    await write({ 'broken.json': '{\n  "target": }' })
    const { code, problems } = await failure('broken.json')
    expect(code).toBe('bad-profile')
    expect(problems.map(({ where }) => where)).toEqual(['broken.json:2:13'])
  })

  test('with a key twice has that told beside its other problems', async () => {
    await write({ 'twice.json': '{ "target": { "builtin": "http" }, "seed": 1, "seed": -1 }' })
    expect((await failure('twice.json')).problems.map(({ where }) => where)).toEqual(['/seed', '/seed'])
  })

  test('that is a directory cannot be read', async () => {
    await write({ 'folder.json/x': '' })
    expect(await failure('folder.json')).toMatchObject({ code: 'profile-not-readable' })
  })
})

describe('a profile that extends another', () => {
  test('is merged over its bases, whose paths start from the file that names them', async () => {
    await write({
      'base.json': { name: 'base', target, seed: 5, load: { workers: 3, processes: 2 } },
      'sub/middle.ts': "export default { extends: '../base.json', load: { workers: 4 } }",
      'top.json': { extends: 'sub/middle.ts', ceilings: { errorRate: null } },
    })
    const profile = await load('top.json')
    expect(profile).toMatchObject({
      name: 'top',
      seed: 5,
      load: { throughput: { workers: { from: 4 } }, processes: 2 },
      ceilings: { errorRate: null },
    })
    expect(profile.effective).not.toHaveProperty('extends')
    expect(profile.provenance['/seed']).toBe('profile')
  })

  test('must not lead back to itself', async () => {
    await write({ 'a.json': { extends: 'b.json' }, 'b.json': { extends: './a.json' }, 'c.json': { extends: 'c.json' } })
    expect((await failure('a.json')).problems).toEqual([
      {
        where: '/extends',
        message: 'found a circle: a.json → b.json → a.json, allowed: a base that does not lead back',
      },
    ])
    expect((await failure('c.json')).problems).toHaveLength(1)
  })

  test('needs a base that exists and is an object', async () => {
    await write({
      'base.json': { target },
      'miss.json': { extends: 'bose.json' },
      'list.json': [],
      'odd.json': { extends: 'list.json' },
      'number.json': { extends: 5, target },
      'broken.json': '{',
      'below.json': { extends: 'broken.json' },
    })
    const problemOf = async (name: string) => (await failure(name)).problems
    expect(await problemOf('miss.json')).toEqual([
      { where: '/extends', message: 'found "bose.json", allowed: a file that exists; did you mean "base.json"?' },
    ])
    expect(await problemOf('odd.json')).toMatchObject([
      { where: 'list.json', message: 'found an empty list, allowed: an object' },
    ])
    expect(await problemOf('number.json')).toMatchObject([{ where: '/extends' }])
    expect(await problemOf('below.json')).toMatchObject([{ where: 'broken.json:1:2' }])
  })
})
