import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ModuleFailure } from '../../../harness/kernel/module-failure.ts'

const modules = {
  'mistake.mjs': 'export const a = 1\nexport default class { 5 5 }\n',
  'mistake.mts': 'export const a = 1\nexport default class { 5 5 }\n',
  'reading.mjs': 'import { readFileSync } from "node:fs"\nconst read = () => readFileSync("/no/where")\n\nread()\n',
  'throwing.mjs': '\nthrow new Error("no (way)")',
  'odd.mjs': 'throw null',
  'missing.mjs': 'import "./nowhere.mjs"\n',
  'policy.js': '\nexport default (operation) => operation()\n',
  'wrong.js': '\nmodule.exports = class { 5 5 }\n',
}

let folder = ''
let failures: Readonly<Record<string, ModuleFailure>> = {}
/** Loads them in a Node of its own: the errors of Vite, which loads tests, are others. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'soakrig-module-failure-'))
  await writeFile(join(folder, 'package.json'), '{ "type": "commonjs" }')
  for (const [name, text] of Object.entries(modules)) await writeFile(join(folder, name), text)
  const tested = new URL('../../../harness/kernel/module-failure.ts', import.meta.url)
  const program = `
    import { moduleFailureOf } from ${JSON.stringify(tested)}
    const failures = {}
    for (const name of ${JSON.stringify(Object.keys(modules))})
      await import(${JSON.stringify(folder)} + '/' + name).catch((error) => { failures[name] = moduleFailureOf(error) })
    console.log(JSON.stringify(failures))`
  const { stdout } = await execa(process.execPath, ['--input-type=module', '--eval', program])
  failures = JSON.parse(stdout.replaceAll(`${folder}/`, '')) as typeof failures
})
afterAll(() => rm(folder, { recursive: true }))

test('a mistake in the text of a module is told with its file and line, or how to find them', () => {
  expect(failures['mistake.mts']!.why).toMatch(/\(mistake\.mts:2\)$/u)
  // Node keeps the place of this one to itself.
  expect(failures['mistake.mjs']!.why).toBe('Unexpected number')
  expect(failures['mistake.mjs']!.hint).toMatch(/with node/u)
  expect(failures['wrong.js']).toEqual({ why: 'Unexpected number (wrong.js:2)' })
})

test('what a module throws while it is loaded is told with the line where', () => {
  expect(failures['reading.mjs']!.why).toMatch(/^ENOENT: .* '\/no\/where' \(reading\.mjs:2\)$/u)
  expect(failures['throwing.mjs']!.why).toBe('no (way) (throwing.mjs:2)')
  expect(failures['odd.mjs']!.why).toBe('null')
})

test('of a module that is not there no line is made up', () => {
  expect(failures['missing.mjs']!.why).toBe("Cannot find module 'nowhere.mjs' imported from missing.mjs")
})

test('of a module that Node reads as CommonJS the cause is told, and what to do about it', () => {
  expect(failures['policy.js']!.why).toBe("Unexpected token 'export' (policy.js:2)")
  expect(failures['policy.js']!.hint).toMatch(/"type": "commonjs".*\.mts or \.mjs/u)
})
