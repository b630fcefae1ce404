#!/usr/bin/env node
/**
 * The package's entry. An older Node fails somewhere within code that needs a newer one, so it is looked at before anything
 * else is imported, in words that it knows.
 */
const found = process.versions.node
const [major, minor] = found.split('.').map(Number) as [number, number]

if (major > 22 || (major === 22 && minor >= 18)) {
  // What was compiled once is kept in the system's folder for temporary files, which halves every later start; as Node
  // documents, NODE_DISABLE_COMPILE_CACHE=1 is without.
  process.getBuiltinModule('node:module').enableCompileCache()
  await import('./commands.ts')
} else {
  const error = {
    code: 'node-too-old',
    message: `soakrig needs Node >= 22.18, found ${found}`,
    hint: 'Install a newer Node, or put its folder first on PATH.',
    problems: [],
    exitCode: 106,
  }
  process.stderr.write(`error: ${error.message}\nhint: ${error.hint}\n`)
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ error }, null, 2)}\n`)
  process.exitCode = error.exitCode
}
