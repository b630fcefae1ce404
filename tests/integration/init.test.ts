import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openBench, soakrig } from '../support/soakrig.ts'

describe('soakrig init', () => {
  test('writes a profile that validate accepts', async () => {
    await using bench = await openBench()
    const cwd = bench.directory
    const { code, stdout, stderr } = await soakrig(['init'], { cwd })
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toBe(
      'profiles/service.jsonc is written; soakrig validate profiles/service.jsonc says what it would do',
    )
    expect(await soakrig(['validate', 'service'], { cwd })).toMatchObject({ code: 0, stderr: '' })
    expect(await soakrig(['init'], { cwd })).toMatchObject({ code: 104, stdout: '' })
  })

  test('imports command lines, and tells what it left out', async () => {
    await using bench = await openBench()
    const cwd = bench.directory
    await writeFile(join(cwd, 'api.sh'), "curl -L http://127.0.0.1:8080/a -d '{}'\n")
    const { code, stderr } = await soakrig(['init', '--from', 'curl', 'api.sh'], { cwd })
    expect([code, stderr]).toEqual([0, 'note: left out --location: there is nothing like it here'])
    const { stdout } = await soakrig(['init', '--from', 'curl', 'api.sh', '--force', '--json', '-o', 'x.json'], { cwd })
    expect(JSON.parse(stdout)).toEqual({
      file: 'x.json',
      notes: ['left out --location: there is nothing like it here'],
    })
  })
})
