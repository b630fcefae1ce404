import { $, argv, glob, which } from 'zx'

const fix = Boolean(argv['fix'])
const shown = { stdio: 'inherit', nothrow: true } as const
const linted = ['harness', 'scripts', 'tests', 'layers.ts', 'oxlint.config.ts', 'vitest.config.ts']

/** A gate returns whether it passed; it must not pass when there was nothing to look at. */
interface Gate {
  readonly name: string
  readonly passed: () => Promise<boolean>
}

const gates: readonly Gate[] = [
  { name: 'oxfmt', passed: async () => succeeds(await $(shown)`oxfmt ${fix ? [] : ['--check']} .`) },
  { name: 'oxlint', passed: lintsAll },
  { name: 'tsc', passed: async () => succeeds(await $(shown)`tsc --noEmit`) },
  { name: 'knip', passed: async () => succeeds(await $(shown)`knip`) },
  { name: 'shellcheck', passed: shellsAreClean },
]

const chosen = argv._
const unknown = chosen.filter((name) => !gates.some((gate) => gate.name === name))
if (unknown.length > 0) {
  console.error(`lint: no gate ${unknown.join(', ')}; there are ${gates.map(({ name }) => name).join(', ')}`)
  process.exit(104)
}
const gone = chosen.length === 0 ? gates : gates.filter(({ name }) => chosen.includes(name))
const failed: string[] = []
for (const { name, passed } of gone) {
  if (!(await passed())) failed.push(name)
}
if (failed.length > 0) {
  console.error(`lint: failed: ${failed.join(', ')}`)
  process.exitCode = 1
} else console.log(`lint: passed: ${gone.map(({ name }) => name).join(', ')}`)

function succeeds({ exitCode }: { readonly exitCode: number | null }): boolean {
  return exitCode === 0
}

/** Runs oxlint, after making sure that no pattern hides a source from it. */
async function lintsAll(): Promise<boolean> {
  const folders = ['harness', 'scripts', 'tests']
  const sources = await glob(['*.ts', ...folders.map((folder) => `${folder}/**/*.ts`)])
  const empty = folders.filter((folder) => !sources.some((file) => file.startsWith(`${folder}/`)))
  for (const folder of empty) console.error(`lint: no sources in ${folder}/`)
  const seen = new Set((await $`oxlint --debug files ${linted}`).stdout.split('\n').map((line) => line.trim()))
  const hidden = sources.filter((file) => !seen.has(file))
  for (const file of hidden) console.error(`lint: oxlint does not look at ${file}`)
  const result = await $(shown)`oxlint ${fix ? ['--fix'] : []} ${linted}`
  return succeeds(result) && hidden.length + empty.length === 0
}

async function shellsAreClean(): Promise<boolean> {
  const scripts = await glob(['*.sh', 'scripts/**/*.sh', '.ci/run'], { dot: true })
  const required = Boolean(process.env['CI'])
  if (!(await which('shellcheck', { nothrow: true }))) {
    console.error(`lint: shellcheck is not installed (Debian package shellcheck)${required ? '' : ': skipped'}`)
    return !required
  }
  return scripts.length > 0 && succeeds(await $(shown)`shellcheck ${scripts}`)
}
