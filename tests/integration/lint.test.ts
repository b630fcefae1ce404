import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rooms } from '../../layers.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const names = Object.keys(rooms)
const settings = ['package.json', 'package-lock.json', 'tsconfig.json', 'oxlint.config.ts', 'layers.ts', 'scripts/dev']

let workspace: string
/** What lint says of a tree in which all is planted. */
let findings: Findings
beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'soakrig-lint-'))
  const directory = await copyOf(settings)
  await plant(directory, { ...everyImport(), ...Object.fromEntries(plants) })
  findings = await lint(directory)
})
afterAll(() => rm(workspace, { recursive: true, force: true }))

/** A copy of parts of this project whose packages are links, so that no install can touch the real ones. */
async function copyOf(parts: readonly string[]): Promise<string> {
  const directory = await mkdtemp(join(workspace, 'tree-'))
  const modules = join(directory, 'node_modules')
  await mkdir(modules)
  for (const name of await readdir(join(root, 'node_modules')))
    await symlink(join(root, 'node_modules', name), join(modules, name))
  await rm(join(modules, '.lock-installed'), { force: true })
  await cp(join(root, 'package-lock.json'), join(modules, '.lock-installed'))
  for (const part of parts) await cp(join(root, part), join(directory, part), { recursive: true })
  return directory
}

async function plant(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, file)), { recursive: true })
    await writeFile(join(directory, file), text)
  }
}

type Findings = Map<string, string[]>

/** Lints the planted folders of a tree: the rules broken in each file, as `plugin(rule)`. */
async function lint(directory: string): Promise<Findings> {
  const { stdout } = await execa('oxlint', ['--format=json', 'harness', 'scripts'], {
    cwd: directory,
    reject: false,
    preferLocal: true,
    localDir: root,
  })
  const report = JSON.parse(stdout) as { readonly diagnostics: readonly { filename: string; code: string }[] }
  const findings: Findings = new Map()
  for (const { filename, code } of report.diagnostics) findings.set(filename, [...(findings.get(filename) ?? []), code])
  return findings
}

const forbidden = 'eslint(no-restricted-imports)'

const others = (name: string): string[] => names.filter((other) => other !== name)
const valueFile = (from: string, to: string): string => `harness/${from}/use-${to}.ts`
const typeFile = (from: string, to: string): string => `harness/${from}/deep/type-${to}.ts`

/** Every room with a file that each of the others imports, once for a value and once for a type. */
function everyImport(): Record<string, string> {
  const files: Record<string, string> = {}
  for (const name of names) {
    files[`harness/${name}/planted.ts`] = 'export interface Planted {\n  n: number\n}\nexport const planted = 1\n'
    for (const to of others(name)) {
      files[valueFile(name, to)] = `import { planted } from '../${to}/planted.ts'\nexport const use = planted\n`
      files[typeFile(name, to)] =
        `import type { Planted } from '../../${to}/planted.ts'\nexport const use = (p: Planted): number => p.n\n`
    }
  }
  return files
}

describe('the layer table, held by lint', () => {
  test.each(names)('%s may import what its row names, and nothing else', (name) => {
    const { may, types = [] } = rooms[name]!
    const allowed = (to: string): boolean => to === 'kernel' || may.includes(to)
    const denied = (file: string): boolean => findings.get(file)?.includes(forbidden) ?? false
    const values = others(name).filter((to) => denied(valueFile(name, to)))
    const typed = others(name).filter((to) => denied(typeFile(name, to)))
    expect(values).toEqual(others(name).filter((to) => !allowed(to)))
    expect(typed).toEqual(others(name).filter((to) => !allowed(to) && !types.includes(to)))
  })
})

const globals = 'eslint(no-restricted-globals)'
const properties = 'eslint(no-restricted-properties)'
const wallClock = 'soakrig(no-wall-clock)'
const lines = (count: number, line: string): string => `${line}\n`.repeat(count)

