import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isSoakrigError } from '../../../harness/kernel/errors.ts'
import { initProfile, type InitOptions } from '../../../harness/pipeline/init.ts'
import { readJson } from '../../../harness/kernel/jsonc.ts'
import { loadProfile } from '../../../harness/profile/parse.ts'

let cwd = ''
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'soakrig-init-'))
})
afterEach(() => rm(cwd, { recursive: true, force: true }))

const init = (options: Partial<InitOptions> = {}) =>
  initProfile({
    from: undefined,
    file: undefined,
    out: undefined,
    origin: undefined,
    scenario: false,
    force: false,
    env: {},
    ...options,
    cwd,
  })

const codeOf = (options: Partial<InitOptions>): Promise<string | undefined> =>
  init(options).then(
    () => undefined,
    (error: unknown) => (isSoakrigError(error) ? `${error.code} ${error.exitCode}` : String(error)),
  )

const read = async (file: string): Promise<unknown> => readJson(await readFile(join(cwd, file), 'utf8'), file).document

const har = JSON.stringify({
  log: {
    entries: [
      { request: { method: 'GET', url: 'http://127.0.0.1:8080/a', headers: [] }, response: { status: 200 } },
      { request: { method: 'GET', url: 'http://127.0.0.1:8080/b', headers: [] }, response: { status: 200 } },
    ],
  },
})

describe('a profile to begin with', () => {
  test('is sound, has comments, and measures something', async () => {
    expect(await init()).toEqual({ file: 'profiles/service.jsonc', notes: [] })
    const text = await readFile(join(cwd, 'profiles/service.jsonc'), 'utf8')
    expect(text).toContain('// What is tested.')
    const places = { cwd, packageProfilesDir: cwd }
    const profile = await loadProfile('profiles/service.jsonc', { flags: {}, env: {} }, places)
    expect(profile.workload.requests.map(({ name }) => name)).toEqual(['echo', 'bytes'])
    expect(profile.policies).toHaveLength(1)
  })
})

describe('an imported profile', () => {
  test('lies in profiles/ under the name of what it was made of', async () => {
    await writeFile(join(cwd, 'my shop.har'), har)
    expect(await init({ from: 'har', file: 'my shop.har' })).toEqual({ file: 'profiles/my-shop.json', notes: [] })
    expect(await read('profiles/my-shop.json')).toEqual({
      target: { url: 'http://127.0.0.1:8080' },
      workload: { protocol: 'http', requests: [{ path: '/a' }, { path: '/b' }] },
    })
  })

  test('is what its kind, its origin and its order say', async () => {
    await writeFile(join(cwd, 'a.har'), har)
    await init({ from: 'har', file: 'a.har', scenario: true, out: 'x/y/z.json' })
    expect(await read('x/y/z.json')).toMatchObject({ workload: { scenarios: [{ name: 'recorded' }] } })

    const paths = { '/p': { get: { responses: { 200: {} } } } }
    await writeFile(join(cwd, 'api.json'), JSON.stringify({ openapi: '3.0.3', paths }))
    const { file } = await init({ from: 'openapi', file: 'api.json', origin: 'http://localhost:1' })
    expect(await read(file)).toMatchObject({
      target: { url: 'http://localhost:1' },
      workload: { requests: [{ path: '/p' }] },
    })
  })

  test('names the files of a command as seen from its own folder', async () => {
    await mkdir(join(cwd, 'data'))
    await writeFile(join(cwd, 'data/up.bin'), 'x')
    await writeFile(join(cwd, 'requests.sh'), 'curl http://127.0.0.1:8080/ --data-binary @data/up.bin')
    expect(await init({ from: 'curl', file: 'requests.sh' })).toEqual({ file: 'profiles/requests.json', notes: [] })
    expect(await read('profiles/requests.json')).toMatchObject({
      workload: { requests: [{ body: { file: '../data/up.bin' } }] },
    })
  })

  test('says what is still to be done', async () => {
    await writeFile(join(cwd, 'requests.sh'), 'curl http://127.0.0.1:8080/ -T no.bin -H "Authorization: Bearer $TOKEN"')
    const { notes } = await init({ from: 'curl', file: 'requests.sh' })
    expect(notes).toEqual([
      "the shell's variable $TOKEN is taken from the environment",
      expect.stringMatching(
        /^to be corrected at \/workload\/requests\/0\/headers\/Authorization: found \$\{env:TOKEN\}/u,
      ),
      expect.stringMatching(/^to be corrected at \/workload\/requests\/0\/body\/file: found "\.\.\/no\.bin"/u),
    ])
    const set = await init({ from: 'curl', file: 'requests.sh', force: true, env: { TOKEN: 'x' } })
    expect(set.notes).toHaveLength(2)
  })

  test('names the schema where that lies in the project', async () => {
    await writeFile(join(cwd, 'a.har'), har)
    const { file } = await init({ from: 'har', file: 'a.har' })
    expect(await read(file)).not.toHaveProperty('$schema')
  })
})

describe('a profile that is there', () => {
  test('is left as it is, unless it is to be overwritten', async () => {
    await init({ out: 'mine.json' })
    await writeFile(join(cwd, 'mine.json'), 'precious')
    expect(await codeOf({ out: 'mine.json' })).toBe('profile-exists 104')
    expect(await readFile(join(cwd, 'mine.json'), 'utf8')).toBe('precious')
    await init({ out: 'mine.json', force: true })
    expect(await readFile(join(cwd, 'mine.json'), 'utf8')).toContain('"target"')
    expect(await readdir(cwd)).toEqual(['mine.json'])
  })

  test.each(['y', 'y.yaml', 'y.ts'])('is written to no file that would not be read as JSON: %s', async (out) => {
    expect(await codeOf({ out })).toBe('bad-flag 104')
  })

  test('is written by one of several at once', async () => {
    const codes = await Promise.all(Array.from({ length: 5 }, () => codeOf({ out: 'mine.json' })))
    expect(codes.filter((code) => code === undefined)).toHaveLength(1)
    expect(new Set(codes)).toEqual(new Set([undefined, 'profile-exists 104']))
  })
})

describe('a call that cannot be carried out', () => {
  test.each<[string, Partial<InitOptions>, string]>([
    ['a file without its kind', { file: 'a.har' }, 'bad-flag 104'],
    ['a kind without its file', { from: 'har' }, 'bad-flag 104'],
    ['a file that is not there', { from: 'har', file: 'no.har' }, 'import-not-readable 104'],
    ['a file of another kind', { from: 'har', file: 'text' }, 'bad-import 104'],
    ['the order of what has none', { from: 'curl', file: 'text', scenario: true }, 'bad-flag 104'],
  ])('is refused: %s', async (_, options, code) => {
    await writeFile(join(cwd, 'text'), 'x')
    expect(await codeOf(options)).toBe(code)
    expect(await readdir(cwd)).toEqual(['text'])
  })

  test('is refused where nothing can be written', async () => {
    await writeFile(join(cwd, 'file'), '')
    expect(await codeOf({ out: 'file/below.json' })).toBe('cannot-write 106')
  })
})
