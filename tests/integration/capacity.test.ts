import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import type { Result } from '../../harness/archive/result.ts'
import { validateResult } from '../../harness/archive/validate.ts'
import { openBench, soakrig } from '../support/soakrig.ts'

/** Three servers that take 10 ms each: 300 requests per second, and what is more waits. */
const capacity = { perSecond: 300, servers: 3 }

test('the capacity of a target is searched for, and archived with all that it took', async () => {
  await using bench = await openBench()
  const profile = await bench.profile('known', { target: { builtin: 'http', knobs: { capacity } } })
  const flags = ['--no-loops', '--from', '250', '--step', '500ms', '--results', bench.results]
  const { code, stdout } = await soakrig(['capacity', profile, '--json', ...flags])
  expect(code).toBe(0)
  const result = JSON.parse(stdout) as Result
  expect(validateResult(result)).toEqual([])
  const [file] = await bench.files('known')
  expect(JSON.parse(await readFile(file ?? '', 'utf8'))).toEqual(result)
  const found = result.capacity
  // How near it comes is measured by tests/bench/capacity-live.ts, on a machine that does nothing else.
  expect(found?.heldPerSecond ?? 0).toBeLessThan(1.5 * capacity.perSecond)
  expect(found?.steps.length).toBeGreaterThan(1)
  expect(result.run).toMatchObject({ kind: 'capacity', status: 'completed' })
  // Each rate is a phase of its own, whose figures are all there.
  const rates = result.phases.filter(({ kind }) => kind === 'capacity').map(({ id }) => id)
  expect(rates).toEqual(found?.steps.map(({ perSecond }) => `capacity.rate-${perSecond}`))
  // What was too much for the target is held against nobody.
  expect([...result.ceilings, ...result.thresholds]).toEqual([])
})
