import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { execaSync } from 'execa'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { armOf, type Bench, openBench, root } from '../support/soakrig.ts'

let bench: Bench

beforeAll(async () => {
  bench = await openBench()
})

afterAll(() => bench[Symbol.asyncDispose]())

function missing(command: string): boolean {
  return execaSync('sh', ['-c', `command -v ${command}`], { reject: false }).exitCode !== 0
}

/** The profile as it is shipped, measured in less time. */
async function quickly(name: string): Promise<string> {
  const document = JSON.parse(await readFile(join(root, 'profiles', `${name}.json`), 'utf8')) as {
    load: object
    modes?: { smoke?: object }
  }
  const smoke = {
    ...document.modes?.smoke,
    duration: '1s',
    slices: 1,
    slice: '700ms',
    discard: '150ms',
    warmup: '500ms',
  }
  const file = join(bench.directory, `${name}.json`)
  // With a pause, so that two of them do not take the machine from each other.
  const load = { ...document.load, think: '1ms' }
  await writeFile(file, JSON.stringify({ ...document, name, load, modes: { ...document.modes, smoke } }))
  await copyFile(join(root, 'profiles/profile.schema.json'), join(bench.directory, 'profile.schema.json'))
  return file
}

// Both at a time: they wait for most of it.
describe.concurrent('real servers that nobody here wrote', () => {
  test.skipIf(missing('nginx'))('nginx passes, and its own count agrees (needs the package nginx)', async () => {
    const { code, result } = await bench.soak(await quickly('nginx'))
    expect(result.run.reasons).toEqual([])
    expect(code).toBe(0)
    expect(armOf(result, 'stress.smoke', 'baseline').reconciliation.status).toBe('exact')
  })

  test.skipIf(missing('python3'))("python's http.server passes over HTTP/1.0 (needs the package python3)", async () => {
    const { code, result } = await bench.soak(await quickly('python'))
    const stress = armOf(result, 'stress.smoke', 'baseline')
    expect(result.run.reasons).toEqual([])
    expect(code).toBe(0)
    expect(stress.wire.connects).toBeGreaterThanOrEqual(stress.all.attempts.count - 1)
    expect(result.doubts.map(({ kind }) => kind)).toContain('no-stats')
  })
})
