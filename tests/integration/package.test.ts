import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

let workspace: string
let project: string
let installed: string

/** Compiles and packs the present sources, and installs the tarball in a project with nothing but its dependencies. */
beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'soakrig-package-'))
  project = join(workspace, 'project')
  installed = join(project, 'node_modules', 'soakrig')
  const source = join(workspace, 'source')
  await mkdir(source)
  await mkdir(installed, { recursive: true })
  await execa({ cwd: root, preferLocal: true })`tsc -p tsconfig.build.json --outDir ${join(source, 'dist')}`
  for (const part of ['package.json', 'README.md', 'profiles', 'docs'])
    if (existsSync(join(root, part))) await cp(join(root, part), join(source, part), { recursive: true })
  const packed = await execa({ cwd: source })`npm pack --json --ignore-scripts --loglevel=error`
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }]
  await execa`tar -xzf ${join(source, filename)} -C ${installed} --strip-components=1`
  await linkDependencies()
})

afterAll(() => rm(workspace, { recursive: true, force: true }))

/** Links every package that a production install would bring, direct or not, and no other. */
async function linkDependencies(): Promise<void> {
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>
  }
  const paths = Object.entries(lock.packages)
    .filter(([path, { dev, devOptional }]) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && !dev && !devOptional)
    .map(([path]) => path)
    .filter((path) => existsSync(join(root, path)))
  for (const path of paths) {
    await mkdir(join(project, path, '..'), { recursive: true })
    await symlink(join(root, path), join(project, path))
  }
}

const soakrig = (...args: string[]) =>
  execa(process.execPath, [join(installed, 'dist/scripts/soakrig.js'), ...args], { cwd: project, reject: false })

test('the installed command says its version', async () => {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
  const result = await soakrig('--version')
  expect(result.stderr).toBe('')
  expect(result).toMatchObject({ exitCode: 0, stdout: version })
})

test('the installed command says what it can do', async () => {
  const result = await soakrig('--help')
  expect(result.stderr).toBe('')
  expect(result.exitCode).toBe(0)
  expect(result.stdout).toContain('soak')
})

test('the command is one that npm can link', async () => {
  const { bin } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as { bin: { soakrig: string } }
  const text = await readFile(join(installed, bin.soakrig), 'utf8')
  expect(text).toMatch(/^#!\/usr\/bin\/env node\n/)
})

test('an older Node is told which one is needed before anything else is loaded', async () => {
  const { engines } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as {
    engines: { node: string }
  }
  const entry = join(installed, 'dist/scripts/soakrig.js')
  const needed = engines.node.replace('>=', '>= ')
  const older = `data:text/javascript,Object.defineProperty(process, 'versions', { value: { node: '22.17.1' } })`
  const result = await execa(process.execPath, ['--import', older, entry, 'doctor', '--json'], { reject: false })
  expect(result.stderr).toContain(`error: soakrig needs Node ${needed}, found 22.17.1`)
  expect(JSON.parse(result.stdout)).toMatchObject({ error: { code: 'node-too-old', exitCode: 106 } })
  expect(result.exitCode).toBe(106)
  expect(await readFile(entry, 'utf8')).not.toMatch(/^import /mu)
})

test('the installed library is imported by its name', async () => {
  const script = "import * as soakrig from 'soakrig'; console.log(Object.keys(soakrig).length > 0)"
  const result = await execa(process.execPath, ['--input-type=module', '--eval', script], { cwd: project })
  expect(result.stdout).toBe('true')
})

test('the examples of the library are sound for TypeScript, with the types as they are published', async () => {
  const page = await readFile(join(installed, 'docs/library.md'), 'utf8')
  const examples = [...page.matchAll(/```ts\n([\s\S]*?)```/gu)].map(([, program = ''], index) => ({
    name: `example-${index}.ts`,
    program,
  }))
  expect(examples).not.toEqual([])
  for (const { name, program } of examples) await writeFile(join(project, name), program)
  const flags = ['--noEmit', '--strict', '--target', 'es2024', '--module', 'nodenext', '--types', 'node']
  await writeFile(join(project, 'package.json'), '{ "type": "module" }')
  const { stdout } = await execa({
    cwd: project,
    localDir: root,
    preferLocal: true,
    reject: false,
  })`tsc ${flags} ${examples.map(({ name }) => name)}`
  expect(stdout).toBe('')
})

test('the installed preload puts faults before the calls of a program', async () => {
  const faults = JSON.stringify({ rules: [{ fault: { dns: { nxdomain: 1 } }, match: { host: 'a.test' } }] })
  const script =
    "import { lookup } from 'node:dns/promises'; await lookup('a.test').catch(({ code }) => console.log(code))"
  const result = await execa(
    process.execPath,
    ['--import', 'soakrig/preload', '--input-type=module', '--eval', script],
    { cwd: project, env: { SOAKRIG_FAULTS: faults } },
  )
  expect(result.stdout).toBe('ENOTFOUND')
})

test('the package finds itself, for the files that lie beside its code', async () => {
  const script = "console.log(import.meta.resolve('soakrig/package.json'))"
  const result = await execa(process.execPath, ['--input-type=module', '--eval', script], { cwd: project })
  expect(fileURLToPath(result.stdout)).toBe(join(installed, 'package.json'))
})

test('the package holds no sources, tests or dev scripts', async () => {
  const files = await readdir(installed, { recursive: true })
  expect(files).toContain('dist/harness/index.d.ts')
  expect(files.filter((file) => /(^|\/)(tests|dev|node_modules)\//.test(file))).toEqual([])
  // Scripts of example profiles are sources that a user starts from.
  const own = files.filter((file) => !file.startsWith('profiles/'))
  expect(own.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))).toEqual([])
})

test('the compiled code runs on the oldest Node that package.json names', async () => {
  // Node 22 has no `await using`; the target es2024 lowers it.
  const files = (await readdir(join(installed, 'dist'), { recursive: true })).filter((file) => file.endsWith('.js'))
  expect(files).not.toEqual([])
  const texts = await Promise.all(files.map((file) => readFile(join(installed, 'dist', file), 'utf8')))
  expect(files.filter((_, index) => /^\s*(await )?using \w+ =/m.test(texts[index]!))).toEqual([])
})