/** A planted file, its text, and the rule that must find it (none: the file must be clean). */
const plants: readonly (readonly [file: string, text: string, rule?: string])[] = [
  ['harness/measure/timer.ts', 'setTimeout(() => {}, 1)\n', globals],
  ['harness/measure/interval.ts', 'setInterval(() => {}, 1)\n', globals],
  ['harness/measure/immediate.ts', 'setImmediate(() => {})\n', globals],
  ['harness/measure/global-timer.ts', 'globalThis.setTimeout(() => {}, 1)\n', globals],
  ['harness/measure/process-use.ts', 'export const pid = process.pid\n', globals],
  ['harness/measure/performance-use.ts', 'export const now = performance.now()\n', properties],
  ['harness/measure/timers.ts', "import { setTimeout } from 'node:timers'\nsetTimeout(() => {}, 1)\n", forbidden],
  [
    'harness/measure/timer-promise.ts',
    "import { setTimeout } from 'node:timers/promises'\nawait setTimeout(1)\n",
    forbidden,
  ],
  ['harness/measure/process-module.ts', "import { pid } from 'node:process'\nexport const p = pid\n", forbidden],
  [
    'harness/measure/hooks.ts',
    "import { performance } from 'node:perf_hooks'\nexport const p = performance\n",
    forbidden,
  ],
  ['harness/measure/random.ts', 'export const r = Math.random()\n', properties],
  ['harness/measure/random-apart.ts', 'const { random } = Math\nexport const r = random()\n', properties],
  ['harness/measure/uuid.ts', "import { randomUUID } from 'node:crypto'\nexport const id = randomUUID()\n", forbidden],
  ['harness/measure/hash.ts', "import { createHash } from 'node:crypto'\nexport const h = createHash\n"],
  ['harness/measure/uuid-global.ts', 'export const id = crypto.randomUUID()\n', properties],
  ['harness/measure/rng.ts', "import * as rng from 'pure-rand'\nexport const r = rng\n", forbidden],
  ['harness/measure/date-now.ts', 'export const now = Date.now()\n', properties],
  ['harness/measure/new-date.ts', 'export const now = new Date()\n', wallClock],
  ['harness/measure/call-date.ts', 'export const now = Date()\n', wallClock],
  ['harness/measure/old-date.ts', 'export const epoch = new Date(0)\n'],
  ['harness/measure/deadline.ts', 'export const signal = AbortSignal.timeout(1)\n', properties],
  ['harness/measure/printing.ts', 'console.log(1)\n', 'eslint(no-console)'],
  ['harness/measure/shell.ts', "import { $ } from 'zx'\nexport const shell = $\n", forbidden],
  ['harness/measure/args.ts', "import yargs from 'yargs'\nexport const y = yargs\n", forbidden],
  ['harness/measure/outward.ts', "import { x } from '../../scripts/x.ts'\nexport const y = x\n", forbidden],
  ['harness/measure/itself.ts', "import { x } from 'soakrig'\nexport const y = x\n", forbidden],
  ['harness/measure/lazy.ts', "export const late = () => import('../judge/planted.ts')\n", forbidden],
  ['harness/measure/pass-on.ts', "export { planted } from '../judge/planted.ts'\n", forbidden],
  ['harness/nowhere/planted.ts', "import { x } from '../kernel/planted.ts'\nexport const y = x\n", forbidden],
  ['harness/index.ts', "export { planted } from './judge/planted.ts'\n"],
  ['harness/load/dial.ts', "import { dial } from '../faults/dialer.ts'\nexport const d = dial\n"],
  ['harness/faults/dialer.ts', 'export const dial = 1\n'],
  [
    'harness/kernel/all.ts',
    "import { setTimeout as wait } from 'node:timers/promises'\nawait wait(1)\n" +
      'export const t = [Date.now(), performance.now(), Math.random(), process.hrtime.bigint(), new Date()]\n',
  ],
  [
    'harness/report/print.ts',
    "import colors from 'picocolors'\nprocess.stdout.write(colors.red('x'))\nconsole.log(1)\n",
  ],
  ['harness/report/leave.ts', 'process.exit(1)\n', properties],
  ['harness/faults/process.ts', "process.once('disconnect', () => process.exit(0))\n"],
  ['harness/load/tcp/process.ts', 'process.exit(0)\n'],
  ['harness/run/process.ts', 'setTimeout(() => process.exit(0), 1)\n', globals],
  ['harness/target/process.ts', "import { planted } from '../judge/planted.ts'\nexport const p = planted\n", forbidden],
  ['scripts/by-the-door.ts', "import { planted } from '../harness/index.ts'\nprocess.exitCode = planted\n"],
  ['scripts/deeper.ts', "import { planted } from '../harness/judge/planted.ts'\nexport const p = planted\n", forbidden],
  ['scripts/package.ts', "import { execa } from 'execa'\nexport const e = execa\n", forbidden],
  ['scripts/timer.ts', 'setTimeout(() => {}, 1)\n', globals],
  ['scripts/random.ts', 'export const r = Math.random()\n', properties],
  ['scripts/printing.ts', 'console.log(1)\n', 'eslint(no-console)'],
  ['harness/measure/floating.ts', 'const f = async () => 1\nf()\n', 'typescript(no-floating-promises)'],
  ['harness/measure/misused.ts', '[1].forEach(async () => {})\n', 'typescript(no-misused-promises)'],
  ['harness/measure/awaited.ts', 'export const n = await 1\n', 'typescript(await-thenable)'],
  ['harness/measure/thrown.ts', "export const f = () => {\n  throw 'x'\n}\n", 'typescript(only-throw-error)'],
  [
    'harness/measure/switched.ts',
    "export function f(x: 'a' | 'b'): number {\n  switch (x) {\n    case 'a':\n      return 1\n  }\n  return 2\n}\n",
    'typescript(switch-exhaustiveness-check)',
  ],
  [
    'harness/measure/type-import.ts',
    "import { Planted } from './shape.ts'\nexport const f = (p: Planted) => p\n",
    'typescript(consistent-type-imports)',
  ],
  ['harness/measure/shape.ts', 'export interface Planted {\n  n: number\n}\n'],
  [
    'harness/measure/parameter.ts',
    'export class C {\n  constructor(readonly n: number) {}\n}\n',
    'typescript(parameter-properties)',
  ],
  ['harness/measure/any.ts', 'export const f = (x: any) => x\n', 'typescript(no-explicit-any)'],
  ['harness/measure/bang.ts', 'export const f = (x?: number) => x!\n', 'typescript(no-non-null-assertion)'],
  ['harness/measure/bare.ts', "import { Planted } from './shape'\nexport type P = Planted\n", 'import(extensions)'],
  ['harness/measure/subpath.ts', "import { expect } from 'vitest/config'\nexport const e = expect\n"],
  ['harness/measure/camelCase.ts', 'export const x = 1\n', 'unicorn(filename-case)'],
  ['harness/measure/long.ts', lines(251, 'export {}'), 'eslint(max-lines)'],
  [
    'harness/measure/long-function.ts',
    `export function f(n: number): void {\n${lines(61, '  f(n)')}}\n`,
    'eslint(max-lines-per-function)',
  ],
  [
    'harness/measure/complex.ts',
    `export function f(n: number): void {\n${lines(16, '  if (n > 1) f(n)')}}\n`,
    'eslint(complexity)',
  ],
  ['harness/measure/cycle-a.ts', "import type { B } from './cycle-b.ts'\nexport type A = B | 1\n", 'import(no-cycle)'],
  ['harness/measure/cycle-b.ts', "import type { A } from './cycle-a.ts'\nexport type B = A | 2\n", 'import(no-cycle)'],
]

