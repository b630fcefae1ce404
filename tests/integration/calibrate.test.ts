import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addControlRun } from '../../harness/archive/calibration-file.ts'
import { type Bench, openBench, root, soakrig, startSoakrig } from '../support/soakrig.ts'

/** Ten rounds are the fewest of which five comparisons can fail. */
const long = { slice: '100ms', discard: '20ms', warmup: '60ms', drain: '300ms', gate: { rounds: [10], slices: 2 } }

const target = { command: ['node', join(root, 'tests/support/spin-server.mjs'), '{port}', '100'] }

let bench: Bench
beforeAll(async () => {
  bench = await openBench()
})
afterAll(() => bench[Symbol.asyncDispose]())

interface Shown {
  readonly made: readonly { readonly id: string; readonly counts: boolean }[]
  readonly build: { readonly runs: readonly object[]; readonly missing: number }
  readonly process: { readonly runs: readonly object[] }
  readonly profile: string
  readonly mode: string
  readonly hostFingerprint: string
  readonly controlFingerprint: string
}

test('a run of a calibration counts once, and is kept', async () => {
  const profile = await bench.profile('noisy', { target, load: { model: 'closed', workers: 2 }, modes: { long } })
  const flags = ['--results', bench.results, '--json', '-q']
  const { code, stdout } = await soakrig(['calibrate', profile, '--runs', '1', ...flags])
  expect(code).toBe(0)
  const made = JSON.parse(stdout) as Shown
  expect(made).toMatchObject({
    made: [{ counts: true }],
    build: { runs: [{ id: made.made[0]?.id }], missing: 9, calibration: null, selfTest: null },
    process: { runs: [] },
  })
  expect(await bench.files('noisy')).toHaveLength(1)

  const shown = JSON.parse((await soakrig(['calibrate', profile, '--show', ...flags])).stdout) as Shown
  expect(shown).toEqual({ ...made, made: [] })

  // Of sixty runs six differ by twenty times as much as the others do: more than chance explains.
  const { profile: name, mode, hostFingerprint, controlFingerprint } = shown
  const key = { profile: name, mode, hostFingerprint, controlFingerprint, of: 'process' } as const
  const at = new Date().toISOString()
  for (let index = 0; index < 60; index++) {
    const shift = (index % 2 === 0 ? 0.01 : -0.01) * (index % 10 === 0 ? 20 : 1)
    await addControlRun(
      bench.results,
      key,
      { id: `odd-${index}`, at, metrics: { throughput: Array(12).fill(shift) } },
      '1',
    )
  }
  expect(await soakrig(['calibrate', profile, '--show', ...flags])).toMatchObject({
    code: 114,
    stdout: expect.stringMatching(/"sound": ?false/u) as unknown,
  })

  // What was begun is ended, and does not count; what is done stays.
  const run = startSoakrig(['calibrate', profile, ...flags])
  await bench.life(1)
  run.kill('SIGINT')
  const { exitCode, stdout: told } = await run
  expect(exitCode).toBe(105)
  expect(JSON.parse(told)).toMatchObject({ made: [{ counts: false }], build: { runs: [{ id: made.made[0]?.id }] } })
})

test('a mode that compares nothing cannot be calibrated: 104', async () => {
  const { code, stderr } = await soakrig(['calibrate', 'ab', '--mode', 'smoke', '--show'])
  expect(code).toBe(104)
  expect(stderr).toMatch(/the mode smoke has no gate/u)
})
