import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { $ } from 'zx'

const shown = { stdio: 'inherit', nothrow: true } as const

await rm('dist', { recursive: true, force: true })
const built = await $(shown)`tsc -p tsconfig.build.json`
if (built.exitCode === 0) await checkPackage()
else process.exitCode = 1

/** Packs what would be published and checks the tarball: exports, types, and that the files are there. */
async function checkPackage(): Promise<void> {
  await chmod('dist/scripts/soakrig.js', 0o755)
  const directory = await mkdtemp(join(tmpdir(), 'soakrig-pack-'))
  try {
    await $`npm pack --silent --ignore-scripts --pack-destination ${directory}`
    const [tarball, ...others] = await readdir(directory)
    if (tarball === undefined || others.length > 0) throw new Error('npm pack made no single tarball')
    const file = join(directory, tarball)
    const checks = [await $(shown)`publint ${file}`, await $(shown)`attw --profile esm-only ${file}`]
    if (checks.some(({ exitCode }) => exitCode !== 0)) process.exitCode = 1
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