describe('the other rules', () => {
  const cases = plants.map(([file, , rule]) => ({ file, rule }))

  test.each(cases.filter(({ rule }) => rule !== undefined))('lint refuses $file: $rule', ({ file, rule }) => {
    expect(findings.get(file)).toContain(rule)
  })

  test.each(cases.filter(({ rule }) => rule === undefined))('lint accepts $file', ({ file }) => {
    expect(findings.get(file)).toBeUndefined()
  })
})

test('sh lint.sh oxlint passes what is clean, and fails for a forbidden import and for a cycle of types', async () => {
  const directory = await copyOf([...settings, 'lint.sh', 'vitest.config.ts', 'harness/kernel', 'tests/unit/kernel'])
  // What the scripts of the project import is not here.
  for (const name of ['schema.ts', 'picture.ts']) await rm(join(directory, 'scripts/dev', name))
  const run = () => execa('sh', ['lint.sh', 'oxlint'], { cwd: directory, reject: false, all: true })
  const clean = await run()
  expect(clean.stdout).toContain('lint: passed: oxlint')
  expect(clean.exitCode).toBe(0)
  await plant(directory, {
    'harness/kernel/planted-import.ts': "import { planted } from '../measure/planted-a.ts'\nexport const p = planted\n",
    'harness/measure/planted-a.ts':
      "import type { B } from './planted-b.ts'\nexport const planted: B = 1\nexport type A = B\n",
    'harness/measure/planted-b.ts': "import type { A } from './planted-a.ts'\nexport type B = A | 1\n",
  })
  const { exitCode, stdout } = await run()
  expect(exitCode).toBe(1)
  expect(stdout).toMatch(/no-restricted-imports[\s\S]{0,200}kernel\/planted-import\.ts/)
  expect(stdout).toMatch(/no-cycle[\s\S]{0,200}measure\/planted-a\.ts/)
})
