import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exampleResult } from '../fixtures/results/example.ts'
import { gatedResult } from '../fixtures/results/gated.ts'
import { soakrig } from '../support/soakrig.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'soakrig-analyze-'))
})
afterAll(() => rm(directory, { recursive: true }))

const slice = (arm: string, order: number, ok: number) => ({ arm, order, startMs: 0, durationMs: 1000, ok, failed: 0 })
const trace = (id: string, ok: number) => ({
  schema: 'soakrig/trace@1',
  id,
  calibration: null,
  gate: [['p', 'throughput']],
  rounds: Array.from({ length: 12 }, (_, round) => ({
    slices: [slice('baseline', 0, 10_000 + round), slice('policy:p', 1, ok + 2 * round)],
  })),
})
const series = { schema: 'soakrig/series@1', id: 's', values: [1, 1.1, 0.9, 1, 1.05, 2, 2.1, 1.9, 2, 2.05] }

describe.concurrent('analyze', () => {
  test('answers each line of its input with a line, in order, and one that it cannot answer with an error', async () => {
    const lines = [
      series,
      'no JSON',
      trace('slow', 8000),
      { schema: 'soakrig/result@0', run: { id: 'r' } },
      exampleResult(),
      trace('same', 10_000),
    ]
    const input = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')
    const { code, stdout, stderr } = await soakrig(['analyze'], { input })
    const answers = stdout.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(answers).toMatchObject([
      { id: 's', changePoints: [{ index: 5, before: 1.01, after: 2.01 }] },
      { id: null, error: { line: 2 } },
      { id: 'slow', verdict: 'fail' },
      { id: 'r', error: { line: 4 } },
      { id: 'f0f0f0f0', verdict: 'pass', reproduced: true, differences: [] },
      { id: 'same', verdict: 'pass' },
    ])
    expect(stderr).toMatch(
      /^line 2 could not be analysed:\n.*no JSON document[\s\S]*^line 4 could not be analysed:\n {2}\/\w+: found nothing, required/mu,
    )
    expect(code).toBe(104)
  })

  test('ends with 0 whatever the verdicts, unless they are to be its exit code', async () => {
    const file = join(directory, 'trace.json')
    // Over several lines, as a file of one document may be.
    await writeFile(file, JSON.stringify(trace('slow', 8000), null, 2))
    const plain = await soakrig(['analyze', file])
    expect(plain.code).toBe(0)
    // In CI too, text into a pipe has no colours.
    const gate = await soakrig(['analyze', file, '--exit-code', '--text'], { env: { CI: 'true' } })
    expect(gate.stdout).toMatch(/^slow: fail\n/u)
    expect(gate.code).toBe(111)
  })

  test('judges an archived result again, which says by its exit code when a verdict was written into it', async () => {
    const file = join(directory, 'RUN.json')
    const slow = gatedResult(24, { target: { throughput: 0.3 } })
    expect(slow.run).toMatchObject({ verdict: 'fail', exitCode: 111 })
    await writeFile(file, JSON.stringify(slow))
    const whole = await soakrig(['analyze', file, '--exit-code'])
    expect(JSON.parse(whole.stdout)).toMatchObject({ verdict: 'fail', reproduced: true, reasons: slow.run.reasons })
    expect(whole.code).toBe(111)
    const forged = { ...slow, run: { ...slow.run, verdict: 'pass', exitCode: 0, reasons: [] } }
    await writeFile(file, JSON.stringify(forged))
    const told = await soakrig(['analyze', file, '--exit-code', '--text'])
    expect(told.stdout).toMatch(
      /^f0f0f0f0: fail, and the result says otherwise\n\/run\/verdict: recorded "pass", found "fail"\n/u,
    )
    expect(told.code).toBe(114)
  })

  test('gives the same bytes from a file of lines as from its input', async () => {
    const file = join(directory, 'traces.ndjson')
    const input = [trace('a', 9700), series].map((one) => JSON.stringify(one)).join('\n')
    await writeFile(file, input)
    const [fromFile, fromInput] = await Promise.all([soakrig(['analyze', file]), soakrig(['analyze', '-'], { input })])
    expect(fromFile).toEqual(fromInput)
    expect(fromFile.code).toBe(0)
  })

  test('refuses a file that is not there, and an input that is empty', async () => {
    const missing = await soakrig(['analyze', join(directory, 'none.json'), '--json'])
    expect(JSON.parse(missing.stdout)).toMatchObject({ error: { code: 'unreadable-trace', exitCode: 104 } })
    expect(missing.code).toBe(104)
    const empty = await soakrig(['analyze'], { input: '' })
    expect(empty.stderr).toMatch(/there is no document in the standard input/u)
    expect(empty.code).toBe(104)
  })
})
